//! One option after the other -> a line: each value is read for the role that its option has in the command.

use super::line::{CommandSpec, Line, Occurrence, Reads, Spec, check_table, table};
use super::many;
use crate::error::{Error, Usage, Value};
use crate::field::{Field, Kind, read};
use crate::filter::{self, Filter, Test};
use crate::task::Table;

impl<'a> Line<'a> {
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

    fn set_command(
        &mut self,
        command: &'static CommandSpec,
        typed: Option<&'a [u8]>,
        word: &'a [u8],
    ) -> Result<(), Usage> {
        // The reference does not look at a table behind `=`, so that cannot be what is wrong first.
        if self.command.is_some() && word.contains(&b'=') {
            return Err(Usage::TwoCommands);
        }
        let table = typed.map_or(Ok(Table::Conntrack), table)?;
        check_table(command, table)?;
        if self.command.replace((command, table)).is_some() {
            return Err(Usage::TwoCommands);
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
        let several = || filter::read::is_several(text);
        if spec.many && self.may_be_many(spec.option) && several() && !plain() {
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
