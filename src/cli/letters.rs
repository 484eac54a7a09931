//! Words -> options: the habits of getopt_long, which scripts rely on and clap does not share.
//!
//! Options and other words may be mixed, letters bundle, values may be glued, a long name may be cut short, and some
//! options take the next word as a value only where it looks like one. Words that belong to no option are ignored.
//! getopt knows bytes, not characters.

use super::line;
use super::line::{Occurrence, Spec, Takes};
use super::opt::{Opt, OptSet};
use super::options::{self, OPTIONS};
use super::protocols::ProtocolSet;
use crate::error::Usage;
use crate::flow::protocol;
use crate::names;
use crate::task::Table;

/// What getopt calls the word before the first.
const PROGRAM: &[u8] = b"conntrack";

/// Options whose value is a target of NAT, which may be left out.
const NAT: OptSet = OptSet::of(&[Opt::SrcNat, Opt::DstNat, Opt::AnyNat]);

/// Walks over the words of a line. The first error ends it.
#[derive(Clone)]
pub struct Letters<'s, 'a> {
    words: &'s [&'a [u8]],
    /// The word that is looked at next.
    next: usize,
    /// Letters of a bundle that are still to be looked at.
    bundle: Option<&'a [u8]>,
    /// The last word that was passed over. getopt moves those behind the options, which shows in its errors.
    ignored: Option<&'a [u8]>,
    /// The protocols that were named so far: the names of their options count when a long name is cut short.
    known: ProtocolSet,
    ended: bool,
}

impl<'s, 'a> Letters<'s, 'a> {
    /// `words` is the command line without the program's name.
    pub fn new(words: &'s [&'a [u8]]) -> Letters<'s, 'a> {
        Letters {
            words,
            next: 0,
            bundle: None,
            ignored: None,
            known: ProtocolSet::default(),
            ended: false,
        }
    }

    fn advance(&mut self) -> Result<Option<Occurrence<'a>>, Usage> {
        if let Some(letters) = self.bundle.take() {
            return self.letter(letters).map(Some);
        }
        while let Some(&word) = self.words.get(self.next) {
            if let [b'-', b'-'] = word {
                break;
            }
            self.next += 1;
            match word {
                [b'-', b'-', long @ ..] => return self.long(word, long).map(Some),
                [b'-', letters @ ..] if !letters.is_empty() => {
                    return self.letter(letters).map(Some);
                }
                _ => self.ignored = Some(word),
            }
        }
        Ok(None)
    }

    fn long(&mut self, word: &'a [u8], long: &'a [u8]) -> Result<Occurrence<'a>, Usage> {
        let mut halves = long.splitn(2, |byte| *byte == b'=');
        let (name, glued) = (halves.next().unwrap_or_default(), halves.next());
        let unknown = || Usage::UnknownOption(word.into());
        let spec = find(name, &self.known).ok_or_else(unknown)?;
        let value = match (spec.takes, glued) {
            (Takes::Nothing | Takes::PlainTable, Some(_)) => return Err(unknown()),
            (Takes::Nothing, None) => None,
            (Takes::Value, None) => Some(self.following(word)?),
            (Takes::Value | Takes::Word | Takes::Table | Takes::GluedTable, Some(_)) => glued,
            (_, None) => self.following_word(spec)?,
        };
        Ok(Occurrence { spec, value, word })
    }

    /// The first of the letters of a bundle; the word they stand in has been counted as read.
    fn letter(&mut self, letters: &'a [u8]) -> Result<Occurrence<'a>, Usage> {
        let word = self.words[self.next - 1];
        let (letter, rest) = letters.split_first().unwrap_or((&0, &[]));
        let Some(spec) = options::by_letter(*letter) else {
            let named = if rest.is_empty() { word } else { self.before() };
            return Err(Usage::UnknownOption(named.into()));
        };
        let value = match (spec.takes, rest.is_empty()) {
            (Takes::Nothing | Takes::Table | Takes::PlainTable, false) => {
                self.bundle = Some(rest);
                None
            }
            (Takes::Value | Takes::Word, false) => Some(rest),
            (Takes::GluedTable, false) => Some(rest).filter(|rest| names_expectations(rest)),
            (Takes::Nothing, true) => None,
            (Takes::Value, true) => Some(self.following(word)?),
            (_, true) => self.following_word(spec)?,
        };
        Ok(Occurrence { spec, value, word })
    }

    /// The next word, whatever it looks like.
    fn following(&mut self, option: &[u8]) -> Result<&'a [u8], Usage> {
        let word = self.words.get(self.next).copied();
        self.next += 1;
        word.ok_or_else(|| Usage::MissingArgument(option.into()))
    }

    /// The next word, where it is no option. 1.4.9 passes over one that begins with `!`, and so takes a target of NAT that
    /// flows must not have for any at all.
    fn following_word(&mut self, spec: &Spec) -> Result<Option<&'a [u8]>, Usage> {
        let Some(&word) = self.words.get(self.next) else {
            return Ok(None);
        };
        match word.first() {
            Some(b'!') if NAT.has(spec.option) => Err(Usage::OneValue(spec.name(), word.into())),
            Some(b'-' | b'!') => Ok(None),
            _ => {
                self.next += 1;
                Ok(Some(word))
            }
        }
    }

    /// The word that getopt has before the one it looks at, once it has moved the ignored ones there.
    fn before(&self) -> &'a [u8] {
        let previous = || self.words.get(self.next.wrapping_sub(2)).copied();
        self.ignored.or_else(previous).unwrap_or(PROGRAM)
    }
}

