//! `-U`: changes the flows that match, and shows them as they are afterwards.

use super::scan::scan;
use super::tally::Tally;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::{Flow, MaskedMark, ProtocolInfo, Status, label};
use crate::format::{Format, Occasion, Row};
use crate::netlink::encode::{self, Dump, Labels};
use crate::netlink::message::Content;
use crate::netlink::socket::{Reply, Socket};
use crate::netlink::{self, decode};
use crate::output::Output;
use nix::libc::{ENOENT, ENOSPC};
use std::ops::Range;
use std::time::SystemTime;

#[derive(Debug)]
pub struct Update {
    pub filter: Filter,
    pub change: Change,
    pub format: Format,
}

/// What becomes of a flow.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Seconds.
    pub timeout: Option<u32>,
    /// Bits to set; bits are never cleared.
    pub status: Option<Status>,
    pub mark: Option<MaskedMark>,
    pub info: ProtocolInfo,
    pub labels: LabelChange,
}

#[derive(Clone, Debug, Default)]
pub enum LabelChange {
    #[default]
    None,
    /// Bits to set.
    Add(Vec<u16>),
    /// Bits to clear.
    Remove(Vec<u16>),
    Clear,
}

/// Flows that wait for their requests to be sent.
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

impl Update {
    pub fn run(self, out: &mut Output) -> Result<Tally, Error> {
        let mut socket = Socket::open()?;
        let limit = socket.batch_limit();
        let mut pending = Pending {
            flows: Vec::new(),
            probes: Vec::new(),
            changes: Vec::new(),
        };
        let mut updated = Tally::new("updated");
        let scanned = scan(Dump::Flows, &self.filter, |flow| {
            let Some((changed, labels)) = self.change.apply(flow) else {
                return Ok(());
            };
            pending.add(flow, &changed, &labels);
            if pending.flows.len() >= limit || self.change.is_likely_refused(flow) {
                self.send(&mut pending, &mut socket, &mut updated, out)?;
            }
            Ok(())
        });
        let ended = scanned.and_then(|()| self.send(&mut pending, &mut socket, &mut updated, out));
        updated.finish(ended, out)
    }

    /// The kernel finds a flow to change by its tuple alone. So it is asked first whether that tuple is still the flow
    /// of the dump, and afterwards what became of it.
    fn send(
        &self,
        pending: &mut Pending,
        socket: &mut Socket,
        updated: &mut Tally,
        out: &mut Output,
    ) -> Result<(), Error> {
        let mut found = vec![false; pending.flows.len()];
        socket.exchange(&mut pending.probes, |index, reply| {
            if let (Some(id), Some(waiting)) = (id_of(&reply)?, pending.flows.get(index)) {
                found[index] = id == waiting.id;
            }
            Ok::<(), Error>(())
        })?;
        let flows: Vec<&Waiting> = pending
            .flows
            .iter()
            .zip(found)
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
        socket.exchange(&mut requests, |index, reply| {
            let Some(waiting) = flows.get(index / 2) else {
                return Ok(());
            };
            match reply {
                Reply::Refused(number) => {
                    unchanged = Some(index / 2);
                    if !waiting.may_be_refused_with(number) {
                        refusal.get_or_insert(netlink::Error::Refused(number));
                    }
                }
                // Reading back shows a flow also where it was not changed.
                Reply::Entry(_) if unchanged == Some(index / 2) => {}
                Reply::Entry(Content::Flow(body)) => {
                    let flow =
                        decode::flow(body.family, body.attributes).map_err(netlink::Error::from)?;
                    if flow.id == waiting.id {
                        updated.count += 1;
                        if written.is_ok() {
                            written = self.show(&flow, out);
                        }
                    }
                }
                Reply::Entry(_) => {}
            }
            Ok::<(), Error>(())
        })?;
        pending.clear();
        written?;
        refusal.map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    fn show(&self, flow: &Flow, out: &mut Output) -> Result<(), Error> {
        let row = Row {
            flow,
            occasion: Occasion::Listed,
            now: SystemTime::now(),
        };
        out.row(|buffer| self.format.flow(buffer, &row))
    }
}

/// The id of the flow in a reply, where there is a flow.
fn id_of(reply: &Reply) -> Result<Option<Option<u32>>, Error> {
    let Reply::Entry(Content::Flow(body)) = reply else {
        return Ok(None);
    };
    let flow = decode::flow(body.family, body.attributes).map_err(netlink::Error::from)?;
    Ok(Some(flow.id))
}

impl Pending {
    fn add(&mut self, flow: &Flow, changed: &Flow, labels: &Labels) {
        let start = self.changes.len();
        encode::get(&mut self.probes, changed);
        encode::update(&mut self.changes, changed, labels);
        encode::get(&mut self.changes, changed);
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
    fn may_be_refused_with(&self, number: i32) -> bool {
        number == ENOENT || (number == ENOSPC && self.without_labels)
    }
}

impl Change {
    /// The flow's name and all that is to change about it; none where it would stay as it is.
    fn apply<'a>(&self, flow: &Flow<'a>) -> Option<(Flow<'a>, Labels)> {
        let timeout = self.timeout;
        let status = self
            .status
            .map(|bits| flow.status.unwrap_or_default().union(bits));
        let mark = self
            .mark
            .map(|change| change.applied_to(flow.mark.unwrap_or(0)));
        let labels = self.labels.apply(flow.labels);
        let differs = timeout.is_some_and(|timeout| Some(timeout) != flow.timeout)
            || status.is_some_and(|status| Some(status) != flow.status)
            || mark.is_some_and(|mark| mark != flow.mark.unwrap_or(0))
            || (self.info.state.is_some() && self.info.state != flow.info.state)
            || labels.bits.is_some();
        let info = self.info.for_protocol(flow.orig.protocol);
        let changed = Flow {
            family: flow.family,
            orig: flow.orig,
            zone: flow.zone,
            timeout,
            status,
            mark,
            info,
            ..Flow::default()
        };
        differs.then_some((changed, labels))
    }

    /// The kernel does not change the timeout of a flow that has a fixed one.
    fn is_likely_refused(&self, flow: &Flow) -> bool {
        self.timeout.is_some()
            && flow
                .status
                .is_some_and(|status| status.contains(Status::FIXED_TIMEOUT))
    }
}

impl LabelChange {
    fn apply(&self, old: Option<&[u8]>) -> Labels {
        match (self, old) {
            (LabelChange::None, _) => Labels::default(),
            (LabelChange::Add(bits), Some(old)) => {
                let mut added = vec![0; old.len()];
                bits.iter().for_each(|bit| label::set(&mut added, *bit));
                Labels {
                    mask: Some(added.clone()),
                    bits: Some(added),
                }
            }
            (LabelChange::Add(bits), None) => {
                let mut added = Vec::new();
                bits.iter().for_each(|bit| label::set(&mut added, *bit));
                Labels {
                    bits: Some(added),
                    mask: None,
                }
            }
            (LabelChange::Remove(bits), Some(old)) => {
                let mut left = old.to_vec();
                bits.iter().for_each(|bit| label::clear(&mut left, *bit));
                Labels {
                    bits: Some(left),
                    mask: None,
                }
            }
            (LabelChange::Clear, Some(old)) if old.iter().any(|byte| *byte != 0) => Labels {
                bits: Some(vec![0; 4]),
                mask: None,
            },
            (LabelChange::Remove(_) | LabelChange::Clear, _) => Labels::default(),
        }
    }
}
