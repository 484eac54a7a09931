//! The tables of commands and options as clap's: a subcommand a command, with its word, its letter, its long name, and just
//! the options that it takes. Only the one at hand is built.

use super::commands::{self, COMMANDS};
use super::line::{CommandSpec, Spec, Takes};
use super::opt::Opt;
use super::options;
use crate::task::Verb;
use clap::builder::OsStringValueParser;
use clap::{Arg, ArgAction, Command};

pub const ABOUT: &str = "Shows, changes and watches the connection tracking table of Linux";

/// The id of what stands behind a command: a table, a file or another command.
pub const TABLE: &str = "table";

/// What an option has for a value that takes one only perhaps, and has none. No word of a command line holds a NUL.
pub const NO_VALUE: &str = "\0";

/// The options that go with a command.
pub fn options_of(command: &CommandSpec) -> impl Iterator<Item = &'static Spec> {
    options::all().filter(|spec| {
        let always = match spec.option {
            Opt::Netns => true,
            Opt::Expect | Opt::NatRange => command.verb != Verb::Load,
            _ => false,
        };
        always || command.allows(spec.option)
    })
}

/// The tree for lines that [`super::front`] translates: long names alone, because dressing it up for people takes half the
/// time of a start.
pub fn for_letters() -> Command {
    let commands = COMMANDS.iter().map(|spec| {
        Command::new(spec.word())
            .long_flag(spec.names[0])
            .defer(with_names)
    });
    bare("conntrack")
        .subcommand_required(true)
        .subcommands(commands)
}

/// The tree for words and help.
pub fn for_people() -> Command {
    let commands = COMMANDS.iter().map(|spec| {
        let names = spec.names.iter().copied();
        let words = spec.words.iter().copied();
        Command::new(spec.word())
            .visible_aliases(words.skip(1))
            .short_flag(char::from(spec.letter))
            .long_flag(spec.names[0])
            .visible_long_flag_aliases(names.skip(1))
            .about(spec.help)
            .defer(with_everything)
    });
    bare("conntrack")
        .about(ABOUT)
        .subcommand_required(true)
        .subcommands(commands)
}

/// A command without what clap adds by itself.
pub fn bare(name: &'static str) -> Command {
    Command::new(name)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
}

fn with_names(command: Command) -> Command {
    let spec = spec_of(&command);
    command
        .arg(plain_table(spec))
        .args(options_of(spec).map(plain_argument))
}

fn with_everything(command: Command) -> Command {
    let spec = spec_of(&command);
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Show what this command takes");
    let examples = spec.examples.iter().map(|line| format!("  {line}\n"));
    let examples: Vec<String> = examples.collect();
    command
        .arg(table(spec))
        .arg(help)
        .args(options_of(spec).map(|option| of_command(option, spec)))
        .after_help(format!("Examples:\n{}", examples.concat()))
}

fn spec_of(command: &Command) -> &'static CommandSpec {
    commands::by_word(command.get_name().as_bytes()).unwrap_or(&commands::HELP)
}

/// What stands behind a command.
fn plain_table(spec: &CommandSpec) -> Arg {
    let is_file = spec.verb == Verb::Load;
    Arg::new(TABLE)
        .value_parser(OsStringValueParser::new())
        .required(is_file)
        .allow_hyphen_values(is_file)
}

fn table(spec: &CommandSpec) -> Arg {
    let (name, help) = match spec.verb {
        Verb::Load => ("FILE", "The file; - is standard input"),
        Verb::Help => ("COMMAND", "The command to explain"),
        Verb::List => (
            "TABLE",
            "conntrack (unless another is named), expect, dying or unconfirmed",
        ),
        _ => ("TABLE", "conntrack (unless another is named) or expect"),
    };
    plain_table(spec).value_name(name).help(help)
}

fn plain_argument(spec: &'static Spec) -> Arg {
    let arg = Arg::new(spec.name())
        .long(spec.name())
        .action(ArgAction::Append)
        .value_parser(OsStringValueParser::new());
    match spec.takes {
        Takes::Nothing => arg.num_args(0).default_missing_value(NO_VALUE),
        Takes::Value => arg.num_args(1).allow_hyphen_values(true),
        _ => arg.num_args(0..=1).default_missing_value(NO_VALUE),
    }
}

/// An option as people type it behind a command.
fn of_command(spec: &'static Spec, command: &CommandSpec) -> Arg {
    let several = spec.many && !spec.value.is_empty() && command.flows.only_selects(spec.option);
    match several {
        true => argument(spec).help(format!("{}; or several", spec.help)),
        false => argument(spec),
    }
}

/// An option as people type it.
pub fn argument(spec: &'static Spec) -> Arg {
    let arg = plain_argument(spec)
        .visible_aliases(&spec.names[1..])
        .help(spec.help)
        .value_name(spec.value);
    match spec.letter.filter(u8::is_ascii_alphabetic) {
        Some(letter) => arg.short(char::from(letter)),
        None => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_finds_every_command_consistent() {
        for_people().debug_assert();
        for_letters().debug_assert();
    }
}
