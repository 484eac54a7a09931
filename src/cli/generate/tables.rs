//! The tables that every script has: rows of a key and of words, which the shells look up in the same way.

use super::place::{NO_COMMAND, Place};
use super::values::{self, FILES, Values};
use crate::cli::EXPECT;
use crate::cli::commands::COMMANDS;
use crate::cli::line::{CommandSpec, Spec, TABLES, Takes, check_table};
use crate::cli::options;
use crate::flow::protocol;
use crate::task::{Table, Verb};

pub type Row = (String, String);

/// All that is typed for a command -> its word.
pub fn commands() -> Vec<Row> {
    let rows = |command: &'static CommandSpec| {
        let spellings = of_command(command).chain(words(command));
        spellings.map(|spelling| (spelling, command.word().to_owned()))
    };
    COMMANDS.into_iter().flat_map(rows).collect()
}

/// All that is typed for an option which takes a value -> its long name.
pub fn valued() -> Vec<Row> {
    let valued = options::all().filter(|spec| spec.takes != Takes::Nothing);
    let rows = |spec| of_option(spec).map(|spelling| (spelling, long(spec)));
    valued.flat_map(rows).collect()
}

/// A place -> all that begins with a dash there.
pub fn offered() -> Vec<Row> {
    let row = |place: Place| {
        let of_place = place.options().flat_map(of_option);
        let commands = COMMANDS.into_iter().filter(|command| {
            let on_table = place.table == Table::Conntrack || command.expectations.is_some();
            place.command.is_none() && on_table
        });
        let all: Vec<String> = commands.flat_map(of_command).chain(of_place).collect();
        (place.name(), all.join(" "))
    };
    Place::all().map(row).collect()
}

/// A protocol -> the options that it does not have, but others.
pub fn foreign() -> Vec<Row> {
    let row = |protocol| {
        let of_others = options::all()
            .filter(|spec| !spec.protocols.is_empty() && !spec.protocols.contains(&protocol));
        let all: Vec<String> = of_others.flat_map(of_option).collect();
        (protocol.name.to_owned(), all.join(" "))
    };
    protocol::ALL.into_iter().map(row).collect()
}

/// An option, or an option behind a place or a protocol where that matters -> its values; a command -> what follows it.
pub fn values() -> Vec<Row> {
    let of_options =
        options::all().filter_map(|spec| Some(of_values(spec, values::of(spec.option)?)));
    let mut rows: Vec<Row> = of_options.flatten().collect();
    rows.extend(COMMANDS.into_iter().filter_map(behind));
    let first = COMMANDS.into_iter().flat_map(words);
    let first: Vec<String> = first.chain([EXPECT.to_owned()]).collect();
    rows.push((NO_COMMAND.to_owned(), first.join(" ")));
    let on_expectations = COMMANDS.into_iter().filter(|of| of.expectations.is_some());
    let second: Vec<String> = on_expectations.flat_map(words).collect();
    rows.push((EXPECT.to_owned(), second.join(" ")));
    rows
}

/// All that is typed for an option or a command -> what it does.
pub fn helps() -> Vec<Row> {
    let of_options = options::all()
        .flat_map(|spec| of_option(spec).map(|spelling| (spelling, spec.help.to_owned())));
    let of_commands = COMMANDS.into_iter().flat_map(|command| {
        let spellings = of_command(command).chain(words(command));
        spellings.map(|spelling| (spelling, command.help.to_owned()))
    });
    of_options.chain(of_commands).collect()
}

fn of_values(spec: &'static Spec, values: Values) -> Vec<Row> {
    let words = match values {
        Values::Found(function) => return vec![(long(spec), function.to_owned())],
        Values::Words(words) => words,
    };
    let usual = words(&Place::START).join(" ");
    let at = |name: &str, place: Place| (format!("{name} {}", long(spec)), words(&place).join(" "));
    let of_places = Place::all()
        .filter(|place| place.options().any(|of| of == spec))
        .map(|place| at(&place.name(), place));
    let of_protocols = protocol::ALL.into_iter().map(|protocol| {
        let place = Place {
            protocol: Some(protocol),
            ..Place::START
        };
        at(protocol.name, place)
    });
    let others = of_places.chain(of_protocols);
    let mut rows: Vec<Row> = others.filter(|(_, words)| *words != usual).collect();
    rows.push((long(spec), usual));
    rows
}

