//! Aligned columns under a header, for people: `-o table`.
//!
//! How wide a column is shows once every row is known, so rows are kept as text until the end; with `--top` only that many.
//! Widths that suit any IPv6 address would leave no room for the rest, and widths that do not would not align.

use super::Sink;
use super::best::Best;
use crate::error::Error;
use crate::field::{self, Field, Kind, field, key, show};
use crate::flow::Attributes;
use crate::format::Row;
use crate::output::Output;

#[derive(Clone, Debug)]
pub struct Column {
    /// The header.
    pub name: String,
    pub field: &'static Field,
    /// Whether it is left out where it says nothing in any row.
    pub may_go: bool,
}

/// By what rows are sorted.
#[derive(Debug)]
pub struct Order {
    pub field: &'static Field,
    pub descending: bool,
}

#[derive(Debug)]
pub struct Table {
    columns: Vec<Column>,
    order: Option<Order>,
    lines: Best<Line>,
    /// How many flows came so far.
    count: u64,
    /// The line at hand, kept for its memory.
    line: Vec<u8>,
}

/// A row: first the key that it is sorted by, then its cells, each with [`END`] behind it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    bytes: Box<[u8]>,
    /// Where the cells begin.
    cells: usize,
}

/// How a column is set.
struct Width {
    width: usize,
    right: bool,
    shown: bool,
}

/// No cell has one: it is escaped in what others have said.
const END: u8 = b'\t';

const NOTHING: &[u8] = b"-";

const GAP: &[u8] = b"  ";

/// What a terminal is told before a header, before a cell with nothing in it, and behind either.
const BOLD: &[u8] = b"\x1b[1m";
const FAINT: &[u8] = b"\x1b[2m";
const PLAIN: &[u8] = b"\x1b[0m";

/// The columns that are shown where none are named. Those that may go are left out where no flow has them: what NAT made of
/// a flow stands only where there is NAT.
#[rustfmt::skip]
static USUAL: [(&str, &Field, bool); 14] = [
    ("protocol", field("protocol"), false),
    ("state", field("state"), true),
    ("src", field("orig.src"), false),
    ("sport", field("orig.sport"), true),
    ("dst", field("orig.dst"), false),
    ("dport", field("orig.dport"), true),
    ("src-nat", field("src-nat"), true),
    ("src-nat-port", field("src-nat-port"), true),
    ("dst-nat", field("dst-nat"), true),
    ("dst-nat-port", field("dst-nat-port"), true),
    ("timeout", field("timeout"), false),
    ("packets", field("packets"), true),
    ("bytes", field("bytes"), true),
    ("mark", field("mark"), true),
];

pub fn usual() -> Vec<Column> {
    let column = |(name, field, may_go): &(&str, &'static Field, bool)| Column {
        name: (*name).to_owned(),
        field,
        may_go: *may_go,
    };
    USUAL.iter().map(column).collect()
}

impl Table {
    pub fn new(columns: Vec<Column>, order: Option<Order>, top: Option<usize>) -> Table {
        Table {
            columns,
            order,
            lines: Best::new(top),
            count: 0,
            line: Vec::new(),
        }
    }

    /// How wide each column is, and whether it is shown.
    fn widths(&self, lines: &[Line]) -> Vec<Width> {
        let least = |column: &Column| Width {
            width: column.name.len(),
            right: is_number(column.field.kind),
            shown: !column.may_go,
        };
        let mut widths: Vec<Width> = self.columns.iter().map(least).collect();
        for line in lines {
            for (of, cell) in widths.iter_mut().zip(line.cells()) {
                of.width = of.width.max(width(cell));
                of.shown |= cell != NOTHING && cell != b"0";
            }
        }
        widths
    }
}

impl Sink for Table {
    fn requires(&self) -> Vec<field::Setting> {
        let order = self.order.as_ref();
        let required = order.and_then(|order| order.field.requires);
        required.into_iter().collect()
    }

