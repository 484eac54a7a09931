//! `-D`: deletes the flows that match, and shows them.

use super::batch::Batch;
use super::scan::scan;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::Status;
use crate::format::{Format, Occasion, Row};
use crate::netlink::encode::{self, Dump};
use crate::output::{self, Output};
use std::time::SystemTime;

#[derive(Debug)]
pub struct Delete {
    pub filter: Filter,
    pub format: Format,
}

/// How many flows were deleted.
pub struct Deleted(u64);

impl Delete {
    /// Each flow is deleted by its tuple, zone and id, so that one which took a tuple meanwhile stays.
    pub fn run(self, out: &mut Output) -> Result<Deleted, Error> {
        let mut batch = Batch::open()?;
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
        let ended = scanned
            .and_then(|()| batch.send(out))
            .and_then(|()| out.flush());
        let deleted = Deleted(batch.done);
        match ended {
            Ok(()) => Ok(deleted),
            Err(error) => {
                deleted.report_if_any();
                Err(error)
            }
        }
    }
}

impl Deleted {
    /// Says how many there were; that there were none is a failure.
    pub fn conclude(self) -> Result<(), Error> {
        self.report();
        if self.0 == 0 {
            Err(Error::Nothing)
        } else {
            Ok(())
        }
    }

    fn report_if_any(&self) {
        if self.0 > 0 {
            self.report();
        }
    }

    fn report(&self) {
        output::message(format_args!("{} flow entries have been deleted.", self.0));
    }
}