/// What stands behind a command, where anything does.
fn behind(command: &'static CommandSpec) -> Option<Row> {
    let words = match command.verb {
        Verb::Version => return None,
        Verb::Load => FILES.to_owned(),
        Verb::Help => COMMANDS.map(CommandSpec::word).join(" "),
        _ => {
            let tables = TABLES.into_iter();
            let tables = tables.filter(|(_, table)| check_table(command, *table).is_ok());
            let names: Vec<&str> = tables.map(|(name, _)| name).collect();
            names.join(" ")
        }
    };
    Some((command.word().to_owned(), words))
}

fn long(spec: &Spec) -> String {
    format!("--{}", spec.name())
}

/// Letters that a shell takes for its own are not worth completing.
fn of_option(spec: &'static Spec) -> impl Iterator<Item = String> {
    let letter = spec.letter.filter(u8::is_ascii_alphabetic);
    spellings(letter, spec.names)
}

fn of_command(command: &'static CommandSpec) -> impl Iterator<Item = String> {
    spellings(Some(command.letter), command.names)
}

fn words(command: &'static CommandSpec) -> impl Iterator<Item = String> {
    command.words.iter().map(|word| (*word).to_owned())
}

fn spellings(letter: Option<u8>, names: &'static [&'static str]) -> impl Iterator<Item = String> {
    let letter = letter.map(|letter| format!("-{}", char::from(letter)));
    let names = names.iter().map(|name| format!("--{name}"));
    letter.into_iter().chain(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::opt::Opt;
    use std::ffi::OsString;

    /// Keys and words stand in the scripts as they are, between quotes at most.
    #[test]
    fn no_shell_finds_anything_to_expand() {
        let plain = |text: &str| {
            let mut bytes = text.bytes();
            bytes.all(|byte| byte.is_ascii_alphanumeric() || b" -_.".contains(&byte))
        };
        for (key, words) in [commands(), valued(), offered(), foreign(), values()].concat() {
            assert!(plain(&key) && plain(&words), "{key}: {words}");
            assert!(!key.is_empty() && !words.is_empty(), "{key}: {words}");
        }
        for (key, help) in helps() {
            assert!(plain(&key) && !help.contains(['\\', '\n']), "{key}: {help}");
        }
    }

    /// What of the options that need no others is offered is taken.
    #[test]
    fn what_is_offered_is_taken() {
        const ALONE: [Opt; 7] = [
            Opt::Protonum,
            Opt::State,
            Opt::Status,
            Opt::EventMask,
            Opt::Output,
            Opt::Family,
            Opt::CountBy,
        ];
        let verbs = [
            Verb::List,
            Verb::Event,
            Verb::Count,
            Verb::Delete,
            Verb::Update,
        ];
        let mut taken = 0;
        for place in Place::all() {
            let Some(command) = place.command.filter(|of| verbs.contains(&of.verb)) else {
                continue;
            };
            // A tuple that names an expectation has more to it.
            if place.table == Table::Expect && command.verb == Verb::Delete {
                continue;
            }
            for spec in place.options().filter(|spec| ALONE.contains(&spec.option)) {
                let Some(Values::Words(words)) = values::of(spec.option) else {
                    panic!("{spec:?}");
                };
                for word in words(&place) {
                    // That no bit is set cannot be asked for alone.
                    let more = if word == "UNSET" { ",ASSURED" } else { "" };
                    let line = format!("{} {}={word}{more}", place.name(), long(spec));
                    let args = line.split(' ').map(OsString::from).collect();
                    let parsed = crate::cli::parse(args, &mut Vec::new());
                    assert!(parsed.is_ok(), "{line}: {parsed:?}");
                    taken += 1;
                }
            }
        }
        assert!(taken > 200, "{taken}");
    }
}
