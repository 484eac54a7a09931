//! A file of cases: what the table holds, then a command line a line.
//!
//!     # a comment
//!     @table rich                 the cases run on the flows of twin/tables/rich.flows
//!     -L -p tcp --dport 80        arguments, quoted as for a shell
//!     -L --labelmap $'/tmp/x\xff'  bytes that are no text
//!     [unprivileged] -L           in a manner of MANNERS
//!     [TZ=CET-1CEST] -L           with something in the environment
//!     '[stdin=-F\n]' -R -         with something to read, \n \r \t \\ \xff as in Rust
//!     [differs=NAME] -L --dport x where 1.4.9 is wrong, see differences.rs and stated.rs

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

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
    // The reader is gone before the program begins.
    (
        "broken-pipe",
        r#"f=$(mktemp -u) && mkfifo "$f" && exec 3<>"$f" 4>"$f" 3<&- && rm "$f" && { "$@" >&4 4<&-; true; }"#,
    ),
    (
        "closed-reader",
        r#"f=$(mktemp -u) && mkfifo "$f" && exec 3<>"$f" 4>"$f" 3<&- && rm "$f" && trap '' PIPE && exec "$@" >&4 4<&-"#,
    ),
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
    pub path: PathBuf,
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
    environment: Vec<(OsString, OsString)>,
    /// The scripts of its manners.
    manners: Vec<&'static str>,
    pub arguments: Vec<OsString>,
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
            path: path.to_owned(),
            table: Table::named(&table),
            cases,
        }
    }

    /// The name of the trial of a case, and of all with none.
    pub fn trial(&self, case: Option<&Case>) -> String {
        let name = self.path.file_stem().expect("a name").to_string_lossy();
        match case {
            Some(case) => format!("twin::{name}:{}", case.line),
            None => format!("twin::{name}"),
        }
    }
}

/// A namespace with a table in it, and the traffic that keeps it so.
pub struct Stage {
    pub namespace: Namespace,
    begun: Instant,
    _traffic: Option<Traffic>,
}

impl Stage {
    /// How many seconds its timeouts may have run.
    pub fn age(&self) -> u64 {
        self.begun.elapsed().as_secs() + 1
    }
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
        let begun = Instant::now();
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
            begun,
            _traffic: traffic.ok(),
        }
    }
}

impl Case {
    fn new(line: usize, text: &str) -> Self {
        let mut case = Self {
            line,
            text: text.trim_end().to_owned(),
            differs: None,
            stdin: Vec::new(),
            environment: Vec::new(),
            manners: Vec::new(),
            arguments: words::split(text),
        };
        let bracketed = |word: &OsString| inside(word).is_some();
        let count = case.arguments.iter().position(|word| !bracketed(word));
        let count = count.unwrap_or(case.arguments.len());
        for word in case.arguments.drain(..count) {
            let word = inside(&word).unwrap_or_default();
            let equals = word.iter().position(|byte| *byte == b'=');
            let (name, value) = equals.map_or((word, None), |place| {
                (&word[..place], Some(&word[place + 1..]))
            });
            match (name, value) {
                (b"differs", Some(name)) => case.differs = Some(readable(name)),
                (b"stdin", Some(text)) => case.stdin = words::unescaped(text),
                (_, Some(value)) => {
                    let variable = [name, value].map(|part| OsStr::from_bytes(part).to_owned());
                    case.environment.push(variable.into());
                }
                (_, None) => case.manners.push(script(&readable(name))),
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

/// What stands in a word in brackets.
fn inside(word: &OsString) -> Option<&[u8]> {
    word.as_bytes().strip_prefix(b"[")?.strip_suffix(b"]")
}

fn readable(name: &[u8]) -> String {
    String::from_utf8(name.to_vec()).expect("a readable name")
}

fn script(manner: &str) -> &'static str {
    let known = MANNERS.iter().find(|(name, _)| *name == manner);
    known
        .unwrap_or_else(|| panic!("unknown manner [{manner}]"))
        .1
}
