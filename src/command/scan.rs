//! Walking over the flows that a filter matches.

use super::{count, hints};
use crate::context::Context;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::{Attributes, Family, Flow};
use crate::netlink::dump::Dump;
use crate::netlink::kernel_filter::Hints;
use crate::netlink::message::Content;
use crate::netlink::{self, decode, reading};
use nix::libc::EPERM;
use std::cell::Cell;

/// Up to here, dumping everything takes no longer than a person notices.
const ENTRIES_OF_A_SMALL_TABLE: u64 = 1 << 16;

/// Those whose flows have tuples that the kernel compares, in the order of their rows.
const FAMILIES: [Family; 2] = [Family::IPV4, Family::IPV6];

/// Which flows are walked over.
#[derive(Debug)]
pub struct Scan {
    pub what: Dump,
    /// The family that the kernel is asked for.
    pub family: Option<Family>,
    pub filter: Filter,
    /// What is looked at of a flow that the filter matches.
    pub needs: Attributes,
}

impl Scan {
    /// Hands over each flow of a dump that the filter matches.
    ///
    /// The kernel is asked to leave out what it can tell does not match. It compares tuples of one family only, so where
    /// none is given it is asked for both at once; but not for a small table, whose rows then stay in the kernel's
    /// order. One that refuses all this is asked again for everything.
    ///
    /// Of a flow that does not match, only the attributes that the filter needs are looked into, and of one that does,
    /// those that are needed: what is malformed in the others goes unnoticed.
    pub fn run(
        &self,
        cx: &mut Context,
        mut each: impl FnMut(&Flow, &mut Context) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let hints = match self.what {
            Dump::Flows => hints::of(&self.filter),
            _ => Hints::default(),
        };
        let separate = self.family.is_none() && hints.has_tuples();
        let large = separate && is_large_table(cx);
        let needs = self.filter.needs();
        let rest = self.needs.without(needs);
        let any = Cell::new(false);
        let mut read = |content: Content| {
            let Content::Flow(body) = content else {
                return Ok(());
            };
            any.set(true);
            cx.notes.step(1);
            cx.stop.check()?;
            let mut flow = decode::named(&body);
            decode::read(&body, needs, &mut flow).map_err(netlink::Error::from)?;
            if !self.filter.matches(&flow) {
                return Ok(());
            }
            decode::read(&body, rest, &mut flow).map_err(netlink::Error::from)?;
            each(&flow, cx)
        };
        let family = self.family.unwrap_or_default();
        let asked = match separate {
            true if large => reading::both(self.what, FAMILIES, &hints, &mut read),
            true => return reading::one(self.what, family, &Hints::default(), read),
            false => reading::one(self.what, family, &hints, &mut read),
        };
        match asked {
            Err(Error::Kernel(_, netlink::Error::Refused(errno)))
                if errno != EPERM && !any.get() && !hints.is_empty() =>
            {
                reading::one(self.what, family, &Hints::default(), read)
            }
            result => result,
        }
    }
}

fn is_large_table(cx: &Context) -> bool {
    count::from_file(cx).is_some_and(|entries| entries > ENTRIES_OF_A_SMALL_TABLE)
}
