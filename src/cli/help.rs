//! What there is to read for people: of everything, of a protocol, of one command.

use super::commands;
use super::line::Reads;
use super::opt::Opt;
use super::options::{self, OPTIONS};
use super::tree::{self, argument, bare};
use crate::command::help::Help;
use crate::flow::protocol;
use crate::names;
use crate::text::escape;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

const USAGE: &str = "conntrack COMMAND [TABLE] [OPTION]…
       conntrack -R FILE";

const NOTES: &str = "\
Tables: conntrack (unless another is named), expect, dying, unconfirmed.
-R FILE, --load-file FILE: carry out the commands in FILE, one a line; - is standard input.
A command may also be written as a word in the first place: conntrack list -p tcp.
The options of one command: conntrack help list. Those of a protocol: conntrack -h -p tcp. More: man 8 conntrack.
";

/// Everything there is, and the options of a protocol where one is named.
pub fn of_everything(protocol: Option<u8>) -> Help {
    let everything = bare("conntrack")
        .about(tree::ABOUT)
        .override_usage(USAGE)
        .after_help(NOTES);
    let mut everything = OPTIONS.iter().fold(everything, |command, spec| {
        let heading = match (spec.reads, spec.option) {
            (Reads::Command(_), _) | (_, Opt::Expect | Opt::Generate) => "Commands",
            _ => "Options",
        };
        let hidden = !spec.protocols.is_empty();
        command.arg(argument(spec).help_heading(heading).hide(hidden))
    });
    let of_protocol = protocol.map(of_protocol).unwrap_or_default();
    Help {
        text: format!("{}\n{of_protocol}", everything.render_help()),
    }
}

fn of_protocol(number: u8) -> String {
    let Some(protocol) = protocol::by_number(number) else {
        let mut name = Vec::new();
        let said = names::protocol_name(number).unwrap_or(b"unknown");
        escape(&mut name, said, |_| false);
        let name = String::from_utf8_lossy(&name);
        return format!("Proto `{name}' help:\n  no options (unsupported)\n");
    };
    let command = bare(protocol.name).help_template("{options}");
    let mut command = command.args(options::of(protocol).map(argument));
    let options = command.render_help();
    format!("Proto `{}' help:\n{options}\n", protocol.name)
}

/// What one command takes, where there is one of this word.
pub fn of_command(word: &OsStr) -> Option<Help> {
    let spec = commands::by_word(word.as_bytes())?;
    let mut tree = tree::for_people();
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
    fn help_has_commands_and_options_and_those_of_a_protocol_where_it_is_named() {
        let Help { text } = of_everything(None);
        let commands = text.find("Commands:\n").unwrap();
        let options = text.find("Options:\n").unwrap();
        let place = |name: &str| text.find(name).unwrap();
        assert!((commands..options).contains(&place("--dump")));
        assert!((commands..options).contains(&place("--expect")));
        assert!(place("--labelmap") > options);
        assert!(!text.contains("--dport") && !text.contains("Proto"));
        let Help { text } = of_everything(Some(6));
        assert!(text.contains("Proto `tcp' help:\n") && text.contains("--dport"));
        let Help { text } = of_everything(Some(255));
        assert!(
            text.ends_with("help:\n  no options (unsupported)\n"),
            "{text}"
        );
    }

    #[test]
    fn a_command_explains_its_own_options() {
        let Help { text } = of_command(OsStr::new("delete")).unwrap();
        assert!(text.contains("--timeout") && !text.contains("--event-mask"));
        assert!(text.contains("Examples:\n  conntrack delete"));
        let Help { text } = of_command(OsStr::new("load")).unwrap();
        assert!(text.contains("<FILE>") && !text.contains("--src"), "{text}");
        assert!(of_command(OsStr::new("nonsense")).is_none());
    }
}
