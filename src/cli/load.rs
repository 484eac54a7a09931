//! The lines of a load file -> commands.

use super::options::Opt;
use super::{grammar, interpret};
use crate::command::Command;
use crate::command::load::Load;
use crate::error::{Error, Usage};
use crate::format::Entries;
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
        let words = words(&String::from_utf8_lossy(&line));
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

fn command(words: &[String], warnings: &mut Vec<String>) -> Result<Command, Error> {
    let (occurrences, end) = grammar::scan(words, false);
    let letter = occurrences
        .iter()
        .find_map(|occurrence| match occurrence.spec.option {
            Opt::Command(_) => occurrence.spec.letter,
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

/// Cuts a line at blanks. Double quotes keep blanks in a word, in which a backslash then keeps the next character; the
/// closing quote ends the word. A line that begins with `#` has no words.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut characters = line.trim_end_matches(['\n', '\r']).chars();
    while let Some(character) = characters.next() {
        match character {
            '#' if words.is_empty() && word.is_none() && !quoted => break,
            '"' if quoted => {
                quoted = false;
                words.extend(word.take());
            }
            '"' => {
                quoted = true;
                word.get_or_insert_default();
            }
            '\\' if quoted => word.get_or_insert_default().extend(characters.next()),
            ' ' | '\t' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
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
