//! The lines that clap reads: words as they are typed, and what the letters are translated into.

use super::commands;
use super::line::{CommandSpec, Occurrence, Spec};
use super::options;
use super::tree::{self, NO_VALUE, TABLE, options_of};
use crate::error::Usage;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// A command line that clap has read: the command and what stands behind it, and the options in their order.
pub struct Read {
    pub command: &'static CommandSpec,
    pub table: Option<OsString>,
    pub options: Vec<(&'static Spec, Option<OsString>)>,
}

/// Reads the words of a command line, without the program's name, in which names may be cut short.
pub fn read(words: Vec<OsString>) -> Result<Read, clap::Error> {
    matched(tree::for_people().infer_long_args(true), words)
}

/// Reads what [`words_for`] makes of a line. There a name is whole: that of an option which the command does not take is not
/// the beginning of one that it takes.
pub fn read_exactly(words: Vec<OsString>) -> Result<Read, clap::Error> {
    matched(tree::for_letters(), words)
}

fn matched(tree: Command, words: Vec<OsString>) -> Result<Read, clap::Error> {
    let line = std::iter::once(OsString::new()).chain(words);
    let mut matches = tree.try_get_matches_from(line)?;
    let (word, mut matches) = matches.remove_subcommand().unwrap_or_default();
    let command = commands::by_word(word.as_bytes()).unwrap_or(&commands::HELP);
    Ok(Read {
        command,
        table: matches.remove_one(TABLE),
        options: options_in(command, &matches),
    })
}

/// Translates a line that getopt's habits have been taken out of into the words of one that clap reads. The command comes
/// first, wherever it was typed.
pub fn words_for(occurrences: &[Occurrence], command: usize) -> Vec<OsString> {
    let of_option = |occurrence: &Occurrence| {
        let name = [b"--", occurrence.spec.name().as_bytes()].concat();
        match occurrence.value {
            Some(value) => [&name, b"=".as_slice(), value].concat(),
            None => name,
        }
    };
    let mut words = vec![format!("--{}", occurrences[command].spec.name()).into_bytes()];
    words.extend(occurrences[command].value.map(<[u8]>::to_vec));
    let others = occurrences
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != command);
    words.extend(others.map(|(_, occurrence)| of_option(occurrence)));
    words.into_iter().map(OsString::from_vec).collect()
}

/// The first option in a line that is one of another command: clap would take it for the beginning of one of this.
pub fn foreign(words: &[OsString]) -> Option<&'static Spec> {
    let command = commands::by_word(words.first()?.as_bytes())?;
    let names = words.iter().filter_map(|word| {
        let name = word.as_bytes().strip_prefix(b"--")?;
        name.split(|byte| *byte == b'=').next()
    });
    let named = |name: &[u8]| {
        options::all().find(|spec| spec.names.iter().any(|full| full.as_bytes() == name))
    };
    let own = |spec: &Spec| options_of(command).any(|of| of == spec);
    names.filter_map(named).find(|spec| !own(spec))
}

fn options_in(
    command: &CommandSpec,
    matches: &ArgMatches,
) -> Vec<(&'static Spec, Option<OsString>)> {
    let mut found: Vec<(usize, &'static Spec, &OsString)> = Vec::new();
    for spec in options_of(command) {
        let values = matches.get_many(spec.name()).into_iter().flatten();
        let places = matches.indices_of(spec.name()).into_iter().flatten();
        let placed = places
            .zip(values)
            .map(|(place, value)| (place, spec, value));
        found.extend(placed);
    }
    found.sort_unstable_by_key(|(place, ..)| *place);
    let value = |value: &OsString| Some(value).filter(|value| *value != NO_VALUE).cloned();
    found
        .into_iter()
        .map(|(_, spec, typed)| (spec, value(typed)))
        .collect()
}

/// What clap refuses, in a line of ours.
pub fn refusal(error: &clap::Error) -> Usage {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    let word = argument.split(' ').next().unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if word.starts_with('-') => Usage::UnknownWord {
            option: word.into(),
            meant: text(ContextKind::SuggestedArg).into(),
        },
        ErrorKind::UnknownArgument => Usage::ExcessWord(word.into()),
        _ => Usage::MissingArgument(word.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::COMMANDS;
    use crate::cli::line::Takes;
    use crate::task::Verb;
    use std::ffi::OsStr;

    #[test]
    fn every_command_is_found_by_its_word_its_letter_and_its_long_name() {
        for command in COMMANDS {
            let file = (command.verb == Verb::Load).then(|| "file".into());
            let words = command.words.iter().map(|word| (*word).to_owned());
            let names = command.names.iter().map(|name| format!("--{name}"));
            let letter = format!("-{}", char::from(command.letter));
            for typed in words.chain(names).chain([letter]) {
                let line = [typed.clone().into()].into_iter().chain(file.clone());
                let read = read(line.collect()).unwrap_or_else(|error| panic!("{typed}: {error}"));
                assert_eq!(read.command.verb, command.verb, "{typed}");
            }
        }
    }

    #[test]
    fn a_command_takes_just_its_own_options() {
        for command in COMMANDS.into_iter().filter(|c| c.verb != Verb::Load) {
            for spec in options::all() {
                let word = match spec.takes {
                    Takes::Nothing => format!("--{}", spec.name()),
                    _ => format!("--{}=1", spec.name()),
                };
                let line = vec![command.word().into(), word.into()];
                let expected = options_of(command).any(|of| of == spec);
                assert_eq!(foreign(&line).is_none(), expected, "{line:?}");
                let taken = read_exactly(line).is_ok();
                assert_eq!(taken, expected, "{} {spec:?}", command.word());
            }
        }
    }

    #[test]
    fn the_order_of_options_survives() {
        let line = [
            "list",
            "-p",
            "tcp",
            "-n",
            "--dport=",
            "-s1.2.3.4",
            "-n",
            "5.6.7.8",
        ];
        let read = read(line.map(OsString::from).into()).unwrap();
        let shown: Vec<_> = read
            .options
            .iter()
            .map(|(spec, value)| (spec.name(), value.as_deref().and_then(OsStr::to_str)))
            .collect();
        let expected = [
            ("protonum", Some("tcp")),
            ("src-nat", None),
            ("dport", Some("")),
            ("src", Some("1.2.3.4")),
            ("src-nat", Some("5.6.7.8")),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_clap_refuses_is_said_in_one_line() {
        for (line, text) in [
            (
                &["list", "--dprt", "80"][..],
                "unknown option `--dprt'; did you mean `--dport'?",
            ),
            (&["list", "--nonsense"], "unknown option `--nonsense'"),
            (&["list", "expect", "more"], "unexpected word `more'"),
            (&["list", "--mark"], "option `--mark' requires an argument"),
        ] {
            let error = read(line.iter().map(OsString::from).collect())
                .err()
                .unwrap();
            assert_eq!(refusal(&error).to_string(), text, "{line:?}");
        }
    }
}
