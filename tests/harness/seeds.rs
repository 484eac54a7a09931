//! What the fuzzers in fuzz/ begin with, made of the trials: `suite seeds DIRECTORY` writes a directory for each target.

use super::case::CaseFile;
use super::script::Script;
use super::words;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

const TWIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/twin");

/// Longer ones are not worth their time.
const LONGEST: usize = 1024;

/// What begins a row that `-R` reads.
const SAVED: &str = "-A -t ";

pub fn write(directory: &str) -> Result<(), String> {
    let write = |target, seeds| write_each(&Path::new(directory).join(target), seeds);
    let cases = || ["cases", "changes"].into_iter().flat_map(CaseFile::all);
    write("rows", datagrams())
        .and_then(|()| write("argv", command_lines(cases())))
        .and_then(|()| write("load", load_files(cases())))
        .and_then(|()| write("labelmap", label_maps()))
        .map_err(|error| format!("{directory}: {error}"))
}

/// The datagrams of the golden trials, and each of their messages as one.
fn datagrams() -> Vec<Vec<u8>> {
    let datagrams = |script: &Script| {
        let received = script.each("receive");
        let received = received.filter(|text| !text.starts_with("errno "));
        received.map(words::hexadecimal).collect::<Vec<_>>()
    };
    let scripts = Script::all("golden");
    let datagrams = scripts.iter().flat_map(datagrams);
    datagrams
        .flat_map(|datagram: Vec<u8>| {
            messages(&datagram)
                .chain([datagram.clone()])
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Cuts a datagram by the lengths that its messages begin with, as far as they fit.
fn messages(mut rest: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    std::iter::from_fn(move || {
        let length = u32::from_ne_bytes(*rest.first_chunk()?) as usize;
        let (message, behind) = rest.split_at_checked(length.max(1))?;
        rest = behind;
        Some(message.to_vec())
    })
}

/// The command lines of the twin trials, with a NUL between words.
fn command_lines(cases: impl Iterator<Item = CaseFile>) -> Vec<Vec<u8>> {
    let lines = cases.flat_map(|file| file.cases);
    lines
        .map(|case| case.arguments.join(OsStr::new("\0")).into_vec())
        .collect()
}

/// What the twin trials have a program read, and the rows that 1.4.9 saved of the golden messages.
fn load_files(cases: impl Iterator<Item = CaseFile>) -> Vec<Vec<u8>> {
    let read = cases.flat_map(|file| file.cases).map(|case| case.stdin);
    let saved = |script: &Script| {
        let runs = script.blocks.iter().filter(|block| block.name == "run");
        let saved = runs.filter(|block| block.body.starts_with(SAVED));
        saved
            .map(|block| block.body.clone().into_bytes())
            .collect::<Vec<_>>()
    };
    let saved: Vec<_> = Script::all("golden").iter().flat_map(saved).collect();
    read.chain(saved).collect()
}

fn label_maps() -> Vec<Vec<u8>> {
    let files = fs::read_dir(Path::new(TWIN).join("files")).expect("files of the twin trials");
    let paths = files.map(|file| file.expect("a file").path());
    let of_labels = paths.filter(|path| path.to_string_lossy().contains("labelmap"));
    of_labels
        .map(|path| fs::read(path).expect("a readable file"))
        .collect()
}

fn write_each(directory: &Path, mut seeds: Vec<Vec<u8>>) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    seeds.retain(|seed| !seed.is_empty() && seed.len() <= LONGEST);
    seeds.sort();
    seeds.dedup();
    let mut numbered = (1..).zip(&seeds);
    numbered.try_for_each(|(number, seed): (usize, _)| {
        fs::write(directory.join(format!("seed-{number}")), seed)
    })
}
