//! A file of cases: what the table holds, then a command line a line.
//!
//!     # a comment
//!     @table rich                 the cases run on the flows of twin/tables/rich.flows
//!     -L -p tcp --dport 80        arguments, quoted as for a shell
//!     [unprivileged] -L           in a manner of MANNERS
//!     [TZ=CET-1CEST] -L           with something in the environment
//!     '[stdin=-F\n]' -R -         with something to read, \n \r \t \\ \x00 as in Rust
//!     [differs=NAME] -L --dport x where 1.4.9 is wrong, see DELIBERATE in differences.rs

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::namespace::Namespace;
use super::program::Program;
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
    (
        "no-labelmap",
        r#"exec unshare --mount sh -c 'mount -t tmpfs none /etc/xtables && exec "$@"' sh "$@""#,
    ),
    (
        "no-protocols",
        r#"exec unshare --mount sh -c 'mount --bind /dev/null /etc/protocols && exec "$@"' sh "$@""#,
    ),
];

pub struct CaseFile {
    /// Its name without directory and ending.
    pub name: String,
    /// The flows that the cases find.
    pub table: Table,
    pub cases: Vec<Case>,
}

#[derive(Clone)]
pub struct Case {
    pub line: usize,
    pub text: String,
    /// What stands in brackets before the arguments.
    circumstances: Vec<String>,
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
            table: Table { name: table },
            cases,
        }
    }
}

impl Table {
    /// A namespace with this table in it.
    pub fn namespace(&self) -> Namespace {
        let namespace = Namespace::new().expect("a namespace");
        let path = format!("{TWIN}/tables/{}", self.name);
        if let Ok(rules) = fs::read_to_string(format!("{path}.nft")) {
            namespace.feed(&["nft", "-f", "-"], &rules);
        }
        if let Ok(settings) = fs::read_to_string(format!("{path}.sysctl")) {
            for (key, value) in settings.lines().filter_map(|line| line.split_once('=')) {
                namespace.sysctl(key.trim(), value.trim());
            }
        }
        let flows = fs::read_to_string(format!("{path}.flows")).expect("a table's flows");
        namespace.inside("load", &flows);
        namespace
    }
}

impl Case {
    fn new(line: usize, text: &str) -> Self {
        let mut circumstances = words::split(text);
        let bracketed = |word: &String| word.starts_with('[') && word.ends_with(']');
        let first = circumstances
            .iter()
            .position(|word| !bracketed(word))
            .unwrap_or(circumstances.len());
        let arguments = circumstances.split_off(first);
        let circumstances = circumstances
            .iter()
            .map(|word| word[1..word.len() - 1].to_owned())
            .collect();
        Self {
            line,
            text: text.to_owned(),
            circumstances,
            arguments,
        }
    }

    /// The deliberate difference that this case shows.
    pub fn differs(&self) -> Option<&str> {
        self.circumstances
            .iter()
            .find_map(|word| word.strip_prefix("differs="))
    }

    /// This command line, for one of the two programs.
    pub fn command(&self, program: Program, namespace: &Namespace) -> Command {
        let manners = self.circumstances.iter().filter(|word| !word.contains('='));
        let mut words: Vec<OsString> = manners
            .flat_map(|manner| ["sh", "-c", script(manner), "sh"])
            .map(OsString::from)
            .collect();
        words.push(program.path());
        words.extend(self.arguments.iter().map(OsString::from));
        let mut command = namespace.command(&words[0]);
        command.args(&words[1..]).envs(
            self.circumstances
                .iter()
                .filter_map(|word| word.split_once('=')),
        );
        command
    }
}

fn script(manner: &str) -> &'static str {
    let known = MANNERS.iter().find(|(name, _)| *name == manner);
    known
        .unwrap_or_else(|| panic!("unknown manner [{manner}]"))
        .1
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let escape = if letter == '\\' { letters.next() } else { None };
        match escape {
            None => bytes.extend(letter.to_string().into_bytes()),
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('x') => {
                let digits: String = letters.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
            }
            Some(other) => bytes.extend(other.to_string().into_bytes()),
        }
    }
    bytes
}
