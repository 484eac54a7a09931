//! The lines that clap reads: words as they are typed, and what the letters are translated into.

use super::commands;
use super::line::{CommandSpec, Occurrence, Spec, Takes};
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
    matched(tree::for_people(), whole_names(words))
}

/// The words with names in full that were cut short, as far as one option of the command alone begins with what was typed.
/// A word that is the value of the one before it stays as it is.
fn whole_names(mut words: Vec<OsString>) -> Vec<OsString> {
    let Some(command) = words
        .first()
        .and_then(|word| commands::by_word(word.as_bytes()))
    else {
        return words;
    };
    let mut takes = Takes::Nothing;
    for word in &mut words[1..] {
        let is_value = std::mem::replace(&mut takes, Takes::Nothing) == Takes::Value;
        let Some(typed) = word.as_bytes().strip_prefix(b"--").filter(|_| !is_value) else {
            continue;
        };
        let end = typed.iter().position(|byte| *byte == b'=');
        let (name, rest) = typed.split_at(end.unwrap_or(typed.len()));
        if name.is_empty() {
            break;
        }
        let Some((whole, spec)) = whole_name(command, name) else {
            continue;
        };
        if rest.is_empty() {
            takes = spec.map_or(Takes::Nothing, |spec| spec.takes);
        }
        *word = OsString::from_vec([b"--", whole.as_bytes(), rest].concat());
    }
    words
}

/// The name that begins so, and its option, which clap's own `help` has none.
fn whole_name(
    command: &CommandSpec,
    begun: &[u8],
) -> Option<(&'static str, Option<&'static Spec>)> {
    let names = |spec: &'static Spec| spec.names.iter().map(move |name| (*name, Some(spec)));
    let all = || options_of(command).flat_map(names).chain([("help", None)]);
    let exact = all().find(|(name, _)| name.as_bytes() == begun);
    let mut meant = all().filter(|(name, spec)| {
        name.as_bytes().starts_with(begun) && spec.is_none_or(|spec| !spec.whole)
    });
    exact.or_else(|| match (meant.next(), meant.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    })
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
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => {
            Usage::UnknownOption(word.into())
        }
        ErrorKind::UnknownArgument => Usage::ExcessWord(word.into()),
        _ => Usage::MissingArgument(word.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::COMMANDS;
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
    fn a_name_of_1_4_9_may_be_cut_short_and_one_of_ours_may_not() {
        for (line, whole) in [
            (&["list", "--dpo", "80"][..], &["list", "--dport", "80"][..]),
            (&["list", "--dpo=80"], &["list", "--dport=80"]),
            (&["list", "--he"], &["list", "--help"]),
            (
                &["list", "--labelm", "--dp"],
                &["list", "--labelmap", "--dp"],
            ),
            (
                &["list", "--src-n", "--dp=1"],
                &["list", "--src-nat", "--dport=1"],
            ),
            (&["list", "--reply"], &["list", "--reply"]),
            (&["list", "--src"], &["list", "--src"]),
            (&["list", "--", "--dp"], &["list", "--", "--dp"]),
            (&["delete", "--ignore"], &["delete", "--ignore"]),
            (&["nothing", "--dp"], &["nothing", "--dp"]),
        ] {
            let words = whole_names(line.iter().map(OsString::from).collect());
            assert_eq!(words, whole, "{line:?}");
        }
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
