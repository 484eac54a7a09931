//! `-D`: deletes the flows that match, and shows them.

use super::batch::Batch;
use super::identity;
use super::run::{Command, Exit};
use super::scan::Scan;
use super::settle::{Unnoted, settle};
use super::tally::Tally;
use crate::context::Context;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::Family;
use crate::format::{Occasion, Row, Show};
use crate::netlink::dump::Dump;
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

    /// Each flow is deleted by its tuple, zone and id, so that one which took a tuple meanwhile stays; where the filter looks
    /// at more than that, it is compared once more right before.
    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        cx.stop_at_signals()?;
        let Delete {
            family,
            mut filter,
            show,
        } = *self;
        settle(&mut filter, Unnoted::Refused, cx)?;
        let probed = (!identity::is_by_name(&filter)).then(|| filter.clone());
        let mut batch = Batch::open(Tally::new("deleted"), probed)?;
        let scan = Scan {
            what: Dump::Flows,
            family,
            filter,
            wanted: show.style.needs(),
        };
        let scanned = scan.run(cx, |flow, cx| {
            let row = Row {
                flow,
                occasion: Occasion::Deleted,
            };
            batch.push(flow, |rows| show.flow(rows, &row), cx)
        });
        let ended = scanned.and_then(|()| batch.send(cx));
        batch.tally.conclude(ended, cx)
    }
}
