//! What `-L` makes of the flows that it finds: rows, groups (`--count-by`) or a table (`-o table`).

use super::line::{Line, Listing};
use super::opt::Opt;
use crate::error::{Error, Usage};
use crate::field::{Field, Kind, by_name};
use crate::flow::Family;
use crate::format::Show;
use crate::number;
use crate::sink::Sink;
use crate::sink::groups::{By, Groups, Key, Network, Style};
use crate::sink::rows::Rows;
use crate::sink::table::{self, Column, Order, Table};
use crate::task::{Entries, Verb};

const BY: [(&str, By); 3] = [
    ("count", By::Count),
    ("packets", By::Packets),
    ("bytes", By::Bytes),
];

/// The bits of an IPv4 address, and the longest prefix of one.
const IPV4_BITS: u8 = 32;
const IPV6_BITS: u8 = 128;

type Read = Result<(), Error>;

pub fn count_by<'a>(line: &mut Line<'a>, text: Option<&'a [u8]>) -> Read {
    once(&mut line.listing.count_by, text, "count-by")
}

pub fn columns<'a>(line: &mut Line<'a>, text: Option<&'a [u8]>) -> Read {
    once(&mut line.listing.columns, text, "columns")
}

pub fn sort_by<'a>(line: &mut Line<'a>, text: Option<&'a [u8]>) -> Read {
    once(&mut line.listing.sort_by, text, "sort-by")
}

pub fn top<'a>(line: &mut Line<'a>, text: Option<&'a [u8]>) -> Read {
    once(&mut line.listing.top, text, "top")
}

fn once<'a>(slot: &mut Option<&'a [u8]>, text: Option<&'a [u8]>, option: &'static str) -> Read {
    match slot.replace(text.unwrap_or_default()) {
        Some(_) => Err(Usage::OptionTwice(option).into()),
        None => Ok(()),
    }
}

/// Refuses what the command, or what else there is, leaves without an effect.
pub fn check(line: &Line) -> Result<(), Usage> {
    let Listing { table, rows, .. } = line.listing;
    let flows = line.command.is_some_and(|(command, table)| {
        command.verb == Verb::List && table.entries() == Entries::Flows
    });
    if table && !flows {
        return Err(Usage::TableOfOthers);
    }
    let groups = line.has(Opt::CountBy);
    if groups && (table || rows) {
        return Err(Usage::GroupsAndOutput);
    }
    if table && rows {
        return Err(Usage::TableAlone);
    }
    if line.has(Opt::Columns) && !table {
        return Err(Usage::OnlyInTables("columns"));
    }
    let sorted = [(Opt::SortBy, "sort-by"), (Opt::Top, "top")];
    match sorted.into_iter().find(|(option, _)| line.has(*option)) {
        Some((_, name)) if !groups && !table => Err(Usage::OnlyInGroupsAndTables(name)),
        _ => Ok(()),
    }
}

/// Where the flows of a line that was checked go.
pub fn sink(line: &Line, show: Show) -> Result<Box<dyn Sink>, Usage> {
    let listing = &line.listing;
    let top = listing.top.map(at_least_one).transpose()?;
    if let Some(list) = listing.count_by {
        let keys = names(list, "count-by")?.map(|name| group(name, line.family));
        let by = listing.sort_by.map_or(Ok(By::Count), by)?;
        let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
        let again = |place: usize| {
            keys[..place]
                .iter()
                .any(|key| key.field == keys[place].field)
        };
        if let Some(place) = (0..keys.len()).find(|place| again(*place)) {
            return Err(Usage::FieldTwice(keys[place].name.as_bytes().into()));
        }
        let style = match line.style_added {
            Some(_) => Style::Json,
            None => Style::Text,
        };
        return Ok(Box::new(Groups::new(keys, by, top, style)));
    }
    if !listing.table {
        return Ok(Box::new(Rows(show)));
    }
    let columns = match listing.columns {
        Some(list) => names(list, "columns")?
            .map(column)
            .collect::<Result<_, _>>()?,
        None => table::usual(),
    };
    let order = listing.sort_by.map(order).transpose()?;
    Ok(Box::new(Table::new(columns, order, top)))
}

