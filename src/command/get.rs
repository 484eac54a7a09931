//! `-G`: shows one flow.

use super::run::{Command, Exit};
use crate::context::Context;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::Flow;
use crate::format::{Occasion, Row, Show};
use crate::netlink::message::Content;
use crate::netlink::socket::{Answer, Socket};
use crate::netlink::{self, decode, request};
use crate::task::{Entries, Task, Verb};

#[derive(Debug)]
pub struct Get {
    /// Its tuples, of which one is enough.
    pub flow: Flow<'static>,
    /// What else it must be.
    pub filter: Filter,
    pub show: Show,
}

impl Command for Get {
    fn task(&self) -> Task {
        Task::flows(Verb::Get)
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let mut bytes = Vec::new();
        request::get(&mut bytes, &self.flow);
        let wanted = self.filter.needs().union(self.show.style.needs());
        let mut shown = 0;
        cx.out.set_frame(self.show.style.frame(Entries::Flows));
        Socket::open()?.exchange(&mut bytes, |_, answer| match answer {
            Answer::Refused(errno) => Err(netlink::Error::Refused(errno).into()),
            Answer::Entry(Content::Flow(body)) => {
                let flow = decode::flow(&body, wanted).map_err(netlink::Error::from)?;
                if !self.filter.matches(&flow) {
                    return Ok(());
                }
                shown += 1;
                let row = Row {
                    flow: &flow,
                    occasion: Occasion::Listed,
                };
                cx.out.row(|buffer| self.show.flow(buffer, &row))
            }
            Answer::Entry(_) => Ok(()),
        })?;
        cx.conclude(format_args!("{shown} flow entries have been shown."))?;
        Ok(Exit::of_found(shown))
    }
}
