//! A file of cases: what the table holds, then a command line a line.
//!
//!     # a comment
//!     @table rich                 the cases run on the flows of twin/tables/rich.flows
//!     -L -p tcp --dport 80        arguments, quoted as for a shell
//!     [unprivileged] -L           in a manner of MANNERS
//!     [TZ=CET-1CEST] -L           with something in the environment
//!     '[stdin=-F\n]' -R -         with something to read, \n \r \t \\ \x00 as in Rust
//!     [differs=NAME] -L --dport x where 1.4.9 is wrong, see DELIBERATE in differences.rs

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::namespace::Namespace;
use super::program::Program;
use super::traffic::Traffic;
use super::words;

const TWIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/twin");

/// Circumstances in which a program may find itself: a script that starts it, as "$@".
const MANNERS: &[(&str, &str)] = &[
    (
        "unprivileged",
        r#"exec setpriv --bounding-set=-all --inh-caps=-all "$@""#,
    ),
    ("closed-stdout", r#"exec "$@" >&-"#),
    ("closed-stderr", r#"exec "$@" 2>&-"#),
    ("closed-stdin", r#"exec "$@" <&-"#),
    ("full-disk", r#"exec "$@" >/dev/full"#),
    ("broken-pipe", r#""$@" | true"#),
    ("shared", r#"exec "$@" 2>&1"#),
    ("first-line", r#""$@" 2>&1 | head -n 1"#),
    (
        "shared-file",
        r#"f=$(mktemp) && { "$@" >"$f" 2>&1; s=$?; cat "$f"; rm "$f"; exit $s; }"#,
    ),
    (
        "opened-twice",
        r#"f=$(mktemp) && { "$@" >"$f" 2>"$f"; s=$?; cat "$f"; rm "$f"; exit $s; }"#,
    ),
    (
        "terminal",
        r#"exec script -qec "$(for word; do printf "'%s' " "$word"; done)" /dev/null"#,
    ),
    // Arguments with the bytes that printf makes of them: '\0377'
    (
        "bytes",
        r#"for word; do shift; set -- "$@" "$(printf %b "$word")"; done; exec "$@""#,
    ),
    (
        "no-labelmap",
        r#"exec unshare --mount sh -c 'mount -t tmpfs none /etc/xtables && exec "$@"' sh "$@""#,
    ),
    (
        "no-protocols",
        r#"exec unshare --mount sh -c 'mount --bind /dev/null /etc/protocols && exec "$@"' sh "$@""#,
    ),
    (
        "odd-protocols",
        r#"exec unshare --mount sh -c 'mount --bind files/protocols-odd /etc/protocols && exec "$@"' sh "$@""#,
    ),
    (
        "localtime",
        r#"exec unshare --mount sh -c 'mount -t tmpfs none /etc && ln -s /usr/share/zoneinfo/Asia/Kolkata /etc/localtime && exec "$@"' sh "$@""#,
    ),
];

pub struct CaseFile {
    /// Its name without directory and ending.
    pub name: String,
    /// The flows that the cases find.
    pub table: Table,
    pub cases: Vec<Case>,
}

pub struct Case {
    pub line: usize,
    pub text: String,
    /// The deliberate difference that it shows.
    pub differs: Option<String>,
    /// What the command finds on its standard input.
    pub stdin: Vec<u8>,
    environment: Vec<(String, String)>,
    /// The scripts of its manners.
    manners: Vec<&'static str>,
    arguments: Vec<String>,
}

#[derive(Clone)]
pub struct Table {
    name: String,
}

impl CaseFile {
    /// Every case file in a directory below twin/, by name.
    pub fn all(directory: &str) -> Vec<Self> {
        let entries = fs::read_dir(Path::new(TWIN).join(directory)).expect("a directory of cases");
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.expect("a case file").path())
            .collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Self {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(path).expect("a readable case file");
        let mut table = "empty".to_owned();
        let mut cases = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            match line.strip_prefix("@table ") {
                Some(named) => table = named.trim().to_owned(),
                None if line.starts_with('#') || line.trim().is_empty() => {}
                None => cases.push(Case::new(number, line)),
            }
        }
        Self {
            name,
            table: Table::named(&table),
            cases,
        }
    }
}

/// A namespace with a table in it, and the traffic that keeps it so.
pub struct Stage {
    pub namespace: Namespace,
    _traffic: Option<Traffic>,
}

impl Table {
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }

    /// The files of a table, each of which may be missing: settings and rules first, then flows, then packets.
    pub fn stage(&self) -> Stage {
        let file = |ending| fs::read_to_string(format!("{TWIN}/tables/{}.{ending}", self.name));
        let namespace = Namespace::new().expect("a namespace");
        for line in file("sysctl").iter().flat_map(|text| text.lines()) {
            let (key, value) = line.split_once('=').expect("KEY = VALUE");
            namespace.sysctl(key.trim(), value.trim());
        }
        if let Ok(rules) = file("nft") {
            namespace.feed(&["nft", "-f", "-"], &rules);
        }
        if let Ok(flows) = file("flows") {
            namespace.inside("load", &flows);
        }
        let traffic = file("traffic").map(|script| Traffic::new(&namespace, &script));
        Stage {
            namespace,
            _traffic: traffic.ok(),
        }
    }
}

impl Case {
    fn new(line: usize, text: &str) -> Self {
        let mut case = Self {
            line,
            text: text.to_owned(),
            differs: None,
            stdin: Vec::new(),
            environment: Vec::new(),
            manners: Vec::new(),
            arguments: words::split(text),
        };
        let bracketed = |word: &&String| word.starts_with('[') && word.ends_with(']');
        let count = case.arguments.iter().take_while(bracketed).count();
        for word in case.arguments.drain(..count) {
            match word[1..word.len() - 1].split_once('=') {
                Some(("differs", name)) => case.differs = Some(name.to_owned()),
                Some(("stdin", text)) => case.stdin = words::unescaped(text),
                Some((name, value)) => case.environment.push((name.to_owned(), value.to_owned())),
                None => case.manners.push(script(&word)),
            }
        }
        case
    }

    /// This command line, for one of the two programs, added to a command that waits for one.
    pub fn command(&self, program: Program, mut command: Command) -> Command {
        for script in &self.manners {
            command.args(["sh", "-c", script, "sh"]);
        }
        command
            .arg(program.path())
            .args(&self.arguments)
            .envs(self.environment.iter().cloned());
        command
    }
}

fn script(manner: &str) -> &'static str {
    let known = MANNERS
        .iter()
        .find(|(name, _)| manner == format!("[{name}]"));
    known.unwrap_or_else(|| panic!("unknown manner {manner}")).1
}
