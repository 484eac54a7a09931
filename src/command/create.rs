//! `-I` and `-A`: makes a flow.

use super::run::{Command, Exit, request_one};
use crate::context::Context;
use crate::error::Error;
use crate::flow::{Flow, Labels, Nat};
use crate::netlink::request;
use crate::netlink::socket::Socket;
use crate::task::{Task, Verb};

#[derive(Debug)]
pub struct Create {
    pub flow: Flow<'static>,
    pub labels: Labels,
    pub nat: Nat,
    /// Whether a flow that exists already is changed (`-A`) or an error (`-I`).
    pub overwrite: bool,
}

/// A line of a load file that makes a flow.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Counted from 1.
    pub number: u32,
    /// The length of its request, in bytes.
    pub length: u32,
    /// Whether a flow that exists already is changed (`-A`).
    pub overwrite: bool,
    /// Whether the kernel is to make its reply.
    pub has_nat: bool,
}

impl Line {
    pub fn number(&self) -> usize {
        self.number as usize
    }
}

impl Create {
    /// Appends the request; `exclusive` where a flow that exists already is to be refused.
    pub fn write(&self, out: &mut Vec<u8>, exclusive: bool) {
        request::create(out, &self.flow, &self.labels, &self.nat, exclusive);
    }
}

impl Command for Create {
    fn task(&self) -> Task {
        Task::flows(match self.overwrite {
            true => Verb::Add,
            false => Verb::Create,
        })
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, !self.overwrite);
        request_one(&mut Socket::open()?, &mut bytes)?;
        let done = if self.overwrite { "added" } else { "created" };
        cx.conclude(format_args!("1 flow entries have been {done}."))?;
        Ok(Exit::DONE)
    }
}
