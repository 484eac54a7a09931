//! The table of options as a clap command: what reads a command line, writes the help, and feeds completions.

use super::names;
use super::options::{self, OPTIONS, Opt, Spec, Takes};
use super::words::{Occurrence, Words};
use crate::error::Usage;
use crate::flow::Protocol;
use crate::flow::protocol;
use clap::{Arg, ArgAction, Command};
use std::borrow::Cow;

const ABOUT: &str = "Shows, changes and watches the connection tracking table of Linux";

const USAGE: &str = "conntrack COMMAND [TABLE] [OPTION]…
       conntrack -R FILE";

const NOTES: &str = "\
Tables: conntrack (unless another is named), expect, dying, unconfirmed.
-R FILE, --load-file FILE: carry out the commands in FILE, one a line; - is standard input.
A command may also be written as a word in the first place: conntrack list -p tcp.
The options of a protocol: conntrack -h -p tcp. More: man 8 conntrack.
";

/// Reads a command line. What stands before an error is read all the same, for an error in there comes first.
pub fn read<'a>(args: &'a [&'a str]) -> (Vec<Occurrence<'a>>, Result<(), Usage>) {
    let posix = std::env::var_os("POSIXLY_CORRECT").is_some();
    let (typed, end) = scan(args, posix);
    let canonical = std::iter::once(String::new()).chain(typed.iter().map(canonical_word));
    let Ok(matches) = canonical_command().try_get_matches_from(canonical) else {
        return (typed, end);
    };
    let mut found: Vec<(usize, &'static Spec, Option<Cow<str>>)> = Vec::new();
    for spec in OPTIONS {
        let values = matches
            .get_many::<String>(spec.name())
            .into_iter()
            .flatten();
        let indices = matches.indices_of(spec.name()).into_iter().flatten();
        found.extend(indices.zip(values).map(|(index, value)| {
            (
                index,
                spec,
                value
                    .strip_prefix('=')
                    .map(|value| Cow::Owned(value.to_owned())),
            )
        }));
    }
    found.sort_unstable_by_key(|(index, ..)| *index);
    let words = typed.into_iter().map(|occurrence| occurrence.word);
    let read = found.into_iter().zip(words);
    (
        read.map(|((_, spec, value), word)| Occurrence { spec, value, word })
            .collect(),
        end,
    )
}

/// The options of a line without clap, whose work for one costs more than all the rest of a load file's line.
pub fn scan<'a>(args: &'a [&'a str], posix: bool) -> (Vec<Occurrence<'a>>, Result<(), Usage>) {
    let mut words = Words::new(args, posix);
    let mut typed: Vec<Occurrence> = Vec::new();
    let mut known: Vec<&Protocol> = Vec::new();
    loop {
        match words.next(&known) {
            Ok(None) => return (typed, Ok(())),
            Err(error) => return (typed, Err(error)),
            Ok(Some(occurrence)) => {
                if occurrence.spec.option == Opt::Protonum {
                    let number = occurrence
                        .value
                        .as_deref()
                        .and_then(|v| names::protocol(v).ok());
                    known.extend(number.and_then(protocol::by_number));
                }
                typed.push(occurrence);
            }
        }
    }
}

/// `--name` or `--name==value`: the second `=` tells an empty value from none.
fn canonical_word(occurrence: &Occurrence) -> String {
    let name = occurrence.spec.name();
    match &occurrence.value {
        Some(value) => format!("--{name}=={value}"),
        None => format!("--{name}"),
    }
}

/// The clap command of every option.
pub fn command() -> Command {
    let command = bare("conntrack")
        .about(ABOUT)
        .override_usage(USAGE)
        .after_help(NOTES);
    OPTIONS.iter().fold(command, |command, spec| {
        let heading = match spec.option {
            Opt::Command | Opt::Expect => "Commands",
            _ => "Options",
        };
        command.arg(
            argument(spec)
                .help_heading(heading)
                .hide(!spec.protocols.is_empty()),
        )
    })
}

pub fn help() -> String {
    format!("{}\n", command().render_help())
}

/// The options of a protocol.
pub fn protocol_help(number: u8) -> String {
    let Some(protocol) = protocol::by_number(number) else {
        let name = names::protocol_name(number).unwrap_or_else(|| "unknown".to_owned());
        return format!("Proto `{name}' help:\n  no options (unsupported)\n");
    };
    let command = bare(protocol.name).help_template("{options}");
    let mut command =
        options::of(protocol).fold(command, |command, spec| command.arg(argument(spec)));
    format!(
        "Proto `{}' help:\n{}\n",
        protocol.name,
        command.render_help()
    )
}

fn bare(name: &'static str) -> Command {
    Command::new(name)
        .disable_help_flag(true)
        .disable_version_flag(true)
}

/// An option as people type it.
fn argument(spec: &'static Spec) -> Arg {
    let arg = Arg::new(spec.name())
        .long(spec.name())
        .visible_aliases(&spec.names[1..])
        .help(spec.help)
        .action(ArgAction::Append)
        .value_name(spec.value);
    let arg = match spec.letter.filter(char::is_ascii_alphabetic) {
        Some(letter) => arg.short(letter),
        None => arg,
    };
    match spec.takes {
        Takes::Nothing => arg.num_args(0),
        Takes::Value => arg.num_args(1),
        Takes::Word | Takes::Table | Takes::PlainTable => arg.num_args(0..=1),
    }
}

/// The same command for words in the form of [`canonical_word`].
fn canonical_command() -> Command {
    command().mut_args(|arg| {
        arg.num_args(0..=1)
            .require_equals(true)
            .default_missing_value("")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_finds_the_command_consistent() {
        command().debug_assert();
        canonical_command().debug_assert();
    }

    #[test]
    fn the_manual_has_every_option() {
        let manual = include_str!("../../man/conntrack.8").replace("\\-", "-");
        for spec in OPTIONS {
            for name in spec.names {
                assert!(manual.contains(&format!("--{name}")), "--{name}");
            }
        }
    }

    #[test]
    fn the_order_of_the_command_line_survives_clap() {
        let args = ["-Lp", "tcp", "-n", "--dport=", "word", "-s1.2.3.4", "--bad"];
        let (read, end) = read(&args);
        let shown: Vec<_> = read
            .iter()
            .map(|o| (o.spec.name(), o.value.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("dump", None),
                ("protonum", Some("tcp")),
                ("src-nat", None),
                ("dport", Some("")),
                ("src", Some("1.2.3.4")),
            ]
        );
        assert!(matches!(end, Err(Usage::UnknownOption(word)) if word == "--bad"));
    }
}
