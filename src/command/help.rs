//! `-h` and `-V`.

use super::run::{Command, Exit};
use crate::context::Context;
use crate::error::Error;
use crate::task::{Task, Verb};

/// Shows a text, which the command line makes of its own tables.
#[derive(Debug)]
pub struct Help {
    pub text: String,
}

#[derive(Debug)]
pub struct Version;

impl Command for Help {
    fn task(&self) -> Task {
        Task::flows(Verb::Help)
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        cx.out.text(self.text.as_bytes())?;
        Ok(Exit::DONE)
    }
}

impl Command for Version {
    fn task(&self) -> Task {
        Task::flows(Verb::Version)
    }

    /// The first line is the reference's, because scripts parse it.
    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let ours = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
        let text = format!("conntrack v1.4.9 (conntrack-tools)\n{ours}\n");
        cx.out.text(text.as_bytes())?;
        Ok(Exit::DONE)
    }
}
