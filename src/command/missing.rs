//! `--ignore-missing`: that nothing was found is no failure.

use super::ahead::Ahead;
use super::run::{Command, Exit};
use crate::context::Context;
use crate::error::Error;
use crate::field::Setting;
use crate::format::Show;
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
        let ended = self.0.run(cx);
        forgiven(ended, nothing(task, "have been"), cx)
    }

    fn requires(&self) -> Vec<Setting> {
        self.0.requires()
    }

    fn show_as(&mut self, show: &Show) {
        self.0.show_as(show);
    }

    fn dry_run(self: Box<Self>, cx: &mut Context, ahead: &mut Ahead) -> Result<Exit, Error> {
        let task = self.task();
        let ended = self.0.dry_run(cx, ahead);
        forgiven(ended, nothing(task, "would be"), cx)
    }
}

fn forgiven(
    ended: Result<Exit, Error>,
    summary: Option<String>,
    cx: &mut Context,
) -> Result<Exit, Error> {
    match ended {
        Ok(Exit::NOTHING) => Ok(Exit::DONE),
        Err(Error::Kernel(_, netlink::Error::Refused(ENOENT))) => {
            if let Some(summary) = summary {
                cx.conclude(summary)?;
            }
            Ok(Exit::DONE)
        }
        other => other,
    }
}

/// The summary of a command that the kernel told there is no such entry; `-G` of an expectation has none.
fn nothing(task: Task, done: &str) -> Option<String> {
    match (task.entries, task.verb) {
        (Entries::Flows, Verb::Get) => Some("0 flow entries have been shown.".to_owned()),
        (Entries::Expectations, Verb::Delete) => Some(format!("0 expectations {done} deleted.")),
        _ => None,
    }
}
