//! Consecutive `-D` lines of a load file: many of them share one dump.

use super::batch::{Batch, Kept};
use super::delete::Delete;
use super::identity;
use super::run::{self, InLine};
use super::scan::Scan;
use super::tally::Tally;
use crate::context::Context;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::Attributes;
use crate::format::{Occasion, Row};
use crate::netlink::dump::Dump;
use crate::task::{Task, Verb};

/// A dump that the kernel filters takes about a quarter of a whole one, so only as many lines are better off with that.
const FEWEST: usize = 4;

/// So many flows are kept at the most until it is their line's turn. Where there are more, each line has its own dump.
const MOST_KEPT: usize = 100_000;

/// Lines with their numbers, in their order.
#[derive(Debug, Default)]
pub struct Deletions(pub Vec<(usize, Delete)>);

const TASK: Task = Task::flows(Verb::Delete);

/// The flows of each line, in the order of the dump.
type Found = Vec<Vec<Kept>>;

impl Deletions {
    /// Counts the lines that are done. Flows go line by line, as if each had asked for itself; one that several lines mean is
    /// the first one's.
    pub fn run(self, done: &mut usize, cx: &mut Context) -> Result<(), InLine> {
        let shared = match self.0.len() < FEWEST {
            true => None,
            false => self
                .find(cx)
                .map_err(|error| (self.0[0].0, error.during(TASK)))?,
        };
        let mut shared = shared.unwrap_or_default().into_iter();
        for (number, delete) in self.0 {
            let ended = match shared.next() {
                Some(found) => delete_all(found, &delete.filter, cx),
                None => run::run(Box::new(delete), cx).map(drop),
            };
            ended.map_err(|error| (number, error.during(TASK)))?;
            *done += 1;
            cx.stop.check().map_err(|error| (number, error))?;
        }
        Ok(())
    }

    /// What each line means; nothing where they are better off without each other.
    fn find(&self, cx: &mut Context) -> Result<Option<Found>, Error> {
        let filters: Vec<Filter> = self.0.iter().map(|(_, line)| line.filter.clone()).collect();
        // What depends on the place is settled, or refused, in its turn.
        let settled = |filter: &Filter| filter.requires().is_empty() && !filter.asks_for_local();
        if !filters.iter().all(settled) {
            return Ok(None);
        }
        let needs = self.0.iter().map(|(_, line)| line.show.style.needs());
        let needs = needs.fold(Attributes::NONE, Attributes::union);
        let mut found: Found = filters.iter().map(|_| Vec::new()).collect();
        let mut kept = 0;
        let scan = Scan {
            what: Dump::Flows,
            family: None,
            filter: Filter::Any(filters.clone()),
            needs,
        };
        scan.run(cx, |flow, _| {
            kept += 1;
            let place = filters.iter().position(|filter| filter.matches(flow));
            if let Some(place) = place.filter(|_| kept <= MOST_KEPT) {
                let row = Row {
                    flow,
                    occasion: Occasion::Deleted,
                };
                let show = &self.0[place].1.show;
                found[place].push(Kept::of(flow, |rows| show.flow(rows, &row)));
            }
            Ok(())
        })?;
        Ok(Some(found).filter(|_| kept <= MOST_KEPT))
    }
}

fn delete_all(found: Vec<Kept>, filter: &Filter, cx: &mut Context) -> Result<(), Error> {
    let probed = (!identity::is_by_name(filter)).then(|| filter.clone());
    let mut batch = Batch::open(Tally::new("deleted"), probed)?;
    let mut found = found.into_iter();
    let pushed = found.try_for_each(|kept| batch.push_kept(kept, cx));
    let ended = pushed.and_then(|()| batch.send(cx));
    batch.tally.conclude(ended, cx).map(drop)
}