fn at_least_one(text: &[u8]) -> Result<usize, Usage> {
    let count = number::decimal(text).and_then(|count| usize::try_from(count).ok());
    let refused = || Usage::Number(text.into(), "top");
    count.filter(|count| *count > 0).ok_or_else(refused)
}

/// The names of a list, of which none is empty.
fn names<'a>(
    list: &'a [u8],
    option: &'static str,
) -> Result<impl Iterator<Item = &'a [u8]>, Usage> {
    let names = list.split(|byte| *byte == b',');
    match names.clone().any(<[u8]>::is_empty) {
        true => Err(Usage::EmptyName(option)),
        false => Ok(names),
    }
}

fn by(text: &[u8]) -> Result<By, Usage> {
    let found = BY.into_iter().find(|(name, _)| name.as_bytes() == text);
    let found = found.map(|(_, by)| by);
    found.ok_or_else(|| Usage::GroupOrder(text.into()))
}

/// `FIELD`, or `-FIELD` for greatest first.
fn order(text: &[u8]) -> Result<Order, Usage> {
    let reversed = text.strip_prefix(b"-");
    Ok(Order {
        field: named(reversed.unwrap_or(text))?,
        descending: reversed.is_some(),
    })
}

fn column(name: &[u8]) -> Result<Column, Usage> {
    Ok(Column {
        field: named(name)?,
        name: String::from_utf8_lossy(name).into_owned(),
        may_go: false,
    })
}

/// `FIELD`, or `FIELD/LENGTH` for the networks of addresses.
fn group(text: &[u8], family: Option<Family>) -> Result<Key, Usage> {
    let mut halves = text.splitn(2, |byte| *byte == b'/');
    let (name, length) = (halves.next().unwrap_or_default(), halves.next());
    let field = named(name)?;
    let network = match length {
        None => Network::default(),
        Some(_) if field.kind != Kind::Address => return Err(Usage::NoNetworks(name.into())),
        Some(length) => network(length, family).ok_or(Usage::Netmask)?,
    };
    Ok(Key {
        name: String::from_utf8_lossy(name).into_owned(),
        field,
        network,
    })
}

/// Where the family is known the length is one of its prefixes; else one that IPv4 has means IPv4, and a longer one IPv6.
/// Addresses of the other family stay whole.
fn network(length: &[u8], family: Option<Family>) -> Option<Network> {
    let length = number::decimal(length).and_then(|length| u8::try_from(length).ok())?;
    let (ipv4, ipv6) = match family {
        Some(Family::IPV4) => (true, false),
        Some(Family::IPV6) => (false, true),
        _ => (length <= IPV4_BITS, length > IPV4_BITS),
    };
    let longest = if ipv4 { IPV4_BITS } else { IPV6_BITS };
    (length <= longest).then_some(Network {
        ipv4: Some(length).filter(|_| ipv4),
        ipv6: Some(length).filter(|_| ipv6),
    })
}

fn named(name: &[u8]) -> Result<&'static Field, Usage> {
    by_name(name).ok_or_else(|| Usage::UnknownField(name.into()))
}

#[cfg(test)]
mod tests {
    use crate::cli::hall;
    use crate::cli::letters::Letters;

    /// What a line is refused with, or what it is made of, as Debug shows it.
    fn read(line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let line = hall::line(Letters::new(&words), &mut Vec::new());
        match line.and_then(hall::command) {
            Ok(command) => format!("{command:?}"),
            Err(error) => format!("{} {error}", error.exit_status()),
        }
    }

