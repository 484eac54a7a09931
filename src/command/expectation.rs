//! The commands on the expectation table: `-L`, `-I`, `-G` and `-D` with `expect`.

use super::create::request_one;
use crate::error::Error;
use crate::flow::{Family, Tuple};
use crate::format::{Entries, Format, Occasion};
use crate::netlink::encode::{self, Dump, NewExpectation};
use crate::netlink::kernel_filter::Hints;
use crate::netlink::message::Content;
use crate::netlink::socket::{Reply, Socket};
use crate::netlink::{self, decode};
use crate::output::{self, Output};
use std::time::SystemTime;

#[derive(Debug)]
pub struct List {
    pub family: Option<Family>,
    pub format: Format,
}

#[derive(Debug)]
pub struct Create {
    pub new: NewExpectation,
}

/// Shows the expectation of a tuple.
#[derive(Debug)]
pub struct Get {
    pub family: Family,
    pub tuple: Tuple,
}

/// Deletes the expectation of a tuple.
#[derive(Debug)]
pub struct Delete {
    pub family: Family,
    pub tuple: Tuple,
}

impl List {
    pub fn run(self, out: &mut Output) -> Result<(), Error> {
        let mut request = Vec::new();
        let family = self.family.unwrap_or_default();
        encode::dump(&mut request, Dump::Expectations, family, &Hints::default());
        let mut shown = 0u64;
        out.set_frame(self.format.frame(Entries::Expectations));
        let listed = Socket::open()?.dump(&mut request, |content| {
            shown += 1;
            show(content, &self.format, out)
        });
        out.close()?;
        listed?;
        output::message(format_args!("{shown} expectations have been shown."));
        Ok(())
    }
}

impl Create {
    pub fn run(self) -> Result<(), Error> {
        let mut request = Vec::new();
        encode::create_expectation(&mut request, &self.new);
        request_one(&mut Socket::open()?, &mut request)
    }
}

impl Get {
    pub fn run(self, out: &mut Output) -> Result<(), Error> {
        let mut request = Vec::new();
        encode::get_expectation(&mut request, self.family, &self.tuple);
        Socket::open()?.exchange(&mut request, |_, reply| match reply {
            Reply::Refused(number) => Err(netlink::Error::Refused(number).into()),
            Reply::Entry(content) => show(content, &Format::default(), out),
        })?;
        out.close()
    }
}

impl Delete {
    pub fn run(self) -> Result<(), Error> {
        let mut request = Vec::new();
        encode::delete_expectation(&mut request, self.family, &self.tuple);
        request_one(&mut Socket::open()?, &mut request)?;
        output::message("1 expectations have been deleted.");
        Ok(())
    }
}

fn show(content: Content, format: &Format, out: &mut Output) -> Result<(), Error> {
    let Content::Expectation(body) = content else {
        return Ok(());
    };
    let entry = decode::expectation(body.family, body.attributes).map_err(netlink::Error::from)?;
    out.row(|buffer| {
        format.expectation(buffer, &entry, Occasion::Listed, SystemTime::now());
    })
}
