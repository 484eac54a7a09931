//! What all commands have in common.

use super::ahead::Ahead;
use crate::context::Context;
use crate::error::Error;
use crate::field::Setting;
use crate::format::Show;
use crate::netlink;
use crate::netlink::socket::{Answer, Socket};
use crate::task::Task;
use std::fmt::Debug;

/// An error and the number of its line in a load file.
pub type InLine = (usize, Error);

/// A command with everything that it needs to know.
pub trait Command: Debug + Send {
    /// What it asks of the kernel, for the words of a refusal.
    fn task(&self) -> Task;

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error>;

    /// The settings of the kernel without which it touches nothing.
    fn requires(&self) -> Vec<Setting> {
        Vec::new()
    }

    /// How it shows flows, where not as it was made to.
    fn show_as(&mut self, _: &Show) {}

    /// Shows what it would do, and does nothing; that of commands which the command line takes `--dry-run` for.
    fn dry_run(self: Box<Self>, _: &mut Context, _: &mut Ahead) -> Result<Exit, Error> {
        Ok(Exit::DONE)
    }
}

/// The exit status of a run that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    pub const DONE: Exit = Exit(0);
    /// There was nothing to do it to, which the summary has said.
    pub const NOTHING: Exit = Exit(1);

    /// For commands that must find something.
    pub fn of_found(count: u64) -> Exit {
        if count == 0 {
            Exit::NOTHING
        } else {
            Exit::DONE
        }
    }
}

/// Runs a command; its errors know what it was doing. Rows may still wait when it has ended.
pub fn run(command: Box<dyn Command>, cx: &mut Context) -> Result<Exit, Error> {
    let task = command.task();
    command.run(cx).map_err(|error| error.during(task))
}

/// Sends one request, of which only the success matters.
pub fn request_one(socket: &mut Socket, request: &mut [u8]) -> Result<(), Error> {
    socket.exchange(request, |_, answer| match answer {
        Answer::Refused(errno) => Err(netlink::Error::Refused(errno).into()),
        Answer::Entry(_) => Ok(()),
    })
}
