//! `-E`: shows changes as they happen, until a signal ends it.

use super::run::{Command, Exit};
use super::sender::Senders;
use super::settle::{Unnoted, settle};
use crate::context::Context;
use crate::error::{self, Error};
use crate::filter::Filter;
use crate::flow::{Attributes, Event};
use crate::format::{Occasion, Row, Show};
use crate::netlink::constants::*;
use crate::netlink::message::{Content, Message, messages};
use crate::netlink::subscription::{End, Subscription};
use crate::netlink::{self, decode};
use crate::stop::Ignored;
use crate::task::{Entries, Task, Verb};

const LOSS: &str = "WARNING: We have hit ENOBUFS! We are losing events.
This message means that the current netlink socket buffer size is too small.
Please, check --buffer-size in conntrack(8) manpage.";

#[derive(Debug)]
pub struct Watch {
    pub entries: Entries,
    pub events: Vec<Event>,
    pub filter: Filter,
    pub show: Show,
    /// Bytes that were asked for.
    pub buffer_size: Option<usize>,
}

impl Command for Watch {
    fn task(&self) -> Task {
        Task {
            verb: Verb::Event,
            entries: self.entries,
        }
    }

    fn run(mut self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        settle(&mut self.filter, Unnoted::Said, cx)?;
        // Before events are asked for, so that no signal finds some that have come and nobody to say how many.
        let stop = cx.stop;
        stop.arm(Ignored::default()).map_err(netlink::Error::from)?;
        let subscription = self.subscribe(cx)?;
        cx.out.set_frame(self.show.style.frame(self.entries));
        let mut losses = 0u64;
        let mut shown = 0u64;
        let mut senders = Senders::default();
        let wanted = self.filter.needs().union(self.show.style.needs());
        let end = subscription.listen(stop.fd(), |received| {
            for _ in 0..received.overruns {
                losses += 1;
                cx.notes.notice(LOSS);
            }
            if received.overruns > 0 {
                self.show_loss(received.overruns.into(), cx)?;
            }
            for message in messages(received.filled()) {
                let message = message.map_err(netlink::Error::from)?;
                shown += u64::from(self.show(&message, wanted, &mut senders, cx)?);
            }
            cx.out.flush()
        })?;
        cx.out.end_document()?;
        if losses > 0 {
            cx.notes.notice(format_args!(
                "WARNING: The socket's buffer overran {losses} times."
            ));
        }
        if end == End::CutShort {
            cx.notes
                .notice("WARNING: More events had arrived than are shown.");
        }
        let kind = match self.entries {
            Entries::Flows => "flow",
            Entries::Expectations => "expectation",
        };
        cx.conclude(format_args!("{shown} {kind} events have been shown."))?;
        Ok(Exit::DONE)
    }
}

impl Watch {
    fn subscribe(&self, cx: &mut Context) -> Result<Subscription, Error> {
        let groups = self.events.iter().map(|event| group(self.entries, *event));
        let opened = Subscription::open(groups.collect(), self.buffer_size);
        let subscription = opened.map_err(|error| {
            if self.entries == Entries::Flows {
                cx.notes.notice(format_args!(
                    "mnl_socket_bind: {}",
                    error::describe_netlink(&error)
                ));
            }
            Error::Subscribe(self.entries)
        })?;
        if self.buffer_size.is_some() {
            let size = subscription.buffer_size()?;
            cx.notes.notice(format_args!(
                "NOTICE: Netlink socket buffer size has been set to {size} bytes."
            ));
        }
        Ok(subscription)
    }

    /// Shows that events were lost, in formats that have a form for that.
    fn show_loss(&self, times: u64, cx: &mut Context) -> Result<(), Error> {
        let mut row = Vec::new();
        self.show.style.lost(&mut row, times);
        match row.is_empty() {
            true => Ok(()),
            false => cx.out.text(&row),
        }
    }

    /// Shows an event; tells whether it was one that is wanted.
    fn show(
        &self,
        message: &Message,
        wanted: Attributes,
        senders: &mut Senders,
        cx: &mut Context,
    ) -> Result<bool, Error> {
        match message.content().map_err(netlink::Error::from)? {
            Content::Flow(body) => {
                let flow = decode::flow(&body, wanted).map_err(netlink::Error::from)?;
                if !self.filter.matches(&flow) {
                    return Ok(false);
                }
                let sender = senders.find(cx.proc, message.port);
                let row = Row {
                    flow: &flow,
                    occasion: Occasion::Event(message.event(), sender),
                };
                cx.out.row(|buffer| self.show.flow(buffer, &row))?;
                Ok(true)
            }
            Content::Expectation(body) => {
                let entry = decode::expectation(&body).map_err(netlink::Error::from)?;
                let occasion = Occasion::Event(message.event(), None);
                cx.out
                    .row(|buffer| self.show.expectation(buffer, &entry, occasion))?;
                Ok(true)
            }
            Content::Done(_) | Content::Nlmsgerr(_) | Content::Other => Ok(false),
        }
    }
}

/// The multicast group of an event.
fn group(entries: Entries, event: Event) -> u32 {
    match (entries, event) {
        (Entries::Flows, Event::New) => NFNLGRP_CONNTRACK_NEW,
        (Entries::Flows, Event::Update) => NFNLGRP_CONNTRACK_UPDATE,
        (Entries::Flows, Event::Destroy) => NFNLGRP_CONNTRACK_DESTROY,
        (Entries::Expectations, Event::New) => NFNLGRP_CONNTRACK_EXP_NEW,
        (Entries::Expectations, Event::Update) => NFNLGRP_CONNTRACK_EXP_UPDATE,
        (Entries::Expectations, Event::Destroy) => NFNLGRP_CONNTRACK_EXP_DESTROY,
    }
}
