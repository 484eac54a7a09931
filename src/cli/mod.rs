//! What was typed -> a command.
//!
//! Words (`conntrack list`) go to clap as they are typed, and letters (`conntrack -L`) once [`letters`] has taken getopt's
//! habits out of them; from [`front`] on, where [`tree`] is read, nobody knows which it was. [`mod@line`] reads the values, [`rules`] says which go
//! together, and [`build`] makes a command of them; [`hall`] has these do their part in turn. [`load`] does the same for
//! the lines of a file, without clap. The tables are [`options`] and [`commands`], of which [`mod@generate`] makes completions.

mod addresses;
mod build;
mod commands;
mod extras;
mod front;
mod generate;
mod hall;
mod help;
mod letters;
mod line;
mod listing;
mod lists;
pub mod load;
#[cfg(test)]
mod manual;
mod many;
#[cfg(test)]
mod naive;
mod nat;
mod opt;
mod options;
mod protocols;
mod reading;
mod refusals;
mod rules;
mod select;
mod tree;
mod tuples;
mod values;
#[cfg(test)]
#[path = "../../tests/harness/words.rs"]
#[expect(dead_code, reason = "the harness needs more of it")]
mod words;

use crate::command::Command;
use crate::command::help::Help;
use crate::error::{Error, Usage};
use crate::task::Verb;
use clap::error::ErrorKind;
use front::Read;
use letters::Letters;
use line::{CommandSpec, Line, Occurrence, Reads, Spec};
use opt::Opt;
use options::OPTIONS;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The table of expectations as a word in the first place: `conntrack expect delete …`.
const EXPECT: &str = "expect";

/// As which a load file is announced, in the first place and nowhere else.
const LOAD_FILE: [&[u8]; 2] = [b"-R", b"--load-file"];

/// What was typed.
#[derive(Debug)]
pub struct Typed {
    /// The network namespace that the command is for, where it is another.
    pub netns: Option<OsString>,
    pub command: Box<dyn Command>,
}

