//! What a line comes to while it is read from left to right.

use super::listing::Listing;
use super::lists::StatusList;
use super::many;
use super::opt::{Opt, OptSet};
use super::protocols::ProtocolSet;
use super::spec::{CommandSpec, Occurrence, Reads, Rule, Spec};
use crate::error::{Error, Usage, Value};
use crate::field::{Field, Kind, read};
use crate::filter::{self, Filter, Test};
use crate::flow::protocol;
use crate::flow::{Endpoint, Event, Family, Flow, LabelMap, MaskedMark, Tuple};
use crate::format::{Columns, Style};
use crate::task::{Table, Verb};
use crate::text::Text;
use std::sync::Arc;

/// A command line, read from left to right.
#[derive(Default)]
pub struct Line<'a> {
    pub command: Option<(&'static CommandSpec, Table)>,
    /// What the first command says of options, also while the command itself is still to be read.
    roles: Option<&'static Rule>,
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

    /// Adds one option to those before it.
    pub fn add(&mut self, occurrence: Occurrence<'a>) -> Result<(), Error> {
        let Occurrence { spec, value, word } = occurrence;
        if !spec.protocols.is_empty() {
            self.check_owner(spec, word)?;
            self.of_protocols.push((spec, word));
        }
        match spec.reads {
            Reads::Command(command) => return Ok(self.set_command(command, value, word)?),
            Reads::Field(field) => self.read_field(spec, field, value.unwrap_or_default())?,
            Reads::Expected(kind, part) => {
                if let Some(number) = self.number(spec, kind, value.unwrap_or_default()) {
                    self.expected.set_part(part, number as u16);
                }
            }
            Reads::Mask(kind, part) => {
                if let Some(number) = self.number(spec, kind, value.unwrap_or_default()) {
                    self.mask.set_part(part, number as u16);
                }
            }
            Reads::With(read) => read(self, value)?,
        }
        self.given.insert(spec.option);
        Ok(())
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

    fn set_command(
        &mut self,
        command: &'static CommandSpec,
        table: Option<&'a [u8]>,
        word: &'a [u8],
    ) -> Result<(), Usage> {
        // The reference does not look at a table behind `=`, so that cannot be what is wrong first.
        if self.command.is_some() && word.contains(&b'=') {
            return Err(Usage::TwoCommands);
        }
        let table = table.map_or(Ok(Table::Conntrack), self::table)?;
        check_table(command, table)?;
        if self.command.replace((command, table)).is_some() {
            return Err(Usage::TwoCommands);
        }
        Ok(())
    }

    /// Once a protocol was named, the options of others are unknown.
    fn check_owner(&self, spec: &Spec, word: &[u8]) -> Result<(), Usage> {
        if self.protocol.is_some() && !self.protocols.owns(spec.protocols) {
            return Err(Usage::UnknownOption(word.into()));
        }
        Ok(())
    }

    fn read_field(
        &mut self,
        spec: &'static Spec,
        field: &'static Field,
        text: &'a [u8],
    ) -> Result<(), Error> {
        let plain = || read::number(field.kind, text, self.protocols.last()).is_some();
        let several = filter::read::is_several(text);
        if spec.many && self.may_be_many(spec.option) && several && !plain() {
            return many::numbers(self, spec, field, text);
        }
        self.lists.remove(spec.option);
        let number = match field.kind {
            Kind::Unsigned(_) => {
                let number = read::number(field.kind, text, None);
                Some(number.ok_or_else(|| Value::Unexpected(text.into(), spec.char()))?)
            }
            kind => self.number(spec, kind, text),
        };
        let Some(number) = number else {
            return Ok(());
        };
        self.select(spec.option, || Filter::is(field, Test::number(number)));
        let sets = self.roles.is_some_and(|rule| rule.sets.has(spec.option));
        if let (true, Some(set)) = (sets, field.set) {
            set(&mut self.flow, number);
        }
        Ok(())
    }

    /// A number of a kind, whose error counts later.
    fn number(&mut self, spec: &'static Spec, kind: Kind, text: &[u8]) -> Option<u32> {
        let number = read::number(kind, text, self.protocols.last());
        let refused = || match kind {
            Kind::Port => Usage::Port(text.into()),
            _ => Usage::Number(text.into(), spec.name()),
        };
        self.later(number.ok_or_else(refused))
    }
}

/// In the order in which a prefix is looked up.
const TABLES: [(&str, Table); 4] = [
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

fn check_table(command: &'static CommandSpec, table: Table) -> Result<(), Usage> {
    match (command.verb, table) {
        (Verb::List, _) | (_, Table::Conntrack) => Ok(()),
        (_, Table::Dying | Table::Unconfirmed) => Err(Usage::OnlyListed),
        (_, Table::Expect) if command.expectations.is_none() => {
            Err(Usage::NotOnExpectations(command.names[0]))
        }
        (_, Table::Expect) => Ok(()),
    }
}
