//! `-D`: deletes the flows that match, and shows them.

use super::ahead::Ahead;
use super::batch::{Batch, is_offloaded};
use super::identity;
use super::run::{Command, Exit};
use super::scan::Scan;
use super::settle::{Unnoted, settle};
use super::tally::Tally;
use crate::context::Context;
use crate::error::Error;
use crate::field::Setting;
use crate::filter::Filter;
use crate::flow::{Attributes, Family};
use crate::format::{Occasion, Row, Show};
use crate::netlink;
use crate::netlink::dump::Dump;
use crate::task::{Task, Verb};
use nix::libc::EBUSY;

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
        cx.show_progress("flow entries looked at");
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
            needs: show.style.needs(),
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

    fn requires(&self) -> Vec<Setting> {
        self.filter.requires()
    }

    fn show_as(&mut self, show: &Show) {
        self.show = show.clone();
    }

    fn dry_run(mut self: Box<Self>, cx: &mut Context, ahead: &mut Ahead) -> Result<Exit, Error> {
        cx.stop_at_signals()?;
        settle(&mut self.filter, Unnoted::Refused, cx)?;
        plan(self.family, self.filter, &self.show, cx, ahead)
    }
}

/// Shows the flows that would be deleted. The kernel would refuse what a flow table holds, as it does when it is asked to.
pub fn plan(
    family: Option<Family>,
    filter: Filter,
    show: &Show,
    cx: &mut Context,
    ahead: &mut Ahead,
) -> Result<Exit, Error> {
    let mut tally = Tally::planned("deleted");
    let scan = Scan {
        what: Dump::Flows,
        family,
        filter,
        needs: Attributes::ALL,
    };
    let ended = scan.run(cx, |flow, cx| {
        if !ahead.has(flow) {
            return Ok(());
        }
        if is_offloaded(flow) {
            return Err(netlink::Error::Refused(EBUSY).into());
        }
        ahead.delete(flow);
        tally.count += 1;
        let row = Row {
            flow,
            occasion: Occasion::Deleted,
        };
        cx.out.row(|buffer| show.flow(buffer, &row))
    });
    tally.conclude(ended, cx)
}