    fn needs(&self) -> Attributes {
        let sorted_by = self.order.iter().map(|order| order.field.needs);
        let needs = self.columns.iter().map(|column| column.field.needs);
        sorted_by
            .chain(needs)
            .fold(Attributes::NONE, Attributes::union)
    }

    /// Rows with the same key are sorted by what they show; unsorted, each has its number for a key.
    fn flow(&mut self, row: &Row, _: &mut Output) -> Result<(), Error> {
        self.line.clear();
        match &self.order {
            None => self.line.extend(self.count.to_be_bytes()),
            Some(Order { field, descending }) => {
                let write = match descending {
                    true => key::write_descending,
                    false => key::write,
                };
                write(&mut self.line, show::of(field, row.flow));
            }
        }
        self.count += 1;
        let last = self.lines.last();
        if last.is_some_and(|last| *self.line > *last.bytes) {
            return Ok(());
        }
        let cells = self.line.len();
        for column in &self.columns {
            match show::of(column.field, row.flow) {
                Some(value) => show::value(&mut self.line, column.field.kind, value),
                None => self.line.extend(NOTHING),
            }
            self.line.push(END);
        }
        self.lines.offer(Line {
            bytes: self.line.as_slice().into(),
            cells,
        });
        Ok(())
    }

    fn end(&mut self, out: &mut Output) -> Result<(), Error> {
        let lines = self.lines.take_sorted();
        if lines.is_empty() {
            return Ok(());
        }
        let settings = self.widths(&lines);
        let colours = out.colours();
        let header = self.columns.iter().map(|column| column.name.as_bytes());
        let bold = |_: &[u8]| Some(BOLD).filter(|_| colours);
        out.row(|buffer| write(buffer, header, &settings, bold))?;
        let faint = |cell: &[u8]| Some(FAINT).filter(|_| colours && cell == NOTHING);
        lines
            .iter()
            .try_for_each(|line| out.row(|buffer| write(buffer, line.cells(), &settings, faint)))
    }
}

impl Line {
    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes[self.cells..].split(|byte| *byte == END)
    }
}

/// Appends a line of cells, of which the last one has no blanks behind it.
fn write<'c>(
    out: &mut Vec<u8>,
    cells: impl Iterator<Item = &'c [u8]>,
    widths: &[Width],
    colour: impl Fn(&[u8]) -> Option<&'static [u8]>,
) {
    let shown = cells.zip(widths).filter(|(_, of)| of.shown);
    let mut behind = 0;
    for (place, (cell, of)) in shown.enumerate() {
        blanks(out, behind);
        if place > 0 {
            out.extend_from_slice(GAP);
        }
        let missing = of.width.saturating_sub(width(cell));
        behind = match of.right {
            true => {
                blanks(out, missing);
                0
            }
            false => missing,
        };
        match colour(cell) {
            Some(colour) => out.extend([colour, cell, PLAIN].concat()),
            None => out.extend_from_slice(cell),
        }
    }
    out.push(b'\n');
}

fn blanks(out: &mut Vec<u8>, count: usize) {
    out.extend(std::iter::repeat_n(b' ', count));
}

/// How many characters a cell has, which is UTF-8.
fn width(cell: &[u8]) -> usize {
    let continues = |byte: u8| byte & 0xc0 == 0x80;
    cell.iter().filter(|byte| !continues(**byte)).count()
}

