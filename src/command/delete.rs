//! `-D`: deletes the flows that match, and shows them.

use super::batch::Batch;
use super::scan::scan;
use super::tally::Tally;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::Status;
use crate::format::{Format, Occasion, Row};
use crate::netlink::encode::{self, Dump};
use crate::output::Output;
use std::time::SystemTime;

#[derive(Debug)]
pub struct Delete {
    pub filter: Filter,
    pub format: Format,
}

impl Delete {
    /// Each flow is deleted by its tuple, zone and id, so that one which took a tuple meanwhile stays.
    pub fn run(self, out: &mut Output) -> Result<Tally, Error> {
        let mut batch = Batch::open(Tally::new("deleted"))?;
        let scanned = scan(Dump::Flows, &self.filter, |flow| {
            encode::delete(&mut batch.requests, flow);
            let row = Row {
                flow,
                occasion: Occasion::Deleted,
                now: SystemTime::now(),
            };
            self.format.flow(&mut batch.rows, &row);
            // The kernel does not let go of a flow that a flow table holds.
            let offloaded = flow
                .status
                .is_some_and(|status| status.intersects(Status::OFFLOAD));
            batch.push(offloaded, out)
        });
        let ended = scanned.and_then(|()| batch.send(out));
        batch.tally.finish(ended, out)
    }
}
