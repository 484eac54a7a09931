//! The flows that lines of a load file would make, in a dry run: each is asked for, and shown where it could be made.

use super::ahead::Ahead;
use super::create::Line;
use super::undo::asked_for;
use crate::context::Context;
use crate::error::Error;
use crate::flow::{Attributes, Event, Flow, Status};
use crate::format::{Occasion, Row, Show};
use crate::netlink::message::Content;
use crate::netlink::socket::{Answer, Socket};
use crate::netlink::{self, decode, request};
use crate::task::{Task, Verb};
use nix::libc::{EEXIST, ENOENT, EOPNOTSUPP};

/// How many requests look for flows in the place of one.
pub const PROBES: usize = 2;

/// What a line would make.
pub struct Plan<'a> {
    flow: Flow<'a>,
    overwrite: bool,
    has_nat: bool,
    /// Whether a flow would be there of its original tuple, and of that of its reply.
    exists: [bool; PROBES],
}

/// What lines would make of the table, whose requests are these; the kernel confirms every flow.
pub fn plans<'a>(
    socket: &mut Socket,
    lines: &[Line],
    requests: impl Iterator<Item = &'a [u8]>,
    ahead: &Ahead,
) -> Result<Vec<Plan<'a>>, Error> {
    let mut probes = Vec::new();
    let plan = |(line, request): (&Line, &'a [u8])| {
        let asked = asked_for(request).unwrap_or_default();
        let status = asked.status.unwrap_or_default().union(Status::CONFIRMED);
        let flow = Flow {
            status: Some(status),
            ..asked
        };
        write_probes(&flow, line.has_nat, &mut probes);
        Plan {
            flow,
            overwrite: line.overwrite,
            has_nat: line.has_nat,
            exists: [false; PROBES],
        }
    };
    let mut plans: Vec<Plan> = lines.iter().zip(requests).map(plan).collect();
    socket.exchange(&mut probes, |index, answer| match answer {
        Answer::Entry(Content::Flow(body)) => {
            let found = decode::flow(&body, Attributes::USUAL).map_err(netlink::Error::from)?;
            if let Some(plan) = plans.get_mut(index / PROBES) {
                plan.exists[index % PROBES] = ahead.has(&found);
            }
            Ok(())
        }
        Answer::Refused(errno) if errno != ENOENT => Err(netlink::Error::Refused(errno).into()),
        _ => Ok::<(), Error>(()),
    })?;
    Ok(plans)
}

/// Asks for both tuples. NAT makes that of the reply itself, one that is free.
fn write_probes(flow: &Flow, has_nat: bool, out: &mut Vec<u8>) {
    let reply = Flow {
        orig: flow.reply,
        ..flow.clone()
    };
    request::get(out, flow);
    request::get(out, if has_nat { flow } else { &reply });
}

impl Plan<'_> {
    /// Shows the flow, unless the kernel would refuse it because of one that is there.
    pub fn show(&self, show: &Show, ahead: &mut Ahead, cx: &mut Context) -> Result<(), Error> {
        let [exists, taken] = self.exists;
        let made = ahead.has_made(&self.flow);
        let event = match (self.overwrite, exists || made) {
            // The NAT of a flow that is there cannot be changed.
            (true, true) if self.has_nat => {
                let refused = Error::from(netlink::Error::Refused(EOPNOTSUPP));
                return Err(refused.during(Task::flows(Verb::Add)));
            }
            (true, true) => Event::Update,
            (_, false) if !taken => Event::New,
            (overwrite, _) => {
                let verb = if overwrite { Verb::Add } else { Verb::Create };
                let refused = Error::from(netlink::Error::Refused(EEXIST));
                return Err(refused.during(Task::flows(verb)));
            }
        };
        match event {
            Event::Update => ahead.updated += 1,
            _ => ahead.create(&self.flow),
        }
        let row = Row {
            flow: &self.flow,
            occasion: Occasion::Event(Some(event), None),
        };
        cx.out.row(|buffer| show.flow(buffer, &row))
    }
}