/// Numbers are set to the right.
fn is_number(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Decimal(_)
            | Kind::Unsigned(_)
            | Kind::Port
            | Kind::Key
            | Kind::Amount
            | Kind::Span
            | Kind::Mark
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::protocol::{TCP, UDP};
    use crate::flow::sample::{flow, in_state};
    use crate::flow::{Counters, Flow, Status};
    use crate::format::Occasion;
    use crate::output;

    const DONE: Option<Status> = Some(Status(0x180));

    fn flows() -> Vec<Flow<'static>> {
        let counted = |bytes| Some(Counters { packets: 1, bytes });
        vec![
            Flow {
                info: in_state(&TCP, 3),
                status: DONE,
                timeout: Some(431_999),
                orig_counters: counted(100),
                mark: Some(0),
                ..flow(&TCP, "10.0.0.1:1000", "198.51.100.10:443", "192.0.2.9:2000")
            },
            Flow {
                timeout: Some(29),
                status: DONE,
                orig_counters: counted(9),
                mark: Some(0),
                ..flow(&UDP, "10.0.0.2:5", "1.1.1.1:53", "10.0.0.2:5")
            },
            Flow {
                timeout: Some(5),
                status: DONE,
                ..flow(&UDP, "10.0.0.3:5", "1.1.1.1:53", "10.0.0.3:5")
            },
        ]
    }

    fn column(path: &'static str) -> Column {
        Column {
            name: path.to_owned(),
            field: field(path),
            may_go: false,
        }
    }

    fn printed(flows: &[Flow], mut table: Table) -> String {
        let mut rows = Vec::new();
        let mut out = Output::new(&mut rows, output::Kind::Stream);
        for flow in flows {
            let occasion = Occasion::Listed;
            table.flow(&Row { flow, occasion }, &mut out).unwrap();
        }
        table.end(&mut out).unwrap();
        out.flush().unwrap();
        drop(out);
        String::from_utf8(rows).unwrap()
    }

    #[test]
    fn columns_are_aligned_and_those_that_say_nothing_are_left_out() {
        let all = printed(&flows(), Table::new(usual(), None, None));
        let expected = "\
protocol  state        src       sport  dst            dport  src-nat    src-nat-port  timeout  packets  bytes
tcp       ESTABLISHED  10.0.0.1   1000  198.51.100.10    443  192.0.2.9          2000   431999        1    100
udp       -            10.0.0.2      5  1.1.1.1           53  -                     -       29        1      9
udp       -            10.0.0.3      5  1.1.1.1           53  -                     -        5        -      -
";
        assert_eq!(all, expected);
        let one = printed(&flows()[2..], Table::new(usual(), None, None));
        let expected = "\
protocol  src       sport  dst      dport  timeout
udp       10.0.0.3      5  1.1.1.1     53        5
";
        assert_eq!(one, expected);
        assert_eq!(printed(&[], Table::new(usual(), None, None)), "");
    }

    #[test]
    fn rows_are_sorted_and_only_as_many_as_are_wanted() {
        let sorted = |order: Option<(&str, bool)>, top| {
            let order = order.map(|(path, descending)| Order {
                field: field(path),
                descending,
            });
            let table = Table::new(vec![column("orig.src")], order, top);
            let text = printed(&flows(), table);
            let last = |row: &str| row.rsplit('.').next().unwrap_or_default().to_owned();
            text.lines().skip(1).map(last).collect::<String>()
        };
        for (order, top, expected) in [
            (None, None, "123"),
            (None, Some(2), "12"),
            (Some(("bytes", false)), None, "213"),
            (Some(("bytes", true)), None, "123"),
            (Some(("bytes", true)), Some(1), "1"),
            (Some(("bytes", false)), Some(2), "21"),
            (Some(("orig.src", true)), Some(2), "32"),
            (Some(("orig.dport", false)), None, "231"),
            (Some(("timeout", false)), Some(10), "321"),
        ] {
            assert_eq!(sorted(order, top), expected, "{order:?} {top:?}");
        }
    }

    #[test]
    fn a_named_column_stays_and_the_last_has_no_blanks_behind_it() {
        let columns = vec![column("orig.dport"), column("helper"), column("state")];
        let text = printed(&flows(), Table::new(columns, None, Some(2)));
        let expected = "\
orig.dport  helper  state
       443  -       ESTABLISHED
        53  -       -
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_cell_is_as_wide_as_its_characters() {
        assert_eq!(width("ünï".as_bytes()), 3);
        let setting = Width {
            width: 4,
            right: true,
            shown: true,
        };
        let mut out = Vec::new();
        write(&mut out, [&b"-"[..]].into_iter(), &[setting], |_| {
            Some(FAINT)
        });
        assert_eq!(out, b"   \x1b[2m-\x1b[0m\n");
    }
}