    #[test]
    fn what_has_no_effect_is_refused() {
        let needs =
            |option: &str| format!("2 `--{option}' goes only with `--count-by' or `-o table'");
        let illegal = |option: &str| format!("2 Illegal option `--{option}' with this command");
        let alone = "2 cannot combine table output with any other output type, use -o table only";
        for (line, expected) in [
            ("-L --top 5", needs("top")),
            ("-L --sort-by bytes", needs("sort-by")),
            ("-L --sort-by bytes --top 5 -o xml", needs("sort-by")),
            (
                "-L --columns src",
                "2 `--columns' goes only with `-o table'".into(),
            ),
            (
                "-L --count-by src --columns src",
                "2 `--columns' goes only with `-o table'".into(),
            ),
            (
                "-L --count-by src -o xml",
                "2 `--count-by' goes with no `-o' but json".into(),
            ),
            (
                "-L --count-by src -o table",
                "2 `--count-by' goes with no `-o' but json".into(),
            ),
            ("-L -o table,id", alone.into()),
            ("-L -o save -o table", alone.into()),
            ("-L -o table,mark", alone.into()),
            (
                "-D -o table",
                "2 `-o table' goes only with a list of flows".into(),
            ),
            (
                "-L expect -o table",
                "2 `-o table' goes only with a list of flows".into(),
            ),
            ("-L -o ta", "2 Bad parameter `ta'".into()),
            ("-D --count-by src", illegal("count-by")),
            ("-L expect --count-by src", illegal("count-by")),
            ("-E --top 5", illegal("top")),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn names_and_numbers_must_mean_something() {
        for (line, expected) in [
            ("-L --count-by x", "2 unknown field `x'"),
            ("-L --count-by src,x/8", "2 unknown field `x'"),
            ("-L --count-by SRC", "2 unknown field `SRC'"),
            ("-L -o table --columns src/24", "2 unknown field `src/24'"),
            ("-L -o table --sort-by --bytes", "2 unknown field `-bytes'"),
            ("-L -o table --sort-by -", "2 unknown field `'"),
            (
                "-L --count-by ",
                "2 `--count-by' has an empty name in its list",
            ),
            (
                "-L --count-by src,",
                "2 `--count-by' has an empty name in its list",
            ),
            (
                "-L -o table --columns src,,dst",
                "2 `--columns' has an empty name in its list",
            ),
            (
                "-L --count-by sport/8",
                "2 `sport' is no address, and has no networks",
            ),
            ("-L --count-by src/", "2 Invalid netmask"),
            ("-L --count-by src/x", "2 Invalid netmask"),
            ("-L --count-by src/129", "2 Invalid netmask"),
            ("-L --count-by src/300", "2 Invalid netmask"),
            ("-L -f ipv4 --count-by src/33", "2 Invalid netmask"),
            ("-L --count-by src/24/8", "2 Invalid netmask"),
            (
                "-L --count-by src --top 0",
                "2 Invalid value `0' for `--top'",
            ),
            (
                "-L --count-by src --top x",
                "2 Invalid value `x' for `--top'",
            ),
            ("-L -o table --top -1", "2 Invalid value `-1' for `--top'"),
            (
                "-L --count-by src --sort-by src",
                "2 groups are sorted by count, packets or bytes, not by `src'",
            ),
            (
                "-L --count-by src --count-by dst",
                "2 option `--count-by' can only be specified once",
            ),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn a_prefix_belongs_to_the_family_that_has_it() {
        let network = |ipv4: &str, ipv6: &str| format!("Network {{ ipv4: {ipv4}, ipv6: {ipv6} }}");
        for (line, expected) in [
            ("-L --count-by src/24", network("Some(24)", "None")),
            ("-L --count-by src/32", network("Some(32)", "None")),
            ("-L --count-by src/33", network("None", "Some(33)")),
            ("-L -f ipv6 --count-by src/32", network("None", "Some(32)")),
            ("-L --count-by src/32 -s ::1", network("None", "Some(32)")),
            ("-L -f ipv4 --count-by src/0", network("Some(0)", "None")),
            ("-L --count-by src", network("None", "None")),
        ] {
            let read = read(line);
            assert!(read.contains(&expected), "{line}: {read}");
        }
    }

    #[test]
    fn rows_are_what_a_list_has_where_nothing_else_is_asked_for() {
        for (line, part) in [
            ("-L", "sink: Rows("),
            ("-L -o id", "sink: Rows("),
            ("-L --count-by src,reply-dst", "sink: Groups"),
            (
                "-L --count-by src --sort-by bytes --top 3",
                "by: Bytes, top: Some(3)",
            ),
            ("-L -o table", "sink: Table"),
            ("-L -o TABLE --top 3", "wanted: 3"),
            ("-L dying -o table --sort-by -src", "descending: true"),
            ("list -o table --sort-by src", "descending: false"),
        ] {
            let read = read(&line.replace("list", "-L"));
            assert!(read.contains(part), "{line}: {read}");
        }
    }
}
