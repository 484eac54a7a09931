//! `--ignore-missing`: that nothing was found is no failure.

use super::run::{Command, Exit};
use crate::context::Context;
use crate::error::Error;
use crate::netlink;
use crate::task::{Entries, Task, Verb};
use nix::libc::ENOENT;

/// A command that may find nothing.
#[derive(Debug)]
pub struct IgnoreMissing(pub Box<dyn Command>);

impl Command for IgnoreMissing {
    fn task(&self) -> Task {
        self.0.task()
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let task = self.task();
        match self.0.run(cx) {
            Ok(Exit::NOTHING) => Ok(Exit::DONE),
            Err(Error::Kernel(_, netlink::Error::Refused(ENOENT))) => {
                if let Some(summary) = nothing(task) {
                    cx.conclude(summary)?;
                }
                Ok(Exit::DONE)
            }
            other => other,
        }
    }
}

/// The summary of a command that the kernel told there is no such entry; `-G` of an expectation has none.
fn nothing(task: Task) -> Option<&'static str> {
    match (task.entries, task.verb) {
        (Entries::Flows, Verb::Get) => Some("0 flow entries have been shown."),
        (Entries::Expectations, Verb::Delete) => Some("0 expectations have been deleted."),
        _ => None,
    }
}
