//! Words, each but the last with a NUL behind it -> a command, which is not run. Letters mean the same in a load file.

#![no_main]

use conntrack_cli::cli::{self, Typed, load};
use conntrack_cli::error::{Error, Usage, Value};
use conntrack_fuzz::files;
use libfuzzer_sys::{Corpus, fuzz_target};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

fuzz_target!(|line: &[u8]| -> Corpus {
    if files::are_named(line) {
        return Corpus::Reject;
    }
    let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    let typed = words.iter().map(|word| OsString::from_vec(word.to_vec()));
    let mut warnings = Vec::new();
    let command = cli::parse(typed.collect(), &mut warnings);
    if let Err(error) = &command {
        assert!(error.report().ends_with(b"\n"), "{error}");
    }
    // A line that begins so is a load file's name and nothing else; and where a word may stand first, there are no letters.
    let first = words[0];
    let of_both_doors = [&b"--netns"[..], b"--dry-run"]
        .iter()
        .any(|extra| first.starts_with(extra));
    let other =
        [&b"-R"[..], b"--load-file"].contains(&first) || !first.starts_with(b"-") || of_both_doors;
    if !other && !line.contains(&b'\n') {
        same_in_a_file(&words, command, warnings);
    }
    Corpus::Keep
});

fn same_in_a_file(words: &[&[u8]], typed: Result<Typed, Error>, warnings: Vec<String>) {
    let line: Vec<u8> = words.iter().flat_map(|word| quoted(word)).collect();
    let mut warnings_of_file = Vec::new();
    let loaded = load::read_from(&line[..], "file".into(), &mut warnings_of_file);
    match (typed, loaded) {
        (Ok(typed), Ok(loaded)) => {
            let [typed, loaded] = [format!("{:?}", typed.command), format!("{loaded:?}")];
            let made = typed.starts_with("Create");
            assert!(made || loaded.contains(&typed), "{typed}\n{loaded}");
        }
        (Err(typed), Ok(loaded)) => {
            let late = format!("Wrong(1, {typed:?})");
            assert!(format!("{loaded:?}").contains(&late), "{typed}");
        }
        (typed, Err(Error::Line { error, .. })) => match (typed, *error) {
            (_, Error::Usage(Usage::NotInLoadFile(_))) => return,
            (
                _,
                Error::Usage(Usage::IllegalOption(
                    "dry-run" | "netns" | "ignore-missing" | "generate",
                )),
            ) => return,
            // A file is asked for this before it is asked for what counts only when the line is carried out.
            (Err(_), Error::Value(Value::StatusWithoutBits)) => {}
            (Err(typed), loaded) => same_but_for_length(&typed.to_string(), &loaded.to_string()),
            (Ok(typed), loaded) => panic!("{loaded}: {typed:?}"),
        },
        (_, Err(error)) => panic!("{error}"),
    }
    assert_eq!(warnings, warnings_of_file);
}

/// What is said of a file shows no more than the beginning of a long word.
fn same_but_for_length(typed: &str, loaded: &str) {
    match loaded.split_once('…') {
        Some((beginning, _)) => assert!(typed.starts_with(beginning), "{typed}\n{loaded}"),
        None => assert_eq!(typed, loaded),
    }
}

/// A word between double quotes, as a line of a load file has it.
fn quoted(word: &[u8]) -> Vec<u8> {
    let escaped = word.iter().flat_map(|byte| match byte {
        b'"' | b'\\' => vec![b'\\', *byte],
        byte => vec![*byte],
    });
    [b'"'].into_iter().chain(escaped).chain(*b"\" ").collect()
}
