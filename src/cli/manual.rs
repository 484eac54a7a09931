//! What the manual says of options, beside the tables.

use super::commands::COMMANDS;
use super::line::{CommandSpec, Reads, Rule, Spec, Takes, table};
use super::options::{self, OPTIONS};
use std::collections::BTreeSet;

const MANUAL: &str = include_str!("../../man/conntrack.8");

/// All that is typed for an option, sorted, and what its value is called.
type Heading = (BTreeSet<String>, String);

/// What stands between two lines of the manual.
fn between(first: &str, last: &str) -> &'static str {
    let (_, behind) = MANUAL.split_once(&format!("\n{first}\n")).unwrap();
    behind.split_once(&format!("\n{last}\n")).unwrap().0
}

/// What a line in bold says.
fn bold(line: &str) -> String {
    let bold = line.strip_prefix(".BR ").or(line.strip_prefix(".B "));
    unescaped(&bold.unwrap_or_default().replace('"', " "))
}

fn unescaped(line: &str) -> String {
    let line = ["\\fB", "\\fI", "\\fR", "\\\n"]
        .iter()
        .fold(line.to_owned(), |line, escape| line.replace(escape, ""));
    line.replace("\\-", "-")
}

/// `-s, --src ADDRESS, -d, --dst ADDRESS` has two options: the name before a value is the last of one.
fn headings(line: &str) -> Vec<Heading> {
    let mut found = vec![Heading::default()];
    for part in line.split(", ") {
        let (name, value) = part.split_once(' ').unwrap_or((part, ""));
        let last = found.len() - 1;
        found[last].0.insert(name.to_owned());
        if !value.is_empty() {
            found[last].1 = value.to_owned();
            found.push(Heading::default());
        }
    }
    found.retain(|(names, _)| !names.is_empty());
    found
}

fn heading_of(spec: &Spec) -> Heading {
    let letter = spec.letter.filter(u8::is_ascii_alphabetic);
    let letter = letter.map(|letter| format!("-{}", char::from(letter)));
    let names = spec.names.iter().map(|name| format!("--{name}"));
    let value = spec.value.replace('…', "...");
    let value = match (spec.reads, spec.takes) {
        (Reads::Command(_), _) => String::new(),
        (_, Takes::Word) => format!("[{value}]"),
        _ => value,
    };
    (letter.into_iter().chain(names).collect(), value)
}

#[test]
fn the_manual_has_every_option_with_its_names_and_its_value_and_no_other() {
    let commands = between(".SH COMMANDS", ".SH TABLES");
    let options = between(".SH OPTIONS", ".SS Which option goes with which command");
    let of_protocols = between(".SH PROTOCOL OPTIONS", ".SH OUTPUT");
    let all = [commands, options, of_protocols].join("\n");
    let all = all.replace("\\\n", "").replace(".PD 0\n", "");
    let titles = all
        .split(".TP\n")
        .skip(1)
        .filter_map(|entry| entry.lines().next());
    let titles = titles.map(|title| unescaped(title.trim_start_matches(".B ")));
    // A load file is no option, and words are those of the commands.
    let titles = titles.filter(|title| title.starts_with('-') && !title.starts_with("-R "));
    let titles = titles.map(|title| title.split(" (").next().unwrap().to_owned());
    let mut said: Vec<Heading> = titles.flat_map(|title| headings(&title)).collect();
    let mut known: Vec<Heading> = OPTIONS.iter().map(heading_of).collect();
    said.sort();
    known.sort();
    assert_eq!(said, known);
}

#[test]
fn the_manual_has_the_words_of_every_command() {
    let commands = unescaped(between(".SH COMMANDS", ".SH TABLES"));
    for command in COMMANDS {
        let letter = format!("\n-{}", char::from(command.letter));
        let titles = || commands.lines().map(|line| format!("\n{line}"));
        let title = titles().find(|line| line.starts_with(&letter)).unwrap();
        let (_, words) = title.split_once('(').unwrap();
        let words = words.trim_end_matches(')').replace(" FILE", "");
        assert_eq!(words, command.words.join(", "));
    }
}

/// What 1.4.9 takes with a command; the manual says of each option that is ours where it belongs.
#[test]
fn the_manual_says_which_option_goes_with_which_command() {
    let list = between(
        ".SS Which option goes with which command",
        ".SH PROTOCOL OPTIONS",
    );
    let mut commands = 0;
    for entry in list.split(".TP\n").skip(1) {
        let (title, lines) = entry.split_once('\n').unwrap();
        let lines: String = lines.lines().map(|line| bold(line) + " ").collect();
        let words = lines
            .split_whitespace()
            .filter(|word| word.starts_with('-'));
        let ours = |word: &str| OPTIONS.iter().any(|spec| spec.whole && short(spec) == word);
        let said: BTreeSet<String> = words
            .filter(|word| !ours(word))
            .map(str::to_owned)
            .collect();
        for title in bold(title).split(',') {
            assert_eq!(said, taken(rule_of(title)), "{title}");
            commands += 1;
        }
    }
    assert_eq!(commands, 13);
}

/// The rule of a command and a table.
fn rule_of(title: &str) -> &'static Rule {
    let mut words = title.split_whitespace();
    let letter = words.next().unwrap();
    let is_it = |command: &&CommandSpec| letter == format!("-{}", char::from(command.letter));
    let command = COMMANDS.into_iter().find(is_it).unwrap();
    let named = words.next().map(|word| table(word.as_bytes()).unwrap());
    command.rule(named.unwrap_or_default())
}

/// What is 1.4.9's of the options that a command takes.
fn taken(rule: &Rule) -> BTreeSet<String> {
    let theirs = options::general().filter(|spec| !spec.whole);
    theirs
        .filter(|spec| rule.allowed().has(spec.option) && !rule.shows_plan.has(spec.option))
        .map(short)
        .collect()
}

/// As what the manual's lists have an option.
fn short(spec: &Spec) -> String {
    match spec.letter.filter(u8::is_ascii_alphabetic) {
        Some(letter) => format!("-{}", char::from(letter)),
        None => format!("--{}", spec.name()),
    }
}
