//! Words -> options: the habits of getopt_long, which scripts rely on and clap does not share.
//!
//! Options and other words may be mixed, letters bundle, values may be glued, a long name may be cut short, and some
//! options take the next word as a value only where it looks like one. Words that belong to no option are ignored.

use super::options::{OPTIONS, Opt, Spec, Takes, by_letter};
use crate::error::Usage;
use crate::flow::Protocol;
use std::borrow::Cow;

/// An option as it was typed.
#[derive(Debug)]
pub struct Occurrence<'a> {
    pub spec: &'static Spec,
    pub value: Option<Cow<'a, str>>,
    /// The word that an error about it names.
    pub word: &'a str,
}

/// Walks over a command line.
pub struct Words<'a> {
    args: &'a [&'a str],
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
    pub fn new(args: &'a [&'a str], posix: bool) -> Words<'a> {
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
    pub fn next(&mut self, known: &[&Protocol]) -> Result<Option<Occurrence<'a>>, Usage> {
        if let Some(letters) = self.bundle.take() {
            return self.letter(letters).map(Some);
        }
        while let Some(&word) = self.args.get(self.next) {
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

    fn long(
        &mut self,
        word: &'a str,
        long: &'a str,
        known: &[&Protocol],
    ) -> Result<Occurrence<'a>, Usage> {
        let (name, glued) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
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
        Ok(Occurrence::new(spec, value, word))
    }

    /// The first of the letters of a bundle; the word they stand in has been counted as read.
    fn letter(&mut self, letters: &'a str) -> Result<Occurrence<'a>, Usage> {
        let letter = letters.chars().next().unwrap_or_default();
        let rest = &letters[letter.len_utf8()..];
        let word = self.args[self.next - 1];
        let Some(spec) = by_letter(letter) else {
            let named = if rest.is_empty() { word } else { self.before() };
            return Err(Usage::UnknownOption(named.to_owned()));
        };
        let glued = (!rest.is_empty()).then_some(rest);
        let value = match (spec.takes, glued) {
            (Takes::Nothing | Takes::Table | Takes::PlainTable, Some(rest)) => {
                self.bundle = Some(rest);
                None
            }
            (Takes::Nothing, None) => None,
            (Takes::Value | Takes::Word, Some(value)) => Some(value),
            (Takes::Value, None) => Some(self.following(word)?),
            (Takes::Word | Takes::Table | Takes::PlainTable, None) => self.following_word(),
        };
        Ok(Occurrence::new(spec, value, word))
    }

    /// The next word, whatever it looks like.
    fn following(&mut self, option: &str) -> Result<&'a str, Usage> {
        let word = self.args.get(self.next);
        self.next += 1;
        word.copied()
            .ok_or_else(|| Usage::MissingArgument(option.to_owned()))
    }

    /// The next word, where it is no option.
    fn following_word(&mut self) -> Option<&'a str> {
        let word = self.args.get(self.next)?;
        if word.starts_with(['-', '!']) {
            return None;
        }
        self.next += 1;
        Some(word)
    }

    /// The word that getopt has before the one it looks at, once it has moved the ignored ones there.
    fn before(&self) -> &'a str {
        let previous = || self.args.get(self.next.wrapping_sub(2)).copied();
        self.ignored.or_else(previous).unwrap_or("conntrack")
    }
}

impl<'a> Occurrence<'a> {
    fn new(spec: &'static Spec, value: Option<&'a str>, word: &'a str) -> Occurrence<'a> {
        Occurrence {
            spec,
            value: value.map(Cow::Borrowed),
            word,
        }
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

/// The option of exactly that name, or else the one of which it is a beginning.
fn matching(name: &str, among: impl Fn(&Spec) -> bool) -> Match {
    let named = |spec: &&Spec| spec.names.contains(&name) && among(spec);
    if let Some(spec) = OPTIONS.iter().find(named) {
        return Match::One(spec);
    }
    let begins = |spec: &&Spec| spec.names.iter().any(|full| full.starts_with(name));
    let mut begun = OPTIONS
        .iter()
        .filter(|spec| spec.option != Opt::Expect && begins(spec) && among(spec));
    match (begun.next(), begun.next()) {
        (Some(spec), None) => Match::One(spec),
        (Some(_), Some(_)) => Match::Several,
        (None, _) => Match::None,
    }
}
