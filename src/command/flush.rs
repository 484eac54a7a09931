//! `-F`: empties a table.

use super::ahead::Ahead;
use super::batch::{Batch, is_offloaded};
use super::delete::plan;
use super::expectation;
use super::run::{Command, Exit, request_one};
use super::scan::Scan;
use super::tally::Tally;
use crate::context::Context;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::{Attributes, Family};
use crate::format::{Occasion, Row, Show};
use crate::netlink::dump::Dump;
use crate::netlink::kernel_filter::Hints;
use crate::netlink::socket::Socket;
use crate::netlink::{reading, request};
use crate::task::{Entries, Task, Verb};

#[derive(Debug)]
pub struct Flush {
    pub entries: Entries,
    /// Only the flows of this family.
    pub family: Option<Family>,
    /// How it is shown what would be deleted.
    pub show: Show,
}

/// The flows of a zone. The kernel's own emptying of one also takes flows that have it in one direction only, so each is
/// deleted by itself.
#[derive(Debug)]
pub struct FlushZone {
    pub family: Option<Family>,
    pub filter: Filter,
    /// How it is shown what would be deleted.
    pub show: Show,
}

impl Command for FlushZone {
    fn task(&self) -> Task {
        Task::flows(Verb::Flush)
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        cx.stop_at_signals()?;
        let mut batch = Batch::open(Tally::new("deleted"), None)?;
        let scan = Scan {
            what: Dump::Flows,
            family: self.family,
            filter: self.filter,
            needs: Attributes::USUAL,
        };
        let scanned = scan.run(cx, |flow, cx| batch.push(flow, |_| {}, cx));
        let ended = scanned.and_then(|()| batch.send(cx));
        batch.tally.conclude(ended, cx)?;
        Ok(Exit::DONE)
    }

    fn show_as(&mut self, show: &Show) {
        self.show = show.clone();
    }

    fn dry_run(self: Box<Self>, cx: &mut Context, ahead: &mut Ahead) -> Result<Exit, Error> {
        cx.stop_at_signals()?;
        plan(self.family, self.filter, &self.show, cx, ahead)?;
        Ok(Exit::DONE)
    }
}

impl Command for Flush {
    fn task(&self) -> Task {
        Task {
            verb: Verb::Flush,
            entries: self.entries,
        }
    }

    /// That a table is empty is said in a load file too.
    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let mut bytes = Vec::new();
        match self.entries {
            Entries::Flows => request::flush(&mut bytes, self.family),
            Entries::Expectations => request::flush_expectations(&mut bytes),
        }
        request_one(&mut Socket::open()?, &mut bytes)?;
        let table = table(self.entries);
        cx.notes
            .message(format_args!("{table} table has been emptied."));
        Ok(Exit::DONE)
    }

    fn show_as(&mut self, show: &Show) {
        self.show = show.clone();
    }

    fn dry_run(self: Box<Self>, cx: &mut Context, ahead: &mut Ahead) -> Result<Exit, Error> {
        let summary = format!("{} table would be emptied.", table(self.entries));
        cx.stop_at_signals()?;
        match self.entries {
            Entries::Flows => self.show_flows(cx, ahead)?,
            Entries::Expectations => self.show_expectations(cx)?,
        }
        if cx.quiet {
            cx.out.end_document()?;
            cx.notes.message(summary);
        } else {
            cx.conclude(summary)?;
        }
        Ok(Exit::DONE)
    }
}

impl Flush {
    /// As `-D` shows them. What a flow table holds stays.
    fn show_flows(&self, cx: &mut Context, ahead: &mut Ahead) -> Result<(), Error> {
        ahead.flush(self.family);
        let scan = Scan {
            what: Dump::Flows,
            family: self.family,
            filter: Filter::All(Vec::new()),
            needs: Attributes::ALL,
        };
        scan.run(cx, |flow, cx| {
            if is_offloaded(flow) || !ahead.has(flow) {
                return Ok(());
            }
            ahead.delete(flow);
            let row = Row {
                flow,
                occasion: Occasion::Deleted,
            };
            cx.out.row(|buffer| self.show.flow(buffer, &row))
        })
    }

    fn show_expectations(&self, cx: &mut Context) -> Result<(), Error> {
        let hints = Hints::default();
        reading::one(Dump::Expectations, Family::ANY, &hints, |content| {
            expectation::show(content, &self.show, cx)
        })
    }
}

fn table(of: Entries) -> &'static str {
    match of {
        Entries::Flows => "connection tracking",
        Entries::Expectations => "expectation",
    }
}