impl<'a> Iterator for Letters<'_, 'a> {
    type Item = Result<Occurrence<'a>, Usage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let advanced = self.advance();
        self.ended = !matches!(advanced, Ok(Some(_)));
        if let Ok(Some(occurrence)) = &advanced {
            if occurrence.spec.option == Opt::Protonum {
                let number = occurrence.value.and_then(names::protocol);
                if let Some(protocol) = number.and_then(protocol::by_number) {
                    self.known.insert(protocol);
                }
            }
        }
        advanced.transpose()
    }
}

/// Whether text glued to a letter is the table of expectations.
fn names_expectations(text: &[u8]) -> bool {
    matches!(line::table(text), Ok(Table::Expect))
}

/// The option of a long name or of an unambiguous beginning of one. What is unknown without a protocol may be an option
/// of one that is named later or not at all.
fn find(name: &[u8], known: &ProtocolSet) -> Option<&'static Spec> {
    let is_known = |spec: &Spec| spec.protocols.is_empty() || known.owns(spec.protocols);
    if let Some(spec) = options::by_name(name) {
        return Some(spec);
    }
    let begun = |wanted: bool| {
        let begins = |full: &&str| full.as_bytes().starts_with(name);
        let mut begun = OPTIONS.iter().filter(move |spec| {
            let may_be_cut = !spec.whole && spec.option != Opt::Expect;
            may_be_cut && spec.names.iter().any(begins) && is_known(spec) == wanted
        });
        (begun.next(), begun.next())
    };
    match begun(true) {
        (Some(spec), None) => Some(spec),
        (Some(_), Some(_)) => None,
        (None, _) => match begun(false) {
            (Some(spec), None) => Some(spec),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line is read as: `name`, or `name=value`; an error ends it.
    fn read(line: &[&str]) -> Vec<String> {
        let words: Vec<&[u8]> = line.iter().map(|word| word.as_bytes()).collect();
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let show = |read: Result<Occurrence, Usage>| match read {
            Ok(Occurrence { spec, value, .. }) => match value {
                Some(value) => format!("{}={}", spec.name(), text(value)),
                None => spec.name().to_owned(),
            },
            Err(error) => error.to_string(),
        };
        Letters::new(&words).map(show).collect()
    }

    #[test]
    fn letters_bundle_and_values_are_glued_or_follow() {
        for (line, read_as) in [
            (&["-L"][..], &["dump"][..]),
            (&["-Lp", "tcp"], &["dump", "protonum=tcp"]),
            (&["-Lptcp"], &["dump", "protonum=tcp"]),
            (&["-Lz", "-oxml"], &["dump", "zero", "output=xml"]),
            (&["-L", "expect"], &["dump=expect"]),
            (&["-L", "-n", "1.2.3.4"], &["dump", "src-nat=1.2.3.4"]),
            (
                &["-L", "-n", "-p", "tcp"],
                &["dump", "src-nat", "protonum=tcp"],
            ),
            (&["-n1.2.3.4"], &["src-nat=1.2.3.4"]),
            (
                &["-L", "-n", "!1.2.3.4"],
                &["dump", "`--src-nat' takes one value, not `!1.2.3.4'"],
            ),
            (&["-L", "!1.2.3.4"], &["dump"]),
            (&["-L", "-n", ""], &["dump", "src-nat="]),
            (&["-p", "-L"], &["protonum=-L"]),
            (&["-C", "expect"], &["count=expect"]),
            (&["-Cexpect"], &["count=expect"]),
            (&["-Cz", "expect"], &["count"]),
            (&["-Cdying"], &["count"]),
            (&["-Lexpect"], &["dump", "event-mask=xpect"]),
        ] {
            assert_eq!(read(line), read_as, "{line:?}");
        }
    }

    #[test]
    fn long_names_may_be_cut_short_and_take_a_value_behind_an_equals_sign() {
        for (line, read_as) in [
            (
                &["--dump", "--proto=tcp"][..],
                &["dump", "protonum=tcp"][..],
            ),
            (&["--dump=expect"], &["dump=expect"]),
            (&["--src", "1.2.3.4"], &["src=1.2.3.4"]),
            (&["--orig-port-dst", "80"], &["dport=80"]),
            (&["--dport="], &["dport="]),
            (&["--sp", "80"], &["sport=80"]),
            (&["--ignore"], &["unknown option `--ignore'"]),
            (&["--ignore-missing"], &["ignore-missing"]),
            (&["--exp"], &["unknown option `--exp'"]),
            (&["--expect"], &["expect"]),
            (&["--reply", "1"], &["unknown option `--reply'"]),
            (&["--zero=1"], &["unknown option `--zero=1'"]),
            (&["--src"], &["option `--src' requires an argument"]),
        ] {
            assert_eq!(read(line), read_as, "{line:?}");
        }
    }

    #[test]
    fn words_of_no_option_are_ignored_and_show_in_errors() {
        for (line, read_as) in [
            (&["list", "-L"][..], &["dump"][..]),
            (&["-p", "tcp", "list", "-L"], &["protonum=tcp", "dump"]),
            (&["-L", "--", "-D"], &["dump"]),
            (&["-L", "-", "-z"], &["dump", "zero"]),
            (
                &["-L", "expect", "-p", "tcp", "-kx"],
                &["dump=expect", "protonum=tcp", "unknown option `tcp'"],
            ),
            (&["-L", "-k"], &["dump", "unknown option `-k'"]),
            (&["-L", "-kx"], &["dump", "unknown option `-L'"]),
            (&["-kx"], &["unknown option `conntrack'"]),
            (&["word", "-kx"], &["unknown option `word'"]),
            (&["-L", "-é"], &["dump", "unknown option `-L'"]),
            (&["-Lé"], &["dump", "unknown option `conntrack'"]),
        ] {
            assert_eq!(read(line), read_as, "{line:?}");
        }
    }

    #[test]
    fn a_beginning_counts_among_the_options_of_known_protocols_first() {
        for (line, read_as) in [
            (&["-p", "tcp", "--mask-port-s", "1"][..], "mask-port-src=1"),
            (&["-p", "icmp", "--icmp-t", "8"], "icmp-type=8"),
            (&["--icmp-t", "8"], "icmp-type=8"),
            (&["-p", "gre", "--srck", "1"], "srckey=1"),
        ] {
            assert_eq!(
                read(line).last().map(String::as_str),
                Some(read_as),
                "{line:?}"
            );
        }
    }
}
