//! `-U`: changes the flows that match, and shows them as they are afterwards.

use super::ahead::Ahead;
use super::identity::{self, Identity, MOST_AT_ONCE};
use super::run::{Command, Exit};
use super::scan::Scan;
use super::settle::{Unnoted, settle};
use super::tally::Tally;
use crate::context::Context;
use crate::error::Error;
use crate::field::Setting;
use crate::filter::Filter;
use crate::flow::{Attributes, Change, Family, Flow, change};
use crate::format::{Occasion, Row, Show};
use crate::netlink::dump::Dump;
use crate::netlink::message::Content;
use crate::netlink::socket::{Answer, Socket};
use crate::netlink::{self, decode, request};
use crate::task::{Task, Verb};
use nix::libc::{ENOENT, ENOSPC};

#[derive(Debug)]
pub struct Update {
    pub family: Option<Family>,
    pub filter: Filter,
    pub change: Change,
    pub show: Show,
}

/// Flows that wait to be changed, and what is needed for that.
struct Batch<'a> {
    socket: Socket,
    /// At most so many flows are changed at once.
    limit: usize,
    filter: &'a Filter,
    /// Whether it is nothing to the filter or the change if another flow has taken a name meanwhile.
    by_name: bool,
    change: &'a Change,
    show: &'a Show,
    /// A request a flow that asks what it is by now.
    probes: Vec<u8>,
    identities: Vec<Identity>,
    /// Two requests a flow: one that changes it, and one that reads it back.
    changes: Vec<u8>,
    changed: Vec<Changed>,
    updated: Tally,
    /// How many flows got everything but labels.
    without_labels: u64,
}

/// A flow whose change is sent.
struct Changed {
    /// None where it is nothing which flow has its name.
    id: Option<u32>,
    /// Whether the kernel made it without room for labels, which it is to have.
    lacks_labels: bool,
}

impl Command for Update {
    fn task(&self) -> Task {
        Task::flows(Verb::Update)
    }

    fn run(mut self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        settle(&mut self.filter, Unnoted::Refused, cx)?;
        cx.stop_at_signals()?;
        cx.show_progress("flow entries looked at");
        let socket = Socket::open()?;
        let by_name = identity::is_by_name(&self.filter);
        let limit = match by_name {
            true => socket.batch_limit(),
            false => socket.batch_limit().min(MOST_AT_ONCE),
        };
        let scan = Scan {
            what: Dump::Flows,
            family: self.family,
            filter: self.filter,
            needs: Attributes::USUAL,
        };
        let mut batch = Batch {
            socket,
            limit,
            filter: &scan.filter,
            by_name: by_name && self.change.is_same_for_all(),
            change: &self.change,
            show: &self.show,
            probes: Vec::new(),
            identities: Vec::new(),
            changes: Vec::new(),
            changed: Vec::new(),
            updated: Tally::new("updated"),
            without_labels: 0,
        };
        let scanned = scan.run(cx, |flow, cx| {
            if batch.push(flow) || self.change.is_likely_refused(flow) {
                batch.send(cx)?;
                cx.stop.check()?;
            }
            Ok(())
        });
        let ended = scanned.and_then(|()| batch.send(cx));
        if batch.without_labels > 0 {
            cx.notes.notice(format_args!(
                "WARNING: {} flow entries have no room for labels; whatever else was asked of them is done.",
                batch.without_labels
            ));
        }
        batch.updated.conclude(ended, cx)
    }

    fn requires(&self) -> Vec<Setting> {
        self.filter.requires()
    }

    fn show_as(&mut self, show: &Show) {
        self.show = show.clone();
    }

