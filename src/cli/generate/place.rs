//! Where on a command line something is completed, as far as it matters to what may stand there.

use crate::cli::EXPECT;
use crate::cli::commands::{COMMANDS, LIST};
use crate::cli::line::{CommandSpec, Rule, Spec};
use crate::cli::opt::Opt;
use crate::cli::options;
use crate::flow::Protocol;
use crate::task::{Table, Verb};

/// What is called a place where no command has been typed.
pub const NO_COMMAND: &str = "conntrack";

#[derive(Clone, Copy)]
pub struct Place {
    /// None where it is still to be typed.
    pub command: Option<&'static CommandSpec>,
    pub table: Table,
    /// The protocol that was named last.
    pub protocol: Option<&'static Protocol>,
}

impl Place {
    /// Where nothing has been typed.
    pub const START: Place = Place {
        command: None,
        table: Table::Conntrack,
        protocol: None,
    };

    /// Every command on each kind of table that it has, and none on both.
    pub fn all() -> impl Iterator<Item = Place> {
        let none = [Table::Conntrack, Table::Expect].map(|table| Place {
            table,
            ..Place::START
        });
        let on = |command: &'static CommandSpec, table| Place {
            command: Some(command),
            table,
            ..Place::START
        };
        let of_command = move |command: &'static CommandSpec| {
            let expect = command.expectations.as_ref().map(|_| Table::Expect);
            let tables = [Some(Table::Conntrack), expect].into_iter().flatten();
            tables.map(move |table| on(command, table))
        };
        none.into_iter()
            .chain(COMMANDS.into_iter().flat_map(of_command))
    }

    pub fn name(&self) -> String {
        let command = self.command.map_or(NO_COMMAND, CommandSpec::word);
        match self.table {
            Table::Expect => format!("{command} {EXPECT}"),
            _ => command.to_owned(),
        }
    }

    pub fn verb(&self) -> Option<Verb> {
        self.command.map(|command| command.verb)
    }

    /// Alone, `-X` is the list.
    pub fn rule(&self) -> Option<&'static Rule> {
        let alone = Some(&LIST).filter(|_| self.table == Table::Expect);
        self.command
            .or(alone)
            .map(|command| command.rule(self.table))
    }

    /// The options that may be typed here; all of them where any command may follow. One that is retired is not offered.
    pub fn options(&self) -> impl Iterator<Item = &'static Spec> {
        options::all().filter(|spec| match spec.option {
            Opt::NatRange => false,
            Opt::Netns => true,
            Opt::Expect => {
                let or_none = self.command.is_none_or(|of| of.expectations.is_some());
                or_none && self.table != Table::Expect
            }
            Opt::Output => self.allows(Opt::Output) || self.allows(Opt::AddedOutput),
            option => self.allows(option),
        })
    }

    fn allows(&self, option: Opt) -> bool {
        self.rule().is_none_or(|rule| rule.allowed().has(option))
    }
}
