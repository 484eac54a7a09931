//! `-R`: carries out the lines of a file, all of which were read before.

use super::ahead::Ahead;
use super::create::Create;
use super::creations::{Creations, Room};
use super::delete::Delete;
use super::deletions::Deletions;
use super::passage::{Again, Place};
use super::run::{self, Command, Exit, InLine};
use super::settle::{self, Unnoted};
use crate::context::Context;
use crate::error::Error;
use crate::format::Show;
use crate::task::{Task, Verb};
use crate::text::Text;

#[derive(Debug)]
pub struct Load {
    pub file: Text,
    /// How a dry run shows flows, where not as each line says for itself.
    pub plan_show: Option<Show>,
    steps: Vec<Step>,
    room: Room,
}

/// What a line asks for.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "most lines are of the large kind, and none is kept"
)]
pub enum LineOfFile {
    Create(Create),
    Delete(Delete),
    Other(Box<dyn Command>),
    /// It is wrong in a way that counts only once the lines before it are carried out.
    Wrong(Error),
}

/// Some of the lines, in their order.
#[derive(Debug)]
enum Step {
    Create(Creations),
    Delete(Deletions),
    Other(usize, Box<dyn Command>),
    Wrong(usize, Error),
}

impl Load {
    /// A file, which may be one that can be read again.
    pub fn new(file: Text, again: Option<Box<dyn Again>>) -> Load {
        Load {
            file,
            plan_show: None,
            steps: Vec::new(),
            room: Room::new(again),
        }
    }

    /// Adds a line.
    pub fn add(&mut self, place: Place, line: LineOfFile) {
        let number = place.number;
        let step = match (line, self.steps.last_mut()) {
            (LineOfFile::Create(create), Some(Step::Create(creations))) => {
                return creations.add(place, &create, &mut self.room);
            }
            (LineOfFile::Create(create), _) => {
                let mut creations = Creations::default();
                creations.add(place, &create, &mut self.room);
                Step::Create(creations)
            }
            (LineOfFile::Delete(delete), Some(Step::Delete(Deletions(lines)))) => {
                return lines.push((number, delete));
            }
            (LineOfFile::Delete(delete), _) => Step::Delete(Deletions(vec![(number, delete)])),
            (LineOfFile::Other(command), _) => Step::Other(number, command),
            (LineOfFile::Wrong(error), _) => Step::Wrong(number, error),
        };
        self.steps.push(step);
    }
}

impl Command for Load {
    fn task(&self) -> Task {
        Task::flows(Verb::Load)
    }

    /// The first refusal ends it. Lines show rows but no summary, and where one finds nothing that is no failure.
    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        cx.quiet = true;
        cx.stop_at_signals()?;
        self.each("carried out", cx, Step::run)?;
        Ok(Exit::DONE)
    }

    /// Each line is shown on the table as the lines before it would leave it.
    fn dry_run(self: Box<Self>, cx: &mut Context, _: &mut Ahead) -> Result<Exit, Error> {
        cx.quiet = true;
        cx.stop_at_signals()?;
        let mut ahead = Ahead::of_many();
        let show = self.plan_show.clone();
        let ended = self.each("looked at", cx, |step, room, done, cx| {
            step.dry_run(show.as_ref(), room, &mut ahead, done, cx)
        });
        cx.quiet = false;
        if ended.is_ok() {
            cx.conclude(format_args!(
                "{} flow entries would be created.",
                ahead.created
            ))?;
        }
        for (count, done) in [(ahead.updated, "updated"), (ahead.deleted, "deleted")] {
            if ended.is_ok() && count > 0 {
                cx.notes
                    .message(format_args!("{count} flow entries would be {done}."));
            }
        }
        ended.map(|()| Exit::DONE)
    }
}

impl Load {
    /// Goes through the steps, which count the lines that are done. The first error ends it, and names its line.
    fn each(
        self,
        done_to_lines: &str,
        cx: &mut Context,
        mut each: impl FnMut(Step, &Room, &mut usize, &mut Context) -> Result<(), InLine>,
    ) -> Result<(), Error> {
        let lines = self.steps.iter().map(Step::lines).sum::<usize>();
        let mut done = 0;
        for step in &self.steps {
            step.require(cx).map_err(|(line, error)| Error::Line {
                error: Box::new(error),
                line,
                file: self.file.clone(),
            })?;
        }
        for step in self.steps {
            each(step, &self.room, &mut done, cx).map_err(|(line, error)| match error {
                Error::Interrupted { signal, .. } => Error::Interrupted {
                    signal,
                    said: Some(format!("{done} of {lines} lines {done_to_lines}.")),
                },
                error => Error::Line {
                    error: Box::new(error),
                    line,
                    file: self.file.clone(),
                },
            })?;
        }
        Ok(())
    }
}

impl Step {
    fn lines(&self) -> usize {
        match self {
            Step::Create(creations) => creations.count(),
            Step::Delete(Deletions(lines)) => lines.len(),
            Step::Other(..) | Step::Wrong(..) => 1,
        }
    }

    /// What a line may not be carried out without is known before any is.
    fn require(&self, cx: &mut Context) -> Result<(), InLine> {
        let mut check = |number: usize, command: &dyn Command| {
            let checked = settle::require(command.requires(), Unnoted::Refused, cx);
            checked.map_err(|error| (number, error))
        };
        match self {
            Step::Create(_) | Step::Wrong(..) => Ok(()),
            Step::Delete(Deletions(lines)) => lines
                .iter()
                .try_for_each(|(number, line)| check(*number, line)),
            Step::Other(number, command) => check(*number, command.as_ref()),
        }
    }

    /// Counts the lines that are done.
    fn run(self, room: &Room, done: &mut usize, cx: &mut Context) -> Result<(), InLine> {
        match self {
            Step::Create(creations) => creations.run(room, done, cx),
            Step::Delete(deletions) => deletions.run(done, cx),
            Step::Wrong(number, error) => Err((number, error)),
            Step::Other(number, command) => {
                run::run(command, cx).map_err(|error| (number, error))?;
                *done += 1;
                cx.stop.check().map_err(|error| (number, error))
            }
        }
    }

    fn dry_run(
        self,
        show: Option<&Show>,
        room: &Room,
        ahead: &mut Ahead,
        done: &mut usize,
        cx: &mut Context,
    ) -> Result<(), InLine> {
        let mut look_at = |number, mut command: Box<dyn Command>, ahead: &mut Ahead| {
            if let Some(show) = show {
                command.show_as(show);
            }
            look_at(number, command, ahead, done, cx)
        };
        match self {
            Step::Create(creations) => creations.dry_run(show, room, ahead, done, cx),
            Step::Wrong(number, error) => Err((number, error)),
            Step::Other(number, command) => look_at(number, command, ahead),
            Step::Delete(Deletions(lines)) => lines
                .into_iter()
                .try_for_each(|(number, line)| look_at(number, Box::new(line), ahead)),
        }
    }
}

/// Shows what one line would do.
fn look_at(
    number: usize,
    command: Box<dyn Command>,
    ahead: &mut Ahead,
    done: &mut usize,
    cx: &mut Context,
) -> Result<(), InLine> {
    let task = command.task();
    let shown = command.dry_run(cx, ahead);
    shown.map_err(|error| (number, error.during(task)))?;
    *done += 1;
    cx.stop.check().map_err(|error| (number, error))
}
