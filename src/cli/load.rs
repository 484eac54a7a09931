//! The lines of a load file -> commands.

use super::options::Opt;
use super::{grammar, interpret};
use crate::command::Command;
use crate::command::load::Load;
use crate::error::{Error, Usage};
use crate::format::Entries;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle, available_parallelism};

/// How much of a file is read at a time, in bytes, so that only its requests are kept.
const PIECE: u64 = 4 << 20;

/// Below this many bytes, a second thread costs more than it saves.
const SMALL_PIECE: usize = 64 << 10;

/// Reads a whole file, or standard input where it is `-`; nothing is carried out where a line is wrong.
pub fn read(path: &str, warnings: &mut Vec<String>) -> Result<Load, Error> {
    let mut source: Box<dyn Read> = match path {
        "-" => Box::new(io::stdin().lock()),
        _ => Box::new(File::open(path).map_err(|_| Usage::LoadFile(path.to_owned()))?),
    };
    let mut load = Load::new(path.to_owned());
    let mut text = Vec::new();
    let mut number = 1;
    loop {
        let received = source.by_ref().take(PIECE).read_to_end(&mut text);
        let received = received.map_err(|error| Error::Read {
            file: path.to_owned(),
            error,
        })?;
        let newline = text.iter().rposition(|byte| *byte == b'\n');
        let whole = match received {
            0 => text.len(),
            _ => newline.map_or(0, |at| at + 1),
        };
        for mut part in read_piece(path, &text[..whole], number) {
            warnings.append(&mut part.warnings);
            load.steps.append(&mut part.load.steps);
            part.end?;
        }
        if received == 0 {
            return Ok(load);
        }
        number += newlines(&text[..whole]);
        text.drain(..whole);
    }
}

/// Reads whole lines, on all cores where there are many.
fn read_piece(path: &str, text: &[u8], mut first: usize) -> Vec<Part> {
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    let parts = if text.len() < SMALL_PIECE { 1 } else { cores };
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for part in split(text, parts) {
            let number = first;
            threads.push(scope.spawn(move || read_lines(path, part, number)));
            first += newlines(part);
        }
        let join = |thread: ScopedJoinHandle<_>| thread.join().unwrap_or_else(|e| resume_unwind(e));
        threads.into_iter().map(join).collect()
    })
}

fn newlines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

/// Cuts a text into parts of whole lines.
fn split(mut text: &[u8], parts: usize) -> Vec<&[u8]> {
    let size = text.len().div_ceil(parts);
    let mut cut = Vec::new();
    while text.len() > size {
        let newline = text[size..].iter().position(|byte| *byte == b'\n');
        let Some(newline) = newline else { break };
        let (part, rest) = text.split_at(size + newline + 1);
        cut.push(part);
        text = rest;
    }
    cut.push(text);
    cut
}

/// What some of the lines came to.
struct Part {
    load: Load,
    warnings: Vec<String>,
    end: Result<(), Error>,
}

fn read_lines(path: &str, text: &[u8], first: usize) -> Part {
    let mut part = Part {
        load: Load::new(path.to_owned()),
        warnings: Vec::new(),
        end: Ok(()),
    };
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(line);
        let words = words(&text);
        if words.is_empty() {
            continue;
        }
        let line = first + number;
        match command(&words, &mut part.warnings) {
            Ok(command) => part.load.add(line, command),
            Err(error) => {
                part.end = Err(Error::Line {
                    error: Box::new(error),
                    line,
                    file: path.to_owned(),
                });
                break;
            }
        }
    }
    part
}

fn command(words: &[Cow<str>], warnings: &mut Vec<String>) -> Result<Command, Error> {
    let words: Vec<&str> = words.iter().map(Cow::as_ref).collect();
    let (occurrences, end) = grammar::scan(&words, false);
    let letter = occurrences
        .iter()
        .find_map(|occurrence| match occurrence.spec.option {
            Opt::Command => occurrence.spec.letter,
            _ => None,
        });
    let command = interpret(occurrences, end.map_err(Error::from), warnings)?;
    let name = match (&command, letter) {
        (Command::Create(_) | Command::Update(_) | Command::Delete(_), _) => return Ok(command),
        (Command::Flush(flush), _) if flush.entries == Entries::Flows => return Ok(command),
        (_, None) => "unknown".to_owned(),
        (_, Some(letter)) if command.is_on_expectations() => format!("-{letter} expect"),
        (_, Some(letter)) => format!("-{letter}"),
    };
    Err(Usage::NotInLoadFile(name).into())
}

/// Cuts a line at blanks. A line that begins with `#` has no words.
fn words(line: &str) -> Vec<Cow<'_, str>> {
    let mut words = Vec::new();
    let mut rest = line
        .trim_end_matches(['\n', '\r'])
        .trim_start_matches(BLANKS);
    if rest.starts_with('#') {
        return words;
    }
    while !rest.is_empty() {
        let end = rest.find([' ', '\t', '"']).unwrap_or(rest.len());
        let (word, after) = match rest.as_bytes().get(end) {
            Some(b'"') => quoted(rest, end),
            _ => (Cow::Borrowed(&rest[..end]), &rest[end..]),
        };
        words.push(word);
        rest = after.trim_start_matches(BLANKS);
    }
    words
}

const BLANKS: [char; 2] = [' ', '\t'];

/// A word in which a double quote opens, and what follows it. The quote keeps blanks in the word, and a backslash in it
/// keeps the next character; the closing quote ends the word.
fn quoted(text: &str, quote: usize) -> (Cow<'_, str>, &str) {
    let mut word = text[..quote].to_owned();
    let mut characters = text[quote + 1..].chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => word.extend(characters.next()),
            _ => word.push(character),
        }
    }
    (Cow::Owned(word), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_lines_and_lose_nothing() {
        let text = b"one\ntwo\n\nthree\nfour";
        for parts in 1..8 {
            let cut = split(text, parts);
            assert_eq!(cut.concat(), text);
            assert!(cut.len() <= parts);
            assert!(
                cut[..cut.len() - 1]
                    .iter()
                    .all(|part| part.ends_with(b"\n"))
            );
        }
    }

    #[test]
    fn words_end_at_blanks_and_at_closing_quotes() {
        for (line, expected) in [
            ("-I  -p\ttcp\n", &["-I", "-p", "tcp"][..]),
            ("# -F", &[]),
            ("  # -F", &[]),
            ("   \t", &[]),
            ("-F # -F", &["-F", "#", "-F"]),
            (r#"2.2".2.2""#, &["2.2.2.2"]),
            (r#"a"b c"d"#, &["ab c", "d"]),
            (r#"""a"#, &["", "a"]),
            (r#""a\"b\\c\n""#, &["a\"b\\cn"]),
            (r"a\b '-F'", &[r"a\b", "'-F'"]),
            ("\"open end", &["open end"]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }
}
