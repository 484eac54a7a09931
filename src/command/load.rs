//! `-R`: carries out the lines of a file, all of which were read before.

use super::ahead::Ahead;
use super::create::{Create, Line};
use super::delete::Delete;
use super::deletions::Deletions;
use super::plan;
use super::run::{self, Command, Exit, request_one};
use super::settle::{self, Unnoted};
use super::undo::undo;
use crate::context::Context;
use crate::error::Error;
use crate::flow::Nat;
use crate::format::Show;
use crate::netlink;
use crate::netlink::request;
use crate::netlink::socket::{Answer, Socket};
use crate::task::{Task, Verb};
use crate::text::Text;
use nix::libc::EEXIST;
use std::ops::Range;
use std::time::Instant;

#[derive(Debug)]
pub struct Load {
    pub file: Text,
    /// How a dry run shows flows, where not as each line says for itself.
    pub plan_show: Option<Show>,
    steps: Vec<Step>,
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

/// Lines that make flows. A file may have a million of them, so only their requests are kept.
#[derive(Debug, Default)]
pub struct Creations {
    requests: Vec<u8>,
    lines: Vec<Line>,
}

impl Load {
    pub fn new(file: Text) -> Load {
        Load {
            file,
            plan_show: None,
            steps: Vec::new(),
        }
    }

