//! What was typed -> a command.
//!
//! Words (`conntrack list`) go to clap as they are typed, and letters (`conntrack -L`) once [`letters`] has taken getopt's
//! habits out of them; from [`front`] on, where [`tree`] is read, nobody knows which it was. [`mod@line`] reads the values, [`rules`] says which go
//! together, and [`build`] makes a command of them; [`hall`] has these do their part in turn. [`load`] does the same for
//! the lines of a file, without clap. The tables are [`options`] and [`commands`].

mod build;
mod commands;
mod front;
mod hall;
mod help;
mod letters;
mod line;
mod lists;
mod load;
mod opt;
mod options;
mod protocols;
mod rules;
mod select;
mod tree;
mod tuples;
mod values;

use crate::command::Command;
use crate::command::help::Help;
use crate::error::{Error, Usage};
use crate::task::Verb;
use clap::error::ErrorKind;
use front::Read;
use letters::Letters;
use line::{CommandSpec, Occurrence, Reads, Spec};
use opt::Opt;
use options::OPTIONS;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The table of expectations as a word in the first place: `conntrack expect delete …`.
const EXPECT: &str = "expect";

/// Reads a command line without the program's name. `warnings` receives lines for standard error, also where the rest
/// is wrong.
pub fn parse(args: Vec<OsString>, warnings: &mut Vec<String>) -> Result<Box<dyn Command>, Error> {
    let posix = std::env::var_os("POSIXLY_CORRECT").is_some();
    let words: Vec<&[u8]> = args.iter().map(|word| word.as_bytes()).collect();
    if let [b"-R" | b"--load-file", file, ..] = words[..] {
        let line = [
            "--load-file".as_ref(),
            "--".as_ref(),
            OsStr::from_bytes(file),
        ];
        return words_typed(line.map(OsStr::to_owned).into(), warnings);
    }
    let letters = Letters::new(&words, posix);
    match as_words(&args, letters.clone()) {
        Some(words) => words_typed(words, warnings),
        None => letters_typed(letters, warnings),
    }
}

/// The line as clap's, where a word names its command: the first, unless a letter or a long option names one as well.
fn as_words(args: &[OsString], letters: Letters) -> Option<Vec<OsString>> {
    let names_command = |word: &OsString| commands::by_word(word.as_bytes()).is_some();
    let mut words = args.to_vec();
    match args {
        [first, second, ..] if first == EXPECT && names_command(second) => words.swap(0, 1),
        [first, ..] if first == EXPECT => words.insert(0, commands::LIST.word().into()),
        [first, ..] if names_command(first) => {}
        _ => return None,
    }
    // `--help` asks what the command takes that the word names.
    let verb = |occurrence: &Occurrence| match occurrence.spec.reads {
        Reads::Command(command) => Some(command.verb),
        _ => None,
    };
    let mut verbs = letters.flatten().filter_map(|occurrence| verb(&occurrence));
    verbs.all(|verb| verb == Verb::Help).then_some(words)
}

fn words_typed(
    words: Vec<OsString>,
    warnings: &mut Vec<String>,
) -> Result<Box<dyn Command>, Error> {
    if let Some(spec) = front::foreign(&words) {
        return Err(Usage::IllegalOption(spec.name()).into());
    }
    match front::read(words) {
        Ok(read) => command(&read, None, warnings),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(Box::new(Help {
            text: error.render().to_string(),
        })),
        Err(error) => Err(front::refusal(&error).into()),
    }
}

/// What getopt refuses, and a line without a command or with two, clap does not get to see. What clap refuses, and no rule
/// of 1.4.9's does, is refused all the same.
fn letters_typed(letters: Letters, warnings: &mut Vec<String>) -> Result<Box<dyn Command>, Error> {
    let occurrences: Result<Vec<Occurrence>, Usage> = letters.clone().collect();
    let occurrences = occurrences.unwrap_or_default();
    let is_command = |place: &usize| occurrences[*place].spec.option == Opt::Command;
    let mut commands = (0..occurrences.len()).filter(is_command);
    let (Some(place), None) = (commands.next(), commands.next()) else {
        return hall::line(letters, warnings).and_then(hall::command);
    };
    match front::read_exactly(front::words_for(&occurrences, place)) {
        Ok(read) => command(&read, Some((&occurrences, place)), warnings),
        Err(error) => {
            hall::line(letters, warnings)?;
            Err(front::refusal(&error).into())
        }
    }
}

/// The command of a line that clap has read. Where letters were typed, they say in which place the command stood, and what
/// an error about an option names.
fn command(
    read: &Read,
    typed: Option<(&[Occurrence], usize)>,
    warnings: &mut Vec<String>,
) -> Result<Box<dyn Command>, Error> {
    if read.command.verb == Verb::Load {
        let file = read.table.as_deref().unwrap_or_default();
        return Ok(Box::new(load::read(file, warnings)?));
    }
    if let (Verb::Help, Some(word), None) = (read.command.verb, &read.table, typed) {
        let help = help::of_command(word)
            .ok_or_else(|| Error::from(Usage::UnknownCommand(word.as_bytes().into())))?;
        return Ok(Box::new(help));
    }
    let at_hand = (spec_of(read.command), read.table.as_deref());
    let options = read.options.iter();
    let options = options.map(|(spec, value)| (*spec, value.as_deref()));
    let mut found: Vec<_> = std::iter::once(at_hand).chain(options).collect();
    if let Some((_, place)) = typed {
        found[..=place].rotate_left(1);
    }
    let found: Vec<Occurrence> = (0..)
        .zip(found)
        .map(|(place, (spec, value)): (usize, _)| Occurrence {
            spec,
            value: value.map(OsStr::as_bytes),
            word: match typed {
                Some((occurrences, _)) => occurrences[place].word,
                None => spec.name().as_bytes(),
            },
        })
        .collect();
    let line = hall::line(found.into_iter().map(Ok), warnings)?;
    hall::command(line)
}

/// A command as an option.
fn spec_of(command: &CommandSpec) -> &'static Spec {
    let is_it = |spec: &&Spec| matches!(spec.reads, Reads::Command(of) if of.verb == command.verb);
    OPTIONS.iter().find(is_it).unwrap_or(&OPTIONS[0])
}
