//! What an option and a command are: the rows of the tables.

use super::line::Line;
use super::opt::{Opt, OptSet};
use crate::command::Command;
use crate::error::Error;
use crate::field::{Field, Kind};
use crate::flow::{Part, Protocol};
use crate::task::{Table, Verb};

/// An option: how it is written, what it takes and how that is read.
pub struct Spec {
    pub option: Opt,
    pub letter: Option<u8>,
    /// Long names, of which messages use the first.
    pub names: &'static [&'static str],
    /// Whether they must be typed in full, so that an option which 1.4.9 lacks makes no beginning of another ambiguous.
    pub whole: bool,
    /// Whether a filter takes more than one value: lists, ranges, and what must not be.
    pub many: bool,
    pub takes: Takes,
    /// What the help calls the value.
    pub value: &'static str,
    pub reads: Reads,
    /// The protocols that have it; empty where it belongs to none.
    pub protocols: &'static [&'static Protocol],
    pub help: &'static str,
}

/// Whether a value follows an option, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    /// A value, glued or as the next word, whatever that looks like.
    Value,
    /// Perhaps a value: glued, or the next word where that begins neither with `-` nor with `!`.
    Word,
    /// Perhaps a table: as [`Takes::Word`], but a letter's glued text is a bundle of further letters.
    Table,
    /// The same, but without `=`.
    PlainTable,
    /// The same as [`Takes::Table`], but glued text is a table where it names one, and else ignored.
    GluedTable,
}

/// How the value of an option is read.
#[derive(Clone, Copy)]
pub enum Reads {
    Command(&'static CommandSpec),
    /// A number of a field: a test of it where the command selects by it, and its value where the command sets it.
    Field(&'static Field),
    /// A number of the tuple that is expected.
    Expected(Kind, Part),
    /// Which bits of it count.
    Mask(Kind, Part),
    With(for<'l, 'a> fn(&'l mut Line<'a>, Option<&'a [u8]>) -> Result<(), Error>),
}

/// A command: how it is written, and what it does to each kind of entries.
pub struct CommandSpec {
    pub verb: Verb,
    pub letter: u8,
    /// Long names.
    pub names: &'static [&'static str],
    /// As which it may also be written in the first place; the first is its name.
    pub words: &'static [&'static str],
    pub takes: Takes,
    pub help: &'static str,
    pub examples: &'static [&'static str],
    pub flows: Rule,
    /// None where it has nothing to do with expectations.
    pub expectations: Option<Rule>,
}

/// Which options go with a command. Whatever is in no set is illegal.
pub struct Rule {
    /// Without these it makes no sense; an option of a protocol is needed only where that is the protocol.
    pub needs: OptSet,
    /// These say which flows are meant.
    pub selects: OptSet,
    /// These say what flows are to be.
    pub sets: OptSet,
    /// These say how it is done and shown.
    pub takes: OptSet,
    /// These say how it is shown what would be done, so they go only with `--dry-run`.
    pub shows_plan: OptSet,
    /// None where the answer is the help.
    pub build: Option<Build>,
}

/// Makes a command of a line whose options go together.
pub type Build = fn(Line) -> Result<Box<dyn Command>, Error>;

/// An option as it was typed.
#[derive(Clone, Copy)]
pub struct Occurrence<'a> {
    pub spec: &'static Spec,
    pub value: Option<&'a [u8]>,
    /// The word that an error about it names.
    pub word: &'a [u8],
}

impl Spec {
    pub fn name(&self) -> &'static str {
        self.names[0]
    }

    /// The letter of an option that has one, for messages.
    pub fn char(&self) -> char {
        self.letter.map_or('?', char::from)
    }
}

/// Two options are the same where they are one entry of the table.
impl PartialEq for Spec {
    fn eq(&self, other: &Spec) -> bool {
        std::ptr::eq(self, other)
    }
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl CommandSpec {
    pub fn word(&self) -> &'static str {
        self.words[0]
    }

    pub fn rule(&'static self, table: Table) -> &'static Rule {
        match (table, &self.expectations) {
            (Table::Expect, Some(rule)) => rule,
            _ => &self.flows,
        }
    }

    /// Whether an option goes with it, on any table.
    pub fn allows(&self, option: Opt) -> bool {
        let expectations = self.expectations.as_ref();
        let allows = |option| {
            self.flows.allows(option) || expectations.is_some_and(|rule| rule.allows(option))
        };
        allows(option) || option == Opt::Output && allows(Opt::AddedOutput)
    }
}

impl Rule {
    /// Whether an option says which flows are meant and nothing else, so that it may name several values.
    pub fn only_selects(&self, option: Opt) -> bool {
        self.selects.has(option) && !self.sets.has(option)
    }

    /// Whether an option goes with it as this line has it: where nothing is shown that 1.4.9 has formats for, `-o` names one
    /// of ours.
    pub fn allows_in(&self, line: &Line, option: Opt) -> bool {
        let added = option == Opt::Output && line.style_added.is_some();
        self.allows(option) || added && self.allows(Opt::AddedOutput)
    }

    pub fn allows(&self, option: Opt) -> bool {
        let sets = [
            self.needs,
            self.selects,
            self.sets,
            self.takes,
            self.shows_plan,
        ];
        sets.iter().any(|set| set.has(option))
    }
}
