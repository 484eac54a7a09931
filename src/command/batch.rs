//! Deletions that travel together, each with the row that is shown once the kernel has carried it out.

use super::identity::{Identity, MOST_AT_ONCE};
use super::tally::Tally;
use crate::context::Context;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::{Attributes, Flow, Status};
use crate::netlink::message::Content;
use crate::netlink::socket::{Answer, Socket};
use crate::netlink::{self, decode, request};
use nix::libc::ENOENT;
use std::ops::Range;

/// Flows that wait to be deleted.
pub struct Batch {
    socket: Socket,
    limit: usize,
    /// What each must still be right before; none where its name says enough.
    filter: Option<Filter>,
    waiting: Vec<Waiting>,
    probes: Vec<u8>,
    requests: Vec<u8>,
    rows: Vec<u8>,
    /// How many were deleted so far.
    pub tally: Tally,
}

struct Waiting {
    identity: Identity,
    request: Range<usize>,
    row: Range<usize>,
}

/// A flow whose turn to be deleted comes later.
pub struct Kept {
    identity: Identity,
    probe: Vec<u8>,
    request: Vec<u8>,
    row: Vec<u8>,
    offloaded: bool,
}

impl Kept {
    /// With the row that `write` appends.
    pub fn of(flow: &Flow, write: impl FnOnce(&mut Vec<u8>)) -> Kept {
        let mut kept = Kept {
            identity: Identity::of(flow),
            probe: Vec::new(),
            request: Vec::new(),
            row: Vec::new(),
            offloaded: is_offloaded(flow),
        };
        request::get(&mut kept.probe, flow);
        request::delete(&mut kept.request, flow);
        write(&mut kept.row);
        kept
    }
}

impl Batch {
    /// With a filter, each flow is asked for again before it is deleted.
    pub fn open(tally: Tally, filter: Option<Filter>) -> Result<Batch, Error> {
        let socket = Socket::open()?;
        let limit = socket.batch_limit();
        Ok(Batch {
            limit: filter.as_ref().map_or(limit, |_| limit.min(MOST_AT_ONCE)),
            socket,
            filter,
            waiting: Vec::new(),
            probes: Vec::new(),
            requests: Vec::new(),
            rows: Vec::new(),
            tally,
        })
    }

    /// Adds a flow with the row that `write` appends. Nothing is sent behind one that a flow table holds until the kernel
    /// has answered, because it is likely to refuse.
    pub fn push(
        &mut self,
        flow: &Flow,
        write: impl FnOnce(&mut Vec<u8>),
        cx: &mut Context,
    ) -> Result<(), Error> {
        let (request, row) = (self.requests.len(), self.rows.len());
        if self.filter.is_some() {
            request::get(&mut self.probes, flow);
        }
        request::delete(&mut self.requests, flow);
        write(&mut self.rows);
        self.waiting.push(Waiting {
            identity: Identity::of(flow),
            request: request..self.requests.len(),
            row: row..self.rows.len(),
        });
        self.send_if(is_offloaded(flow), cx)
    }

    /// The same for one that was kept.
    pub fn push_kept(&mut self, kept: Kept, cx: &mut Context) -> Result<(), Error> {
        let (request, row) = (self.requests.len(), self.rows.len());
        if self.filter.is_some() {
            self.probes.extend_from_slice(&kept.probe);
        }
        self.requests.extend_from_slice(&kept.request);
        self.rows.extend_from_slice(&kept.row);
        self.waiting.push(Waiting {
            identity: kept.identity,
            request: request..self.requests.len(),
            row: row..self.rows.len(),
        });
        self.send_if(kept.offloaded, cx)
    }

    fn send_if(&mut self, likely_refused: bool, cx: &mut Context) -> Result<(), Error> {
        if likely_refused || self.waiting.len() >= self.limit {
            self.send(cx)?;
            cx.stop.check()
        } else {
            Ok(())
        }
    }

    /// Sends what waits, and shows the rows of what was done. What had vanished is passed over; any other refusal is
    /// the error, after the rows.
    pub fn send(&mut self, cx: &mut Context) -> Result<(), Error> {
        self.drop_successors()?;
        let mut refused: Vec<(usize, i32)> = Vec::new();
        self.socket.exchange(&mut self.requests, |index, answer| {
            if let Answer::Refused(errno) = answer {
                refused.push((index, errno));
            }
            Ok::<(), Error>(())
        })?;
        self.tally.count += (self.waiting.len() - refused.len()) as u64;
        let mut shown = Ok(());
        for (index, waiting) in self.waiting.iter().enumerate() {
            if shown.is_ok() && !refused.iter().any(|(refused, _)| *refused == index) {
                let row = &self.rows[waiting.row.clone()];
                shown = cx.out.row(|buffer| buffer.extend_from_slice(row));
            }
        }
        self.waiting.clear();
        self.requests.clear();
        self.rows.clear();
        shown?;
        match refused.iter().find(|(_, errno)| *errno != ENOENT) {
            Some((_, errno)) => Err(netlink::Error::Refused(*errno).into()),
            None => Ok(()),
        }
    }

    /// Asks for each flow again, and drops those that are no longer what was meant.
    fn drop_successors(&mut self) -> Result<(), Error> {
        let Some(filter) = &self.filter else {
            return Ok(());
        };
        let mut still = vec![false; self.waiting.len()];
        self.socket.exchange(&mut self.probes, |index, answer| {
            if let (Answer::Entry(Content::Flow(body)), Some(waiting)) =
                (answer, self.waiting.get(index))
            {
                let wanted = filter.needs().union(Attributes::USUAL);
                let flow = decode::flow(&body, wanted).map_err(netlink::Error::from)?;
                still[index] = waiting.identity.is_of(&flow) && filter.matches(&flow);
            }
            Ok::<(), Error>(())
        })?;
        self.probes.clear();
        let mut requests = Vec::with_capacity(self.requests.len());
        for (waiting, still) in self.waiting.iter().zip(&still) {
            if *still {
                requests.extend_from_slice(&self.requests[waiting.request.clone()]);
            }
        }
        self.requests = requests;
        let mut still = still.into_iter();
        self.waiting.retain(|_| still.next().unwrap_or(false));
        Ok(())
    }
}

/// The kernel does not let go of a flow that a flow table holds.
pub fn is_offloaded(flow: &Flow) -> bool {
    let offloaded = |status: Status| status.intersects(Status::OFFLOAD);
    flow.status.is_some_and(offloaded)
}
