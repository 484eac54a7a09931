//! The lines of a load file -> commands.

use super::options::Opt;
use super::{grammar, interpret};
use crate::command::Command;
use crate::command::load::Load;
use crate::error::{Error, Usage};
use crate::format::Entries;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

/// Reads a whole file, or standard input where it is `-`; nothing is carried out where a line is wrong.
pub fn read(path: &str, warnings: &mut Vec<String>) -> Result<Load, Error> {
    let mut load = Load::new(path.to_owned());
    if path == "-" {
        read_lines(io::stdin().lock(), &mut load, warnings)?;
    } else {
        let file = File::open(path).map_err(|_| Usage::LoadFile(path.to_owned()))?;
        read_lines(BufReader::new(file), &mut load, warnings)?;
    }
    Ok(load)
}

fn read_lines(
    mut lines: impl BufRead,
    load: &mut Load,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let length = lines
            .read_until(b'\n', &mut line)
            .map_err(|error| Error::Read {
                file: load.file.clone(),
                error,
            })?;
        if length == 0 {
            return Ok(());
        }
        number += 1;
        let text = String::from_utf8_lossy(&line);
        let words = words(&text);
        if words.is_empty() {
            continue;
        }
        let command = command(&words, warnings).map_err(|error| Error::Line {
            error: Box::new(error),
            line: number,
            file: load.file.clone(),
        })?;
        load.add(number, command);
    }
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
