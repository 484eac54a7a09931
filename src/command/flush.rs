//! `-F`: empties a table.

use super::run::{Command, Exit, request_one};
use crate::context::Context;
use crate::error::Error;
use crate::flow::Family;
use crate::netlink::request;
use crate::netlink::socket::Socket;
use crate::task::{Entries, Task, Verb};

#[derive(Debug)]
pub struct Flush {
    pub entries: Entries,
    /// Only the flows of this family.
    pub family: Option<Family>,
}

impl Command for Flush {
    fn task(&self) -> Task {
        Task {
            verb: Verb::Flush,
            entries: self.entries,
        }
    }

    /// That a table is empty is said in a load file too.
    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let mut bytes = Vec::new();
        let table = match self.entries {
            Entries::Flows => {
                request::flush(&mut bytes, self.family);
                "connection tracking"
            }
            Entries::Expectations => {
                request::flush_expectations(&mut bytes);
                "expectation"
            }
        };
        request_one(&mut Socket::open()?, &mut bytes)?;
        cx.notes
            .message(format_args!("{table} table has been emptied."));
        Ok(Exit::DONE)
    }
}
