//! The table of commands as clap commands: what reads a command line, writes the help, and feeds completions.
//!
//! Each command is a subcommand with its word, its letter and its long name, and takes just its own options. Only the one
//! at hand is built.

use super::commands::{self, COMMANDS};
use super::line::{CommandSpec, Occurrence, Reads, Spec, Takes};
use super::opt::Opt;
use super::options::{self, OPTIONS};
use crate::command::help::Help;
use crate::error::Usage;
use crate::flow::protocol;
use crate::names;
use crate::task::Verb;
use crate::text::Text;
use clap::builder::OsStringValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

const ABOUT: &str = "Shows, changes and watches the connection tracking table of Linux";

const USAGE: &str = "conntrack COMMAND [TABLE] [OPTION]…
       conntrack -R FILE";

const NOTES: &str = "\
Tables: conntrack (unless another is named), expect, dying, unconfirmed.
-R FILE, --load-file FILE: carry out the commands in FILE, one a line; - is standard input.
A command may also be written as a word in the first place: conntrack list -p tcp.
The options of one command: conntrack help list. Those of a protocol: conntrack -h -p tcp. More: man 8 conntrack.
";

/// The id of what stands behind a command: a table, a file or another command.
const TABLE: &str = "table";

/// What an option has for a value that takes one only perhaps, and has none. No word of a command line holds a NUL.
const NO_VALUE: &str = "\0";

/// A command line that clap has read: the command and what stands behind it, and the options in their order.
pub struct Read {
    pub command: &'static CommandSpec,
    pub table: Option<OsString>,
    pub options: Vec<(&'static Spec, Option<OsString>)>,
}

/// Reads the words of a command line, without the program's name, in which names may be cut short.
pub fn read(words: Vec<OsString>) -> Result<Read, clap::Error> {
    matched(tree().infer_long_args(true), words)
}

/// Reads what [`words_for`] makes of a line. There a name is whole: that of an option which the command does not take is not
/// the beginning of one that it takes.
pub fn read_exactly(words: Vec<OsString>) -> Result<Read, clap::Error> {
    matched(tree(), words)
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

/// The options that go with a command.
fn options_of(command: &CommandSpec) -> impl Iterator<Item = &'static Spec> {
    options::all().filter(|spec| {
        let always = matches!(spec.option, Opt::Expect | Opt::NatRange);
        command.verb != Verb::Load && (always || command.allows(spec.option))
    })
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

/// The clap command of every command.
pub fn tree() -> Command {
    let commands = COMMANDS.iter().map(|spec| {
        let names = spec.names.iter().copied();
        let words = spec.words.iter().copied();
        Command::new(spec.word())
            .visible_aliases(words.skip(1))
            .short_flag(char::from(spec.letter))
            .long_flag(spec.names[0])
            .visible_long_flag_aliases(names.skip(1))
            .about(spec.help)
            .defer(with_options)
    });
    bare("conntrack")
        .about(ABOUT)
        .subcommand_required(true)
        .subcommands(commands)
}

/// Adds what a subcommand takes, once it is known to be the one at hand.
fn with_options(command: Command) -> Command {
    let spec = commands::by_word(command.get_name().as_bytes()).unwrap_or(&commands::HELP);
    let table = Arg::new(TABLE).value_parser(OsStringValueParser::new());
    let table = match spec.verb {
        Verb::Load => table
            .value_name("FILE")
            .required(true)
            .allow_hyphen_values(true)
            .help("The file; - is standard input"),
        Verb::Help => table.value_name("COMMAND").help("The command to explain"),
        _ => table
            .value_name("TABLE")
            .help("conntrack (unless another is named), expect, dying or unconfirmed"),
    };
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Show what this command takes");
    let examples: Vec<String> = spec
        .examples
        .iter()
        .map(|line| format!("  {line}\n"))
        .collect();
    command
        .arg(table)
        .arg(help)
        .args(options_of(spec).map(argument))
        .after_help(format!("Examples:\n{}", examples.concat()))
}

/// An option as people type it.
fn argument(spec: &'static Spec) -> Arg {
    let arg = Arg::new(spec.name())
        .long(spec.name())
        .visible_aliases(&spec.names[1..])
        .help(spec.help)
        .action(ArgAction::Append)
        .value_name(spec.value)
        .value_parser(OsStringValueParser::new());
    let letter = spec.letter.filter(u8::is_ascii_alphabetic);
    let arg = match letter {
        Some(letter) => arg.short(char::from(letter)),
        None => arg,
    };
    match spec.takes {
        Takes::Nothing => arg.num_args(0).default_missing_value(NO_VALUE),
        Takes::Value => arg.num_args(1).allow_hyphen_values(true),
        _ => arg.num_args(0..=1).default_missing_value(NO_VALUE),
    }
}

fn bare(name: &'static str) -> Command {
    Command::new(name)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
}

/// Everything there is, and the options of a protocol where one is named.
pub fn help(protocol: Option<u8>) -> Help {
    let everything = bare("conntrack")
        .about(ABOUT)
        .override_usage(USAGE)
        .after_help(NOTES);
    let mut everything = OPTIONS.iter().fold(everything, |command, spec| {
        let heading = match (spec.reads, spec.option) {
            (Reads::Command(_), _) | (_, Opt::Expect) => "Commands",
            _ => "Options",
        };
        let hidden = !spec.protocols.is_empty();
        command.arg(argument(spec).help_heading(heading).hide(hidden))
    });
    let of_protocol = protocol.map(protocol_help).unwrap_or_default();
    Help {
        text: format!("{}\n{of_protocol}", everything.render_help()),
    }
}

fn protocol_help(number: u8) -> String {
    let Some(protocol) = protocol::by_number(number) else {
        let name = names::protocol_name(number).unwrap_or(b"unknown");
        let name = Text::from(name);
        return format!("Proto `{name}' help:\n  no options (unsupported)\n");
    };
    let command = bare(protocol.name).help_template("{options}");
    let mut command = command.args(options::of(protocol).map(argument));
    let options = command.render_help();
    format!("Proto `{}' help:\n{options}\n", protocol.name)
}

/// What one command takes, where there is one of this word.
pub fn help_of(word: &OsStr) -> Option<Help> {
    let spec = commands::by_word(word.as_bytes())?;
    let mut tree = tree();
    tree.build();
    let command = tree.find_subcommand_mut(spec.word())?;
    Some(Help {
        text: command.render_help().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_finds_every_command_consistent() {
        tree().debug_assert();
    }

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
