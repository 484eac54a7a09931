//! `-E`: shows changes as they happen, until a signal ends it.

use super::sender::Senders;
use crate::error::Error;
use crate::filter::Filter;
use crate::format::{Entries, Format, Occasion, Row};
use crate::netlink::message::{Content, Message, messages};
use crate::netlink::subscription::Subscription;
use crate::netlink::{self, decode};
use crate::output::{self, Output};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::SignalFd;
use std::io;
use std::time::SystemTime;

const LOSS: &str = "WARNING: We have hit ENOBUFS! We are losing events.
This message means that the current netlink socket buffer size is too small.
Please, check --buffer-size in conntrack(8) manpage.";

#[derive(Debug)]
pub struct Watch {
    pub entries: Entries,
    /// NFNLGRP_ numbers.
    pub groups: Vec<u32>,
    pub filter: Filter,
    pub format: Format,
    /// Bytes that were asked for.
    pub buffer_size: Option<usize>,
}

impl Watch {
    pub fn run(self, out: &mut Output) -> Result<(), Error> {
        let expectations = self.entries == Entries::Expectations;
        let subscription = Subscription::open(&self.groups, self.buffer_size).map_err(|error| {
            if !expectations {
                output::notice(format_args!(
                    "mnl_socket_bind: {}",
                    crate::error::describe_netlink(&error)
                ));
            }
            Error::Subscribe { expectations }
        })?;
        if self.buffer_size.is_some() {
            let size = subscription.buffer_size()?;
            output::notice(format_args!(
                "NOTICE: Netlink socket buffer size has been set to {size} bytes."
            ));
        }
        let signals = block_signals().map_err(netlink::Error::from)?;

        out.set_frame(self.format.frame(self.entries));
        let mut losses = 0u64;
        let mut shown = 0u64;
        let mut senders = Senders::default();
        subscription.listen(
            &signals,
            || {
                losses += 1;
                output::notice(LOSS);
            },
            |received| {
                for message in messages(received) {
                    let message = message.map_err(netlink::Error::from)?;
                    shown += u64::from(self.show(&message, &mut senders, out)?);
                }
                out.flush()
            },
        )?;
        out.close()?;
        if losses > 0 {
            output::notice(format_args!(
                "WARNING: The socket's buffer overran {losses} times."
            ));
        }
        let kind = if expectations { "expectation" } else { "flow" };
        output::message(format_args!("{shown} {kind} events have been shown."));
        Ok(())
    }

    /// Shows an event; tells whether it was one that is wanted.
    fn show(
        &self,
        message: &Message,
        senders: &mut Senders,
        out: &mut Output,
    ) -> Result<bool, Error> {
        let now = SystemTime::now();
        match message.content().map_err(netlink::Error::from)? {
            Content::Flow(body) => {
                let flow =
                    decode::flow(body.family, body.attributes).map_err(netlink::Error::from)?;
                if !self.filter.matches(&flow) {
                    return Ok(false);
                }
                let occasion = Occasion::Event(message.event(), senders.find(message.port));
                let row = Row {
                    flow: &flow,
                    occasion,
                    now,
                };
                out.row(|buffer| self.format.flow(buffer, &row))?;
                Ok(true)
            }
            Content::Expectation(body) => {
                let entry = decode::expectation(body.family, body.attributes)
                    .map_err(netlink::Error::from)?;
                let occasion = Occasion::Event(message.event(), None);
                out.row(|buffer| self.format.expectation(buffer, &entry, occasion, now))?;
                Ok(true)
            }
            Content::Done(_) | Content::Answer(_) | Content::Other => Ok(false),
        }
    }
}

/// The signals that end the stream become readable in place of ending the program.
fn block_signals() -> io::Result<SignalFd> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.add(Signal::SIGTERM);
    signals.thread_block()?;
    Ok(SignalFd::new(&signals)?)
}
