//! The commands on the expectation table: `-L`, `-I`, `-G` and `-D` with `expect`.

use super::ahead::Ahead;
use super::run::{Command, Exit, request_one};
use crate::context::Context;
use crate::error::Error;
use crate::flow::{Family, Tuple};
use crate::format::{Occasion, Show};
use crate::netlink::dump::Dump;
use crate::netlink::kernel_filter::Hints;
use crate::netlink::message::Content;
use crate::netlink::request::{self, NewExpectation};
use crate::netlink::socket::{Answer, Socket};
use crate::netlink::{self, decode, reading};
use crate::task::{Entries, Task, Verb};

#[derive(Debug)]
pub struct List {
    pub family: Option<Family>,
    pub show: Show,
}

#[derive(Debug)]
pub struct Create {
    pub family: Family,
    /// That of the flow which expects.
    pub master: Tuple,
    pub expected: Tuple,
    /// Which bits of it count.
    pub mask: Tuple,
    /// Seconds.
    pub timeout: u32,
}

/// Shows the expectation of a tuple.
#[derive(Debug)]
pub struct Get {
    pub family: Family,
    pub tuple: Tuple,
    pub show: Show,
}

/// Deletes the expectation of a tuple.
#[derive(Debug)]
pub struct Delete {
    pub family: Family,
    pub tuple: Tuple,
    /// How it is shown what would be deleted.
    pub show: Show,
}

impl Command for List {
    fn task(&self) -> Task {
        Task::expectations(Verb::List)
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let family = self.family.unwrap_or_default();
        let mut shown = 0u64;
        cx.out
            .set_frame(self.show.style.frame(Entries::Expectations));
        reading::one(Dump::Expectations, family, &Hints::default(), |content| {
            shown += 1;
            show(content, &self.show, cx)
        })?;
        cx.conclude(format_args!("{shown} expectations have been shown."))?;
        Ok(Exit::DONE)
    }
}

impl Command for Create {
    fn task(&self) -> Task {
        Task::expectations(Verb::Create)
    }

    fn run(self: Box<Self>, _: &mut Context) -> Result<Exit, Error> {
        let mut bytes = Vec::new();
        let new = NewExpectation {
            family: self.family,
            master: self.master,
            tuple: self.expected,
            mask: self.mask,
            timeout: self.timeout,
        };
        request::create_expectation(&mut bytes, &new);
        request_one(&mut Socket::open()?, &mut bytes)?;
        Ok(Exit::DONE)
    }
}

impl Command for Get {
    fn task(&self) -> Task {
        Task::expectations(Verb::Get)
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        show_one(self.family, &self.tuple, &self.show, cx)?;
        Ok(Exit::DONE)
    }
}

impl Command for Delete {
    fn task(&self) -> Task {
        Task::expectations(Verb::Delete)
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let mut bytes = Vec::new();
        request::delete_expectation(&mut bytes, self.family, &self.tuple);
        request_one(&mut Socket::open()?, &mut bytes)?;
        cx.conclude("1 expectations have been deleted.")?;
        Ok(Exit::DONE)
    }

    fn dry_run(self: Box<Self>, cx: &mut Context, _: &mut Ahead) -> Result<Exit, Error> {
        show_one(self.family, &self.tuple, &self.show, cx)?;
        cx.conclude("1 expectations would be deleted.")?;
        Ok(Exit::DONE)
    }
}

fn show_one(family: Family, tuple: &Tuple, how: &Show, cx: &mut Context) -> Result<(), Error> {
    let mut bytes = Vec::new();
    request::get_expectation(&mut bytes, family, tuple);
    Socket::open()?.exchange(&mut bytes, |_, answer| match answer {
        Answer::Refused(errno) => Err(netlink::Error::Refused(errno).into()),
        Answer::Entry(content) => show(content, how, cx),
    })
}

pub fn show(content: Content, show: &Show, cx: &mut Context) -> Result<(), Error> {
    let Content::Expectation(body) = content else {
        return Ok(());
    };
    let entry = decode::expectation(&body).map_err(netlink::Error::from)?;
    cx.out
        .row(|buffer| show.expectation(buffer, &entry, Occasion::Listed))
}
