//! What an option and a command are, and what a line of them comes to.

use super::lists::StatusList;
use super::opt::{Opt, OptSet};
use super::protocols::ProtocolSet;
use crate::command::Command;
use crate::error::{Error, Usage};
use crate::field::{Field, Kind};
use crate::filter::Filter;
use crate::flow::protocol;
use crate::flow::{Endpoint, Event, Family, Flow, LabelMap, MaskedMark, Part, Protocol, Tuple};
use crate::format::{Columns, Style};
use crate::task::{Table, Verb};
use crate::text::Text;
use std::sync::Arc;

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

/// A command line, read from left to right.
#[derive(Default)]
pub struct Line<'a> {
    pub command: Option<(&'static CommandSpec, Table)>,
    /// What the first command says of options, also while the command itself is still to be read.
    pub roles: Option<&'static Rule>,
    /// Whether `-X` was given.
    pub expect: bool,
    /// Every option that was given.
    pub given: OptSet,
    /// Those of protocols, in the order in which they were given, with their words.
    pub of_protocols: Vec<(&'static Spec, &'a [u8])>,
    /// The protocols of every `-p` so far, of which the last counts.
    pub protocols: ProtocolSet,
    pub protocol: Option<u8>,
    pub family: Option<Family>,
    /// Those of a `-p` that names several.
    pub several_protocols: Vec<u8>,
    /// The masks that a prefix length has set.
    pub masks_of_prefixes: OptSet,
    /// The options whose last value was more than one.
    pub lists: OptSet,
    /// What fields are tested for, with the option that says so.
    tests: Vec<(Opt, Filter)>,
    /// What a flow is named by, or is to be.
    pub flow: Flow<'static>,
    /// The tuple of an expectation.
    pub expected: Tuple,
    /// Which bits of tuples count.
    pub mask: Tuple,
    pub status: StatusList,
    pub mark: Option<MaskedMark>,
    /// Without address and port where any NAT is meant.
    pub src_nat: Option<Endpoint>,
    pub dst_nat: Option<Endpoint>,
    pub any_nat: Option<Endpoint>,
    pub style: Option<&'static dyn Style>,
    pub style_alone: Option<&'static dyn Style>,
    /// A style that 1.4.9 lacks.
    pub style_added: Option<&'static dyn Style>,
    /// Whether `-o` has named anything else.
    pub output_known: bool,
    pub columns: Columns,
    pub listing: Listing<'a>,
    /// None where all are wanted.
    pub events: Vec<Event>,
    /// Bytes.
    pub buffer_size: Option<usize>,
    /// In the order in which they were given, with their option.
    pub labels: Vec<(Opt, &'a [u8])>,
    pub labelmap: Option<&'a [u8]>,
    /// The network namespace to work in.
    pub netns: Option<&'a [u8]>,
    /// What is to be written that is no answer of the kernel.
    pub generate: Option<&'a [u8]>,
    /// The names of labels, once they are looked up.
    pub map: Option<Arc<LabelMap>>,
    /// The bits of [`Line::labels`].
    pub label_bits: Vec<(Opt, u16)>,
    /// The first number that is none or out of range. It is an error only of a command line that is right otherwise, for
    /// the reference takes whatever stands there.
    pub bad_number: Option<Usage>,
    /// Lines for standard error.
    pub warnings: Vec<String>,
}

/// What was typed of what `-L` makes of flows. What a name means depends on what else there is, so it is looked up once all is
/// read.
#[derive(Debug, Default)]
pub struct Listing<'a> {
    pub count_by: Option<&'a [u8]>,
    pub columns: Option<&'a [u8]>,
    pub sort_by: Option<&'a [u8]>,
    pub top: Option<&'a [u8]>,
    /// Whether `-o table` was given.
    pub table: bool,
    /// Whether `-o` named anything else.
    pub rows: bool,
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
        let of_expectations = expectations.map_or(OptSet::NONE, Rule::allowed);
        let allowed = self.flows.allowed().union(of_expectations);
        allowed.has(option) || option == Opt::Output && allowed.has(Opt::AddedOutput)
    }
}

impl Rule {
    /// Whether an option says which flows are meant and nothing else, so that it may name several values.
    pub fn only_selects(&self, option: Opt) -> bool {
        self.selects.has(option) && !self.sets.has(option)
    }

    /// What goes with it as this line has it: where nothing is shown that 1.4.9 has formats for, `-o` names one of ours.
    pub fn allowed_in(&self, line: &Line) -> OptSet {
        let mut allowed = self.allowed();
        if line.style_added.is_some() && allowed.has(Opt::AddedOutput) {
            allowed.insert(Opt::Output);
        }
        allowed
    }

    pub fn allowed(&self) -> OptSet {
        let sets = [self.selects, self.sets, self.takes, self.shows_plan];
        sets.into_iter().fold(self.needs, OptSet::union)
    }
}