/// Reads a command line without the program's name. `warnings` receives lines for standard error, also where the rest
/// is wrong.
pub fn parse(args: Vec<OsString>, warnings: &mut Vec<String>) -> Result<Typed, Error> {
    let (mut extras, rest) = extras::leading(&args)?;
    if let [letter, file, ignored @ ..] = rest {
        if LOAD_FILE.contains(&letter.as_bytes()) {
            let mut line = vec!["--load-file".into()];
            line.append(&mut extras);
            let mut behind = extras::among(ignored, &line)?;
            line.append(&mut behind);
            line.extend(["--".into(), file.clone()]);
            return words_typed(line, warnings);
        }
    }
    let words: Vec<&[u8]> = args.iter().map(|word| word.as_bytes()).collect();
    let letters = Letters::new(&words);
    match as_words(rest, letters.clone()) {
        Some(mut words) => {
            words.splice(1..1, extras);
            words_typed(words, warnings)
        }
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

fn words_typed(words: Vec<OsString>, warnings: &mut Vec<String>) -> Result<Typed, Error> {
    if let Some(spec) = front::foreign(&words) {
        return Err(Usage::IllegalOption(spec.name()).into());
    }
    match front::read(words) {
        Ok(read) => command(&read, None, warnings),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(Typed::help(Help {
            text: error.render().to_string(),
        })),
        Err(error) => Err(front::refusal(&error).into()),
    }
}

/// What getopt refuses, and a line without a command or with two, clap does not get to see. What clap refuses, and no rule
/// of 1.4.9's does, is refused all the same.
fn letters_typed(letters: Letters, warnings: &mut Vec<String>) -> Result<Typed, Error> {
    let occurrences: Result<Vec<Occurrence>, Usage> = letters.clone().collect();
    let occurrences = occurrences.unwrap_or_default();
    let is_command = |place: &usize| occurrences[*place].spec.option == Opt::Command;
    let mut commands = (0..occurrences.len()).filter(is_command);
    let (Some(place), None) = (commands.next(), commands.next()) else {
        return hall::line(letters, warnings).and_then(Typed::of);
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
) -> Result<Typed, Error> {
    if read.command.verb == Verb::Load {
        return load_file(read, warnings);
    }
    if let (Verb::Help, Some(word), None) = (read.command.verb, &read.table, typed) {
        let help = help::of_command(word)
            .ok_or_else(|| Error::from(Usage::UnknownCommand(word.as_bytes().into())))?;
        return Ok(Typed::help(help));
    }
    let found = occurrences(read, typed);
    hall::line(found.into_iter().map(Ok), warnings).and_then(Typed::of)
}

fn load_file(read: &Read, warnings: &mut Vec<String>) -> Result<Typed, Error> {
    let mut line = Line::default();
    for occurrence in occurrences(read, None).into_iter().skip(1) {
        line.add(occurrence)?;
    }
    if line.has(Opt::Output) && !line.has(Opt::DryRun) {
        return Err(Usage::IllegalOption("output").into());
    }
    if line.listing.table {
        return Err(Usage::TableOfOthers.into());
    }
    let file = read.table.as_deref().unwrap_or_default();
    let mut load = load::read(file, warnings)?;
    load.plan_show = build::show_of_plan(&line);
    Ok(Typed {
        netns: Typed::netns_of(&line),
        command: build::with_extras(&line, Box::new(load)),
    })
}

impl Typed {
    /// A line that was checked.
    fn of(line: Line) -> Result<Typed, Error> {
        Ok(Typed {
            netns: Typed::netns_of(&line),
            command: hall::command(line)?,
        })
    }

    fn help(help: Help) -> Typed {
        Typed {
            netns: None,
            command: Box::new(help),
        }
    }

    fn netns_of(line: &Line) -> Option<OsString> {
        line.netns.map(|netns| OsStr::from_bytes(netns).to_owned())
    }
}

/// What clap has read as it would have been scanned: the command in the place in which it was typed.
fn occurrences<'r>(
    read: &'r Read,
    typed: Option<(&[Occurrence<'r>], usize)>,
) -> Vec<Occurrence<'r>> {
    let at_hand = (spec_of(read.command), read.table.as_deref());
    let options = read.options.iter();
    let options = options.map(|(spec, value)| (*spec, value.as_deref()));
    let found = std::iter::once(at_hand).chain(options);
    let mut found: Vec<Occurrence> = found
        .map(|(spec, value)| Occurrence {
            spec,
            value: value.map(OsStr::as_bytes),
            word: spec.name().as_bytes(),
        })
        .collect();
    if let Some((typed, place)) = typed {
        let end = found.len().min(place + 1);
        found[..end].rotate_left(1);
        for (found, typed) in found.iter_mut().zip(typed) {
            found.word = typed.word;
        }
    }
    found
}

/// A command as an option.
fn spec_of(command: &CommandSpec) -> &'static Spec {
    let is_it = |spec: &&Spec| matches!(spec.reads, Reads::Command(of) if of.verb == command.verb);
    OPTIONS.iter().find(is_it).unwrap_or(&OPTIONS[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    /// What the scanner finds in a line with one command is what clap finds in its translation; where clap refuses it, a
    /// rule does.
    fn check(line: &[&[u8]]) {
        let letters = Letters::new(line);
        let scanned: Result<Vec<Occurrence>, Usage> = letters.clone().collect();
        let Ok(scanned) = scanned else { return };
        let mut commands = (0..scanned.len()).filter(|i| scanned[*i].spec.option == Opt::Command);
        let (Some(place), None) = (commands.next(), commands.next()) else {
            return;
        };
        let Ok(read) = front::read_exactly(front::words_for(&scanned, place)) else {
            let refused = hall::line(letters, &mut Vec::new()).is_err();
            assert!(refused, "clap alone refuses {}", shown(line));
            return;
        };
        let parts = |occurrence: &Occurrence| {
            let Occurrence { spec, value, word } = *occurrence;
            (spec.name(), value.map(<[u8]>::to_vec), word.to_vec())
        };
        let read = occurrences(&read, Some((&scanned, place)));
        let read: Vec<_> = read.iter().map(parts).collect();
        let scanned: Vec<_> = scanned.iter().map(parts).collect();
        assert_eq!(read, scanned, "{}", shown(line));
    }

    fn shown(line: &[&[u8]]) -> String {
        line.join(&b' ').escape_ascii().to_string()
    }

    #[test]
    fn clap_and_the_scanner_agree_on_every_line_of_the_twin_cases() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/twin");
        let mut checked = 0;
        for directory in ["cases", "changes", "events"] {
            for entry in fs::read_dir(format!("{root}/{directory}")).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_none_or(|ending| ending != "txt") {
                    continue;
                }
                let text = fs::read_to_string(path).unwrap();
                for line in text.lines().filter(|line| !line.starts_with(['#', '@'])) {
                    let words = words::split(line);
                    let words = words.iter().map(|word| word.as_bytes());
                    let words: Vec<&[u8]> = words.skip_while(|word| word[..1] == *b"[").collect();
                    check(&words);
                    checked += 1;
                }
            }
        }
        assert!(checked > 3000, "{checked}");
    }

    /// Letters, names, their beginnings, values good and bad, and words of no option.
    fn word() -> impl Strategy<Value = Vec<u8>> {
        let letters = "-[LDUEGIACFSVhXszdrqptueamifngoc bwlM]{1,3}[a-z0-9]{0,3}";
        let name = (
            0..OPTIONS.len(),
            0usize..12,
            prop::option::of("=[a-z0-9]{0,4}"),
        );
        let name = name.prop_map(|(place, length, value)| {
            let name = OPTIONS[place].names[0];
            let name = name.get(..length.max(2)).unwrap_or(name);
            format!("--{name}{}", value.unwrap_or_default())
        });
        let value =
            "(tcp|udp|icmp|10.0.0.1|::1|80|http|expect|dying|xml|ASSURED|!ASSURED|-1|--|list)";
        prop_oneof![
            letters.prop_map(String::into_bytes),
            name.prop_map(String::into_bytes),
            value.prop_map(String::into_bytes),
            prop::collection::vec(1u8.., 0..4),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn clap_and_the_scanner_agree_on_random_lines(
            command in "-[LDUEGIACFSVh]",
            place in 0usize..6,
            mut words in prop::collection::vec(word(), 0..6),
        ) {
            words.insert(place.min(words.len()), command.into_bytes());
            let line: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            check(&line);
        }
    }

    /// What a command line comes to.
    fn parsed(line: &str) -> String {
        let args = line.split(' ').map(OsString::from).collect();
        match parse(args, &mut Vec::new()) {
            Ok(Typed {
                netns: None,
                command,
            }) => format!("{command:?}"),
            Ok(typed) => format!("{typed:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn words_and_letters_come_to_the_same() {
        for (words, letters) in [
            ("list -p tcp --dport 80", "-L -p tcp --dport 80"),
            ("dump expect", "-L expect"),
            ("expect", "-X"),
            ("delete --prot udp -m 5/7", "-Dpudp -m5/7"),
            ("update -m 5 --label-d", "-m 5 --label-del -U"),
            ("event --event-mask NEW", "-E -e NEW"),
            ("count", "--counter"),
            ("version", "-V"),
        ] {
            assert_eq!(parsed(words), parsed(letters), "{words}");
        }
    }

    #[test]
    fn a_word_is_explained_where_it_is_asked_for() {
        for line in ["list --help", "list -p tcp -h", "help list"] {
            let shown = parsed(line);
            assert!(
                shown.starts_with("Help { text: \"List a table"),
                "{line}: {shown}"
            );
        }
        assert_eq!(parsed("help nonsense"), "unknown command `nonsense'");
        assert_eq!(
            parsed("list --timeout 5"),
            "Illegal option `--timeout' with this command"
        );
        assert_eq!(
            parsed("list --dprt 5"),
            "unknown option `--dprt'; did you mean `--dport'?"
        );
    }

    #[test]
    fn a_word_names_a_command_only_where_no_letter_does() {
        let words = |line: &str| {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let bytes: Vec<&[u8]> = args.iter().map(|word| word.as_bytes()).collect();
            let words = as_words(&args, Letters::new(&bytes))?;
            Some(words.join(OsStr::new(" ")).into_string().unwrap())
        };
        for (line, expected) in [
            ("list -p tcp", Some("list -p tcp")),
            ("list expect", Some("list expect")),
            ("expect", Some("list expect")),
            ("expect -o xml", Some("list expect -o xml")),
            ("expect delete -s 1.2.3.4", Some("delete expect -s 1.2.3.4")),
            ("list --help", Some("list --help")),
            ("list -L", None),
            ("list --dump", None),
            ("expect -D", None),
            ("-L list", None),
            ("foo list", None),
            ("foo", None),
        ] {
            assert_eq!(words(line).as_deref(), expected, "{line}");
        }
    }
}
