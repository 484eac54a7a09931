//! `-F`: empties a table.

use super::batch::Batch;
use super::run::{Command, Exit, request_one};
use super::scan::Scan;
use super::tally::Tally;
use crate::context::Context;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::{Attributes, Family};
use crate::netlink::dump::Dump;
use crate::netlink::request;
use crate::netlink::socket::Socket;
use crate::task::{Entries, Task, Verb};

#[derive(Debug)]
pub struct Flush {
    pub entries: Entries,
    /// Only the flows of this family.
    pub family: Option<Family>,
}

/// The flows of a zone. The kernel's own emptying of one also takes flows that have it in one direction only, so each is
/// deleted by itself.
#[derive(Debug)]
pub struct FlushZone {
    pub family: Option<Family>,
    pub filter: Filter,
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
            wanted: Attributes::USUAL,
        };
        let scanned = scan.run(cx, |flow, cx| batch.push(flow, |_| {}, cx));
        let ended = scanned.and_then(|()| batch.send(cx));
        batch.tally.conclude(ended, cx)?;
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
        let table = match self.entries {
            Entries::Flows => {
                request::flush(&mut bytes, self.family);
                "connection tracking"
            }
            Entries::Expectations => {
                request::flush_expectations(&mut bytes);
                "expectation"
            }
        };
        request_one(&mut Socket::open()?, &mut bytes)?;
        cx.notes
            .message(format_args!("{table} table has been emptied."));
        Ok(Exit::DONE)
    }
}