    /// Whether a flow has room for labels shows only where it has some, so it is taken to have.
    fn dry_run(self: Box<Self>, cx: &mut Context, ahead: &mut Ahead) -> Result<Exit, Error> {
        cx.stop_at_signals()?;
        let Update {
            family,
            mut filter,
            change,
            show,
        } = *self;
        settle(&mut filter, Unnoted::Refused, cx)?;
        let mut tally = Tally::planned("updated");
        let scan = Scan {
            what: Dump::Flows,
            family,
            filter,
            needs: Attributes::ALL,
        };
        let ended = scan.run(cx, |flow, cx| {
            let Some((changed, labels)) = change.apply(flow).filter(|_| ahead.has(flow)) else {
                return Ok(());
            };
            if let Some(errno) = change.refusal(flow) {
                return Err(netlink::Error::Refused(errno).into());
            }
            let labels = labels.afterwards(flow.labels);
            let row = Row {
                flow: &change::afterwards(flow, &changed, &labels),
                occasion: Occasion::Listed,
            };
            tally.count += 1;
            ahead.updated += 1;
            cx.out.row(|buffer| show.flow(buffer, &row))
        });
        tally.conclude(ended, cx)
    }
}

impl Batch<'_> {
    /// Adds a flow, if there is anything to change about it; tells whether there is no room for another.
    fn push(&mut self, flow: &Flow) -> bool {
        if self.by_name {
            let changed = write_change(self.change, flow, &mut self.changes);
            let any = |changed| Changed {
                id: None,
                ..changed
            };
            self.changed.extend(changed.map(any));
        } else if self.change.apply(flow).is_some() {
            request::get(&mut self.probes, flow);
            self.identities.push(Identity::of(flow));
        }
        self.identities.len() + self.changed.len() >= self.limit
    }

    /// The kernel finds a flow to change by its tuple alone. So it is asked first what has that tuple by now, where that
    /// matters, and afterwards what became of it.
    fn send(&mut self, cx: &mut Context) -> Result<(), Error> {
        let Batch {
            identities,
            changes,
            changed,
            ..
        } = self;
        self.socket.exchange(&mut self.probes, |index, answer| {
            if let (Answer::Entry(Content::Flow(body)), Some(identity)) =
                (answer, identities.get(index))
            {
                let wanted = self.filter.needs().union(Attributes::USUAL);
                let flow = decode::flow(&body, wanted).map_err(netlink::Error::from)?;
                if identity.is_of(&flow) && self.filter.matches(&flow) {
                    changed.extend(write_change(self.change, &flow, changes));
                }
            }
            Ok::<(), Error>(())
        })?;
        self.probes.clear();
        self.identities.clear();
        let sent = self.send_changes(cx);
        self.changes.clear();
        self.changed.clear();
        sent
    }

    fn send_changes(&mut self, cx: &mut Context) -> Result<(), Error> {
        let mut refusal = None;
        let mut unchanged = None;
        let mut written = Ok(());
        self.socket.exchange(&mut self.changes, |index, answer| {
            let Some(changed) = self.changed.get(index / 2) else {
                return Ok(());
            };
            match answer {
                Answer::Refused(ENOENT) => unchanged = Some(index / 2),
                Answer::Refused(ENOSPC) if changed.lacks_labels => {
                    unchanged = Some(index / 2);
                    self.without_labels += u64::from(self.change.is_more_than_labels());
                }
                Answer::Refused(errno) => {
                    unchanged = Some(index / 2);
                    refusal.get_or_insert(netlink::Error::Refused(errno));
                }
                // Reading back shows a flow also where it was not changed.
                Answer::Entry(_) if unchanged == Some(index / 2) => {}
                Answer::Entry(Content::Flow(body)) => {
                    let flow = decode::flow(&body, self.show.style.needs())
                        .map_err(netlink::Error::from)?;
                    if changed.id.is_none() || flow.id == changed.id {
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
        written?;
        refusal.map_or(Ok(()), |refusal| Err(refusal.into()))
    }
}

/// Appends the requests that change a flow and read it back, where there is anything to change.
fn write_change(change: &Change, flow: &Flow, out: &mut Vec<u8>) -> Option<Changed> {
    let (changed, labels) = change.apply(flow)?;
    request::update(out, &changed, &labels);
    request::get(out, &changed);
    Some(Changed {
        id: flow.id,
        lacks_labels: flow.labels.is_none() && labels.bits.is_some(),
    })
}
