//! `-U`: changes the flows that match, and shows them as they are afterwards.

use super::run::{Command, Exit};
use super::scan::Scan;
use super::tally::Tally;
use crate::context::Context;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::{Change, Family, Flow, Labels};
use crate::format::{Occasion, Row, Show};
use crate::netlink::dump::Dump;
use crate::netlink::message::Content;
use crate::netlink::socket::{Answer, Socket};
use crate::netlink::{self, decode, request};
use crate::task::{Task, Verb};
use nix::libc::{ENOENT, ENOSPC};
use std::ops::Range;

#[derive(Debug)]
pub struct Update {
    pub family: Option<Family>,
    pub filter: Filter,
    pub change: Change,
    pub show: Show,
}

/// What is needed to send changes and to show what came of them.
struct Sender {
    socket: Socket,
    updated: Tally,
    show: Show,
}

/// Flows that wait for their requests to be sent.
#[derive(Default)]
struct Pending {
    flows: Vec<Waiting>,
    /// A request a flow that asks whether it is still the same.
    probes: Vec<u8>,
    /// Two requests a flow: one that changes it, and one that reads it back.
    changes: Vec<u8>,
}

struct Waiting {
    id: Option<u32>,
    /// Its part of the changes.
    requests: Range<usize>,
    /// Whether the kernel made it without room for labels.
    without_labels: bool,
}

impl Command for Update {
    fn task(&self) -> Task {
        Task::flows(Verb::Update)
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let Update {
            family,
            filter,
            change,
            show,
        } = *self;
        let mut sender = Sender {
            socket: Socket::open()?,
            updated: Tally::new("updated"),
            show,
        };
        let limit = sender.socket.batch_limit();
        let mut pending = Pending::default();
        let scan = Scan {
            what: Dump::Flows,
            family,
            filter,
        };
        let scanned = scan.run(cx, |flow, cx| {
            let Some((changed, labels)) = change.apply(flow) else {
                return Ok(());
            };
            pending.add(flow, &changed, &labels);
            if pending.flows.len() >= limit || change.is_likely_refused(flow) {
                sender.send(&mut pending, cx)?;
            }
            Ok(())
        });
        let ended = scanned.and_then(|()| sender.send(&mut pending, cx));
        sender.updated.conclude(ended, cx)
    }
}

impl Sender {
    /// The kernel finds a flow to change by its tuple alone. So it is asked first whether that tuple is still the flow
    /// of the dump, and afterwards what became of it.
    fn send(&mut self, pending: &mut Pending, cx: &mut Context) -> Result<(), Error> {
        let mut found = vec![false; pending.flows.len()];
        self.socket.exchange(&mut pending.probes, |index, answer| {
            if let (Some(id), Some(waiting)) = (id_of(&answer)?, pending.flows.get(index)) {
                found[index] = id == waiting.id;
            }
            Ok::<(), Error>(())
        })?;
        let flows = pending.flows.iter().zip(found);
        let flows: Vec<&Waiting> = flows
            .filter(|(_, found)| *found)
            .map(|(flow, _)| flow)
            .collect();
        let mut requests: Vec<u8> = Vec::with_capacity(pending.changes.len());
        for flow in &flows {
            requests.extend_from_slice(&pending.changes[flow.requests.clone()]);
        }
        let mut refusal = None;
        let mut unchanged = None;
        let mut written = Ok(());
        self.socket.exchange(&mut requests, |index, answer| {
            let Some(waiting) = flows.get(index / 2) else {
                return Ok(());
            };
            match answer {
                Answer::Refused(errno) => {
                    unchanged = Some(index / 2);
                    if !waiting.may_be_refused_with(errno) {
                        refusal.get_or_insert(netlink::Error::Refused(errno));
                    }
                }
                // Reading back shows a flow also where it was not changed.
                Answer::Entry(_) if unchanged == Some(index / 2) => {}
                Answer::Entry(Content::Flow(body)) => {
                    let flow = decode::flow(&body).map_err(netlink::Error::from)?;
                    if flow.id == waiting.id {
                        self.updated.count += 1;
                        if written.is_ok() {
                            let row = Row {
                                flow: &flow,
                                occasion: Occasion::Listed,
                            };
                            written = cx.out.row(|buffer| self.show.flow(buffer, &row));
                        }
                    }
                }
                Answer::Entry(_) => {}
            }
            Ok::<(), Error>(())
        })?;
        pending.clear();
        written?;
        refusal.map_or(Ok(()), |refusal| Err(refusal.into()))
    }
}

/// The id of the flow in an answer, where there is a flow.
fn id_of(answer: &Answer) -> Result<Option<Option<u32>>, Error> {
    let Answer::Entry(Content::Flow(body)) = answer else {
        return Ok(None);
    };
    let flow = decode::flow(body).map_err(netlink::Error::from)?;
    Ok(Some(flow.id))
}

impl Pending {
    fn add(&mut self, flow: &Flow, changed: &Flow, labels: &Labels) {
        let start = self.changes.len();
        request::get(&mut self.probes, changed);
        request::update(&mut self.changes, changed, labels);
        request::get(&mut self.changes, changed);
        self.flows.push(Waiting {
            id: flow.id,
            requests: start..self.changes.len(),
            without_labels: flow.labels.is_none() && labels.bits.is_some(),
        });
    }

    fn clear(&mut self) {
        self.flows.clear();
        self.probes.clear();
        self.changes.clear();
    }
}

impl Waiting {
    /// Whether a refusal only means that there is nothing to change.
    fn may_be_refused_with(&self, errno: i32) -> bool {
        errno == ENOENT || (errno == ENOSPC && self.without_labels)
    }
}
