//! Words -> options: the habits of getopt_long, which scripts rely on and clap does not share.
//!
//! Options and other words may be mixed, letters bundle, values may be glued, a long name may be cut short, and some
//! options take the next word as a value only where it looks like one. Words that belong to no option are ignored.

use super::options::{OPTIONS, Opt, Spec, Takes, by_letter};
use crate::error::Usage;
use crate::flow::Protocol;

/// An option as it was typed.
#[derive(Debug)]
pub struct Occurrence {
    pub spec: &'static Spec,
    pub value: Option<String>,
    /// The word that an error about it names.
    pub word: String,
}

/// Walks over a command line.
pub struct Words<'a> {
    args: &'a [String],
    /// The word that is looked at next.
    next: usize,
    /// Letters of a bundle that are still to be looked at.
    bundle: Option<&'a str>,
    /// The last word that was passed over. getopt moves those behind the options, which shows in its errors.
    ignored: Option<&'a str>,
    /// POSIX wants the first word that is no option to end them.
    posix: bool,
}

impl<'a> Words<'a> {
    /// `args` is the command line without the program's name.
    pub fn new(args: &'a [String], posix: bool) -> Words<'a> {
        Words {
            args,
            next: 0,
            bundle: None,
            ignored: None,
            posix,
        }
    }

    /// The next option. `known` are the protocols that were named so far: the names of their options count when a long
    /// name is cut short. Another protocol's name is understood as well, for people type `--dport` before `-p`.
    pub fn next(&mut self, known: &[&Protocol]) -> Result<Option<Occurrence>, Usage> {
        if let Some(letters) = self.bundle.take() {
            return self.letter(letters).map(Some);
        }
        while let Some(word) = self.args.get(self.next) {
            if word == "--" {
                break;
            }
            self.next += 1;
            if let Some(long) = word.strip_prefix("--") {
                return self.long(word, long, known).map(Some);
            }
            match word.strip_prefix('-') {
                Some(letters) if !letters.is_empty() => return self.letter(letters).map(Some),
                _ if self.posix => break,
                _ => self.ignored = Some(word),
            }
        }
        Ok(None)
    }

    fn long(&mut self, word: &str, long: &str, known: &[&Protocol]) -> Result<Occurrence, Usage> {
        let (name, glued) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (long, None),
        };
        let unknown = || Usage::UnknownOption(word.to_owned());
        let spec = find(name, known).ok_or_else(unknown)?;
        let value = match (spec.takes, glued) {
            (Takes::Nothing | Takes::PlainTable, Some(_)) => return Err(unknown()),
            (Takes::Nothing, None) => None,
            (Takes::Value, None) => Some(self.following(word)?),
            (Takes::Word | Takes::Table | Takes::PlainTable, None) => self.following_word(),
            (_, glued) => glued,
        };
        Ok(Occurrence {
            spec,
            value,
            word: word.to_owned(),
        })
    }

    /// The first of the letters of a bundle; the word they stand in has been counted as read.
    fn letter(&mut self, letters: &'a str) -> Result<Occurrence, Usage> {
        let letter = letters.chars().next().unwrap_or_default();
        let rest = &letters[letter.len_utf8()..];
        let word = self.args[self.next - 1].clone();
        let Some(spec) = by_letter(letter) else {
            return Err(Usage::UnknownOption(if rest.is_empty() {
                word
            } else {
                self.before()
            }));
        };
        let glued = (!rest.is_empty()).then_some(rest);
        let value = match (spec.takes, glued) {
            (Takes::Nothing | Takes::Table | Takes::PlainTable, Some(rest)) => {
                self.bundle = Some(rest);
                None
            }
            (Takes::Nothing, None) => None,
            (Takes::Value | Takes::Word, Some(value)) => Some(value.to_owned()),
            (Takes::Value, None) => Some(self.following(&word)?),
            (Takes::Word | Takes::Table | Takes::PlainTable, None) => self.following_word(),
        };
        Ok(Occurrence { spec, value, word })
    }

    /// The next word, whatever it looks like.
    fn following(&mut self, option: &str) -> Result<String, Usage> {
        let word = self.args.get(self.next);
        let word = word.ok_or_else(|| Usage::MissingArgument(option.to_owned()))?;
        self.next += 1;
        Ok(word.clone())
    }

    /// The next word, where it is no option.
    fn following_word(&mut self) -> Option<String> {
        let word = self
            .args
            .get(self.next)
            .filter(|word| !word.starts_with(['-', '!']))?;
        self.next += 1;
        Some(word.clone())
    }

    /// The word that getopt has before the one it looks at, once it has moved the ignored ones there.
    fn before(&self) -> String {
        let previous = || self.args.get(self.next.wrapping_sub(2)).map(String::as_str);
        self.ignored
            .or_else(previous)
            .unwrap_or("conntrack")
            .to_owned()
    }
}

/// The option of a long name or of an unambiguous beginning of one. What is unknown without a protocol may be an option
/// of one that is named later or not at all.
fn find(name: &str, known: &[&Protocol]) -> Option<&'static Spec> {
    let is_known = |spec: &Spec| {
        spec.protocols.is_empty() || spec.protocols.iter().any(|of| known.contains(of))
    };
    match matching(name, is_known) {
        Match::One(spec) => Some(spec),
        Match::Several => None,
        Match::None => match matching(name, |spec| !is_known(spec)) {
            Match::One(spec) => Some(spec),
            Match::Several | Match::None => None,
        },
    }
}

enum Match {
    One(&'static Spec),
    Several,
    None,
}

fn matching(name: &str, among: impl Fn(&Spec) -> bool) -> Match {
    let mut found = Match::None;
    for spec in OPTIONS.iter().filter(|spec| among(spec)) {
        if spec.names.contains(&name) {
            return Match::One(spec);
        }
        if spec.option != Opt::Expect && spec.names.iter().any(|full| full.starts_with(name)) {
            found = match found {
                Match::None => Match::One(spec),
                Match::One(_) | Match::Several => Match::Several,
            };
        }
    }
    found
}