    /// Adds a line, whose number counts from 1.
    pub fn add(&mut self, number: usize, line: LineOfFile) {
        let step = match (line, self.steps.last_mut()) {
            (LineOfFile::Create(create), Some(Step::Create(creations))) => {
                return creations.add(number, &create);
            }
            (LineOfFile::Create(create), _) => {
                let mut creations = Creations::default();
                creations.add(number, &create);
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
        let ended = self.each("looked at", cx, |step, done, cx| {
            step.dry_run(show.as_ref(), &mut ahead, done, cx)
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
        mut each: impl FnMut(Step, &mut usize, &mut Context) -> Result<(), InLine>,
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
            each(step, &mut done, cx).map_err(|(line, error)| match error {
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

/// An error and the number of its line.
type InLine = (usize, Error);

impl Step {
    fn lines(&self) -> usize {
        match self {
            Step::Create(creations) => creations.lines.len(),
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
    fn run(self, done: &mut usize, cx: &mut Context) -> Result<(), InLine> {
        match self {
            Step::Create(creations) => creations.run(done, cx),
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
            Step::Create(creations) => creations.dry_run(show, ahead, done, cx),
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

impl Creations {
    fn add(&mut self, number: usize, create: &Create) {
        let start = self.requests.len();
        create.write(&mut self.requests, true);
        self.lines.push(Line {
            number: number as u32,
            length: (self.requests.len() - start) as u32,
            overwrite: create.overwrite,
            has_nat: create.nat != Nat::default(),
        });
    }

    /// Many lines travel in one send, each as if it alone might create its flow, and the kernel carries out all of
    /// them. So where one is refused, what those behind it made is deleted again; and a flow that exists already is only
    /// changed once all lines before are known to be done.
    fn run(mut self, done: &mut usize, cx: &mut Context) -> Result<(), InLine> {
        let first = self.lines.first().map_or(0, |line| line.number as usize);
        let mut socket = open().map_err(|error| (first, error.into()))?;
        let mut requests = &mut self.requests[..];
        let total = self.lines.len() as u64;
        cx.notes.begin_progress("lines carried out", Some(total));
        for lines in self.lines.chunks(socket.batch_limit()) {
            let length = lines.iter().map(|line| line.length as usize).sum();
            let (batch, rest) = requests.split_at_mut(length);
            run_batch(&mut socket, lines, batch, cx)?;
            *done += lines.len();
            cx.notes.step(lines.len() as u64);
            let number = lines.last().map_or(first, |line| line.number as usize);
            cx.stop.check().map_err(|error| (number, error))?;
            requests = rest;
        }
        cx.notes.end_progress();
        Ok(())
    }
}

impl Creations {
    /// Shows each flow as it would be made, unless one is there.
    fn dry_run(
        self,
        show: Option<&Show>,
        ahead: &mut Ahead,
        done: &mut usize,
        cx: &mut Context,
    ) -> Result<(), InLine> {
        let show = show.cloned().unwrap_or_default();
        let first = self.lines.first().map_or(0, |line| line.number as usize);
        let mut socket = open().map_err(|error| (first, error.into()))?;
        let ranges = ranges(&self.lines);
        let at_once = (socket.batch_limit() / plan::PROBES).max(1);
        for (lines, ranges) in self.lines.chunks(at_once).zip(ranges.chunks(at_once)) {
            let number = lines.first().map_or(first, |line| line.number as usize);
            let requests = ranges.iter().map(|range| &self.requests[range.clone()]);
            let plans = plan::plans(&mut socket, lines, requests, ahead);
            let plans = plans.map_err(|error| (number, error))?;
            for (line, plan) in lines.iter().zip(&plans) {
                let shown = plan.show(&show, ahead, cx);
                shown.map_err(|error| (line.number as usize, error))?;
                *done += 1;
            }
            cx.stop.check().map_err(|error| (number, error))?;
        }
        Ok(())
    }
}

/// The first request makes the kernel load what it needs, and may be refused meanwhile; so it is one that does nothing.
fn open() -> Result<Socket, netlink::Error> {
    let mut socket = Socket::open()?;
    let mut bytes = Vec::new();
    request::count(&mut bytes);
    socket.exchange(&mut bytes, |_, _| Ok::<(), netlink::Error>(()))?;
    Ok(socket)
}

fn run_batch(
    socket: &mut Socket,
    lines: &[Line],
    requests: &mut [u8],
    cx: &mut Context,
) -> Result<(), InLine> {
    let number_of = |index: usize| lines[index].number as usize;
    let mut refused: Vec<(usize, i32)> = Vec::new();
    let start = Instant::now();
    let sent = socket.exchange(requests, |index, answer| {
        if let Answer::Refused(errno) = answer {
            refused.push((index, errno));
        }
        Ok::<(), Error>(())
    });
    sent.map_err(|error| (number_of(0), error))?;
    let ranges = ranges(lines);
    for &(index, errno) in &refused {
        let bytes = &mut requests[ranges[index].clone()];
        if let Err(error) = settle(socket, &lines[index], bytes, errno) {
            let later = index + 1..lines.len();
            let made = later.filter(|later| !refused.iter().any(|(index, _)| index == later));
            let made: Vec<&[u8]> = made.map(|later| &requests[ranges[later].clone()]).collect();
            match undo(socket, &made, start.elapsed()) {
                Ok(left) => left.text().iter().for_each(|text| cx.notes.message(text)),
                Err(error) => cx.notes.message(format_args!(
                    "up to {} flow entries that lines behind the refused one made are left: {error}",
                    made.len()
                )),
            }
            return Err((number_of(index), error));
        }
    }
    Ok(())
}

/// Where each line's request is.
fn ranges(lines: &[Line]) -> Vec<Range<usize>> {
    let mut end = 0;
    let range = |line: &Line| {
        let start = end;
        end += line.length as usize;
        start..end
    };
    lines.iter().map(range).collect()
}

/// Deals with a refusal: only that a flow exists already can be mended, by changing it where the line allows that.
fn settle(socket: &mut Socket, line: &Line, bytes: &mut [u8], refusal: i32) -> Result<(), Error> {
    if refusal == EEXIST && line.overwrite {
        request::allow_existing(bytes);
        return request_one(socket, bytes).map_err(|error| error.during(Task::flows(Verb::Add)));
    }
    let verb = if line.overwrite {
        Verb::Add
    } else {
        Verb::Create
    };
    Err(Error::from(netlink::Error::Refused(refusal)).during(Task::flows(verb)))
}
