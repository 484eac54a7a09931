//! `--count-by` and `-o table` against what people did before: awk, sort and uniq over the rows of 1.4.9.

use std::sync::{Arc, LazyLock};

use crate::harness::case::{Stage, Table};
use crate::harness::namespace::{self, Namespace};
use crate::harness::program::{self, Program};
use crate::harness::trials::{self, Group};

use super::stories::ours;

/// The tables that are counted: one of every kind of flow, and one of real traffic with NAT.
const TABLES: [&str; 2] = ["rich", "traffic"];

/// A list, and what awk makes of a row of 1.4.9 for it: the rest of a row of ours, behind the count.
const COUNTS: [(&str, &str); 14] = [
    ("--count-by src", r#"print "src=" word("src", 1)"#),
    ("--count-by dst", r#"print "dst=" word("dst", 1)"#),
    (
        "--count-by reply-dst",
        r#"print "reply-dst=" word("dst", 2)"#,
    ),
    ("--count-by dport", r#"print "dport=" word("dport", 1)"#),
    (
        "--count-by reply.sport",
        r#"print "reply.sport=" word("sport", 2)"#,
    ),
    ("--count-by srckey", r#"print "srckey=" word("srckey", 1)"#),
    ("--count-by type", r#"print "type=" word("type", 1)"#),
    ("--count-by mark", r#"print "mark=" word("mark", 1)"#),
    ("--count-by zone", r#"print "zone=" word("zone", 1)"#),
    ("--count-by helper", r#"print "helper=" word("helper", 1)"#),
    ("--count-by protonum", r#"print "protonum=" $2"#),
    (
        "--count-by state",
        r#"print "state=" ($4 ~ /^[A-Z]/ ? $4 : "-")"#,
    ),
    (
        "--count-by protonum,src,dport",
        r#"print "protonum=" $2 " src=" word("src", 1) " dport=" word("dport", 1)"#,
    ),
    (
        "--count-by src/16 -f ipv4",
        r#"split(word("src", 1), part, "."); print "src=" part[1] "." part[2] ".0.0/16""#,
    ),
];

/// The word of a key in a row: the first such word is that of the original direction, the second one that of the reply.
pub const WORD: &str = r#"function word(key, wanted,  i) {
    for (i = 1; i <= NF; i++) if (index($i, key "=") == 1 && --wanted == 0) return substr($i, length(key) + 2)
    return "-"
}"#;

/// What awk adds up by source, for the groups whose flows are counted.
const SUMS: &str = r#"{
    key = "src=" word("src", 1); flows[key]++
    packets[key] += word("packets", 1) + word("packets", 2)
    bytes[key] += word("bytes", 1) + word("bytes", 2)
}
END { for (key in flows) print flows[key], key, "packets=" packets[key], "bytes=" bytes[key] }"#;

pub fn group() -> Group {
    let trials = TABLES.into_iter().flat_map(|name| {
        let stage: Arc<LazyLock<Stage, _>> =
            Arc::new(LazyLock::new(move || Table::named(name).stage()));
        let trial = |what: &str,
                     check: fn(&Namespace, &str, &str) -> Result<(), String>,
                     list: &'static str,
                     awk: &'static str| {
            let stage = Arc::clone(&stage);
            trials::trial(
                format!("live::counts: {name}: {what}"),
                format!("-L {list}"),
                move || check(&stage.namespace, list, awk),
            )
        };
        let counts = COUNTS.map(|(list, awk)| trial(list, counts_agree, list, awk));
        let sums = trial("sums", sums_agree, "--count-by src", SUMS);
        let table = trial("a table", tables_agree, COLUMNS, CELLS);
        counts.into_iter().chain([sums, table]).collect::<Vec<_>>()
    });
    Group {
        name: "live::counts".to_owned(),
        missing: namespace::missing_namespaces().or_else(program::missing_reference),
        trials: trials.collect(),
    }
}

/// What awk makes of the rows of 1.4.9 for these options; `rest` follows it in the pipe. `awk` itself is a link through
/// /etc, of which a namespace has its own.
fn before(namespace: &Namespace, options: &str, awk: &str, rest: &str) -> String {
    let program = Program::Reference.path();
    let program = program.to_str().expect("a readable path");
    let script = format!(
        "awk=$(command -v mawk gawk | head -n 1) && \"$0\" -L $2 2>/dev/null | \"$awk\" \"$1\" {rest}"
    );
    namespace.run(&["sh", "-c", &script, program, awk, options])
}

fn counts_agree(namespace: &Namespace, list: &str, awk: &str) -> Result<(), String> {
    let family = list.split_once(" -f ").map_or("", |_| "-f ipv4");
    let awk = format!("{WORD}\n{{ {awk} }}");
    let counted = before(namespace, family, &awk, "| sort | uniq -c");
    let mut counted: Vec<&str> = counted.lines().map(str::trim_start).collect();
    let shown = ours(namespace, &format!("-L {list}"));
    let uncounted = |row: &str| row.split(" packets=").next().unwrap_or(row).to_owned();
    let shown: Vec<String> = shown.lines().map(uncounted).collect();
    let most_first = |row: &String| std::cmp::Reverse(number(row));
    if !shown.is_sorted_by_key(most_first) {
        return Err(format!("not sorted: {shown:#?}"));
    }
    let mut sorted: Vec<&str> = shown.iter().map(String::as_str).collect();
    agree(&mut counted, &mut sorted)
}

fn sums_agree(namespace: &Namespace, list: &str, awk: &str) -> Result<(), String> {
    let counted = before(namespace, "", &format!("{WORD}\n{awk}"), "");
    let shown = ours(namespace, &format!("-L {list}"));
    agree(&mut counted.lines().collect(), &mut shown.lines().collect())
}

/// Every column of a table that rows of 1.4.9 have as well.
const COLUMNS: &str =
    "-o table --columns protonum,state,src,sport,dst,dport,reply.src,mark,packets";

const CELLS: &str = r#"{
    print $2, ($4 ~ /^[A-Z]/ ? $4 : "-"), word("src", 1), word("sport", 1), word("dst", 1), word("dport", 1), \
        word("src", 2), word("mark", 1), word("packets", 1) + word("packets", 2)
}"#;

fn tables_agree(namespace: &Namespace, list: &str, awk: &str) -> Result<(), String> {
    let rows = before(namespace, "", &format!("{WORD}\n{awk}"), "");
    let table = ours(namespace, &format!("-L {list}"));
    let columns: Vec<usize> = table
        .lines()
        .map(|line| line.split_whitespace().count())
        .collect();
    if columns.iter().any(|count| *count != 9) {
        return Err(format!("not 9 columns: {table}"));
    }
    let single = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let cells: Vec<String> = table.lines().skip(1).map(single).collect();
    let mut cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    agree(&mut rows.lines().collect(), &mut cells)
}

fn number(row: &str) -> u64 {
    let first = row.split(' ').next().and_then(|word| word.parse().ok());
    first.expect("a count")
}

pub fn agree(counted: &mut Vec<&str>, shown: &mut Vec<&str>) -> Result<(), String> {
    counted.sort_unstable();
    shown.sort_unstable();
    if counted == shown && !shown.is_empty() {
        return Ok(());
    }
    Err(format!("awk: {counted:#?}\nours: {shown:#?}"))
}
