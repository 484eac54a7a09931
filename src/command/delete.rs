//! `-D`: deletes the flows that match, and shows them.

use super::batch::Batch;
use super::run::{Command, Exit};
use super::scan::Scan;
use super::tally::Tally;
use crate::context::Context;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::{Family, Status};
use crate::format::{Occasion, Row, Show};
use crate::netlink::dump::Dump;
use crate::netlink::request;
use crate::task::{Task, Verb};

#[derive(Debug)]
pub struct Delete {
    pub family: Option<Family>,
    pub filter: Filter,
    pub show: Show,
}

impl Command for Delete {
    fn task(&self) -> Task {
        Task::flows(Verb::Delete)
    }

    /// Each flow is deleted by its tuple, zone and id, so that one which took a tuple meanwhile stays.
    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let mut batch = Batch::open(Tally::new("deleted"))?;
        let scan = Scan {
            what: Dump::Flows,
            family: self.family,
            filter: self.filter,
        };
        let scanned = scan.run(cx, |flow, cx| {
            request::delete(&mut batch.requests, flow);
            let row = Row {
                flow,
                occasion: Occasion::Deleted,
            };
            self.show.flow(&mut batch.rows, &row);
            // The kernel does not let go of a flow that a flow table holds.
            let offloaded = flow
                .status
                .is_some_and(|status| status.intersects(Status::OFFLOAD));
            batch.push(offloaded, cx)
        });
        let ended = scanned.and_then(|()| batch.send(cx));
        batch.tally.conclude(ended, cx)
    }
}
