//! `--dry-run`: what a command would do, without doing it.

use super::ahead::Ahead;
use super::run::{Command, Exit};
use crate::context::Context;
use crate::error::Error;
use crate::task::Task;

/// A command that only shows what it would do.
#[derive(Debug)]
pub struct DryRun(pub Box<dyn Command>);

impl Command for DryRun {
    fn task(&self) -> Task {
        self.0.task()
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        self.0.dry_run(cx, &mut Ahead::default())
    }
}