impl<'a> Line<'a> {
    /// A line whose first command is known already, so that each option is read for its role there.
    pub fn of(roles: Option<&'static Rule>) -> Line<'a> {
        Line {
            roles,
            ..Line::default()
        }
    }

    pub fn has(&self, option: Opt) -> bool {
        self.given.has(option)
    }

    /// With `-X` the command is on the expectation table.
    pub fn settle_table(&mut self) -> Result<(), Usage> {
        if let (true, Some((command, table))) = (self.expect, &mut self.command) {
            *table = Table::Expect;
            check_table(command, Table::Expect)?;
        }
        Ok(())
    }

    pub fn verb(&self) -> Option<Verb> {
        self.command.map(|(command, _)| command.verb)
    }

    pub fn rule(&self) -> Option<&'static Rule> {
        self.command.map(|(command, table)| command.rule(table))
    }

    /// Makes this what an option asks of flows, in place of what it asked before.
    pub fn select(&mut self, option: Opt, filter: impl FnOnce() -> Filter) {
        if self.roles.is_some_and(|rule| rule.selects.has(option)) {
            self.tests.retain(|(of, _)| *of != option);
            self.tests.push((option, filter()));
        }
    }

    /// Whether an option only chooses flows here, so that it may name several values.
    pub fn may_be_many(&self, option: Opt) -> bool {
        let only_selects = |rule: &Rule| rule.selects.has(option) && !rule.sets.has(option);
        self.roles.is_some_and(only_selects)
    }

    /// The same as [`Line::select`], for a value that may be several.
    pub fn select_many(&mut self, option: Opt, filter: impl FnOnce() -> Filter) {
        self.lists.insert(option);
        self.select(option, filter);
    }

    /// The value of an option is a single one, whatever it was before.
    pub fn select_one(&mut self, option: Opt) {
        self.lists.remove(option);
        self.tests.retain(|(of, _)| *of != option);
    }

    /// The style that `-o` names, if it names one.
    pub fn style(&self) -> Option<&'static dyn Style> {
        self.style_added.or(self.style_alone).or(self.style)
    }

    /// What all options ask of flows.
    pub fn take_tests(&mut self) -> impl Iterator<Item = Filter> {
        let tests = std::mem::take(&mut self.tests);
        tests.into_iter().map(|(_, filter)| filter)
    }

    /// The bits of the labels that an option names.
    pub fn label_bits(&self, option: Opt) -> Vec<u16> {
        let named = self.label_bits.iter().filter(|(of, _)| *of == option);
        named.map(|(_, bit)| *bit).collect()
    }

    /// Keeps the first error of a number for later.
    pub fn later<T>(&mut self, number: Result<T, Usage>) -> Option<T> {
        number
            .map_err(|error| self.bad_number.get_or_insert(error))
            .ok()
    }

    /// The first of `-f` and the addresses fixes the family.
    pub fn fix_family(&mut self, family: Family) -> Result<(), Usage> {
        match self.family.replace(family) {
            Some(before) if before != family => Err(Usage::MismatchedFamily),
            _ => Ok(()),
        }
    }

    /// Several protocols, which may have options that they do not share.
    pub fn set_protocols(&mut self, numbers: Vec<u8>) {
        self.protocol = None;
        let named = numbers.iter().copied().filter_map(protocol::by_number);
        named.for_each(|protocol| self.protocols.insert(protocol));
        self.several_protocols = numbers;
    }

    pub fn set_protocol(&mut self, number: u8) -> Result<(), Usage> {
        self.protocol = Some(number);
        self.several_protocols.clear();
        self.select_one(Opt::Protonum);
        if let Some(protocol) = protocol::by_number(number) {
            self.protocols.insert(protocol);
        }
        self.of_protocols
            .iter()
            .try_for_each(|(spec, word)| self.check_owner(spec, word))
    }

    /// Once a protocol was named, the options of others are unknown.
    pub fn check_owner(&self, spec: &Spec, word: &[u8]) -> Result<(), Usage> {
        if self.protocol.is_some() && !self.protocols.owns(spec.protocols) {
            return Err(Usage::UnknownOption(word.into()));
        }
        Ok(())
    }
}

/// In the order in which a prefix is looked up.
pub const TABLES: [(&str, Table); 4] = [
    ("expect", Table::Expect),
    ("conntrack", Table::Conntrack),
    ("dying", Table::Dying),
    ("unconfirmed", Table::Unconfirmed),
];

/// A table by a prefix of its name, even an empty one.
pub fn table(text: &[u8]) -> Result<Table, Usage> {
    TABLES
        .iter()
        .find(|(name, _)| name.as_bytes().starts_with(text))
        .map(|(_, table)| *table)
        .ok_or_else(|| Usage::UnknownTable(Text::from(text)))
}

pub fn check_table(command: &'static CommandSpec, table: Table) -> Result<(), Usage> {
    match (command.verb, table) {
        (Verb::List, _) | (_, Table::Conntrack) => Ok(()),
        (_, Table::Dying | Table::Unconfirmed) => Err(Usage::OnlyListed),
        (_, Table::Expect) if command.expectations.is_none() => {
            Err(Usage::NotOnExpectations(command.names[0]))
        }
        (_, Table::Expect) => Ok(()),
    }
}
