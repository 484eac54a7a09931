//! Filters of several values against what people did before: awk over the rows of 1.4.9.

use std::sync::{Arc, LazyLock};

use crate::harness::case::{Stage, Table};
use crate::harness::namespace::{self, Namespace};
use crate::harness::program::{self, Program};
use crate::harness::trials::{self, Group};

use super::counts::{WORD, agree};

/// What awk calls the words of a row.
const NAMES: &str = r#"{
    proto = $2; state = ($4 ~ /^[A-Z]/ ? $4 : "-")
    src = word("src", 1); dst = word("dst", 1); sport = word("sport", 1); dport = word("dport", 1)
    rsrc = word("src", 2); rdst = word("dst", 2); rsport = word("sport", 2); rdport = word("dport", 2)
    zone = word("zone", 1); type = word("type", 1)
}"#;

/// What names a flow, whatever else runs or counts on meanwhile.
const SHOWN: &str =
    "print proto, state, src, dst, sport, dport, rsrc, rdst, rsport, rdport, zone, type";

/// A filter, and what awk has to ask of a row for it.
const FILTERS: [(&str, &str); 17] = [
    (
        "--dport 53,80,443",
        r#"dport == 53 || dport == 80 || dport == 443"#,
    ),
    (
        "-p tcp --dport 22-80",
        r#"proto == 6 && dport + 0 >= 22 && dport + 0 <= 80"#,
    ),
    ("--dport !443", r#"dport != "-" && dport != 443"#),
    (
        "-p tcp --dport 22-443,!80",
        r#"proto == 6 && dport + 0 >= 22 && dport + 0 <= 443 && dport != 80"#,
    ),
    ("-p tcp,icmp", "proto == 6 || proto == 1"),
    ("-p !tcp,!udp", "proto != 6 && proto != 17"),
    (
        "-p tcp --state ESTABLISHED,CLOSE",
        r#"proto == 6 && (state == "ESTABLISHED" || state == "CLOSE")"#,
    ),
    (
        "-p tcp --state !ESTABLISHED",
        r#"proto == 6 && state != "ESTABLISHED""#,
    ),
    (
        "-s 1.2.3.4,10.0.0.0/8",
        r#"src == "1.2.3.4" || src ~ /^10\./"#,
    ),
    ("-s !1.2.3.4", r#"src !~ /:/ && src != "1.2.3.4""#),
    ("-q 1.2.3.0/24", r#"rdst ~ /^1\.2\.3\./"#),
    (
        "-d !5.6.7.0/24 -p tcp",
        r#"proto == 6 && dst !~ /:/ && dst !~ /^5\.6\.7\./"#,
    ),
    ("-w 1,5", "zone == 1 || zone == 5"),
    ("-w !0", r#"zone != "-""#),
    (
        "--icmp-type 8,13",
        "proto == 1 && (type == 8 || type == 13)",
    ),
    (
        "--host 10.0.0.1",
        r#"src == "10.0.0.1" || dst == "10.0.0.1" || rsrc == "10.0.0.1" || rdst == "10.0.0.1""#,
    ),
    (
        "--port 80",
        "sport == 80 || dport == 80 || rsport == 80 || rdport == 80",
    ),
];

pub fn group() -> Group {
    let stage: Arc<LazyLock<Stage, _>> = Arc::new(LazyLock::new(|| Table::named("rich").stage()));
    let trial = |(filter, condition): (&'static str, &'static str)| {
        let stage = Arc::clone(&stage);
        trials::trial(
            format!("live::filters: {filter}"),
            format!("-L {filter}"),
            move || {
                let theirs = rows(&stage.namespace, Program::Reference, "", condition);
                let ours = rows(&stage.namespace, Program::Ours, filter, "1");
                agree(&mut theirs.lines().collect(), &mut ours.lines().collect())
            },
        )
    };
    Group {
        name: "live::filters".to_owned(),
        missing: namespace::missing_namespaces().or_else(program::missing_reference),
        trials: FILTERS.into_iter().map(trial).collect(),
    }
}

/// The rows of a list that fit a condition of awk's. `awk` itself is a link through /etc, of which a namespace has its own.
fn rows(namespace: &Namespace, program: Program, filter: &str, condition: &str) -> String {
    let program = program.path();
    let program = program.to_str().expect("a readable path");
    let script =
        "awk=$(command -v mawk gawk | head -n 1) && \"$0\" -L $2 2>/dev/null | \"$awk\" \"$1\"";
    let awk = format!("{WORD}\n{NAMES}\n{condition} {{ {SHOWN} }}");
    namespace.run(&["sh", "-c", script, program, &awk, filter])
}
