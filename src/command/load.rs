//! `-R`: carries out the lines of a file, all of which were read before.

use super::Command;
use super::create::{Create, request_one};
use crate::cli::options::Verb;
use crate::error::{Error, Task};
use crate::netlink;
use crate::netlink::encode;
use crate::netlink::socket::{Reply, Socket};
use crate::output::Output;
use nix::libc::EEXIST;

#[derive(Debug)]
pub struct Load {
    pub file: String,
    pub steps: Vec<Step>,
}

/// Some of the lines, in their order.
#[derive(Debug)]
pub enum Step {
    Create(Creations),
    Other(usize, Box<Command>),
}

/// Lines that make flows. A file may have a million of them, so only their requests are kept.
#[derive(Debug, Default)]
pub struct Creations {
    requests: Vec<u8>,
    lines: Vec<Line>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    /// Counted from 1.
    number: u32,
    /// Where its request ends.
    end: u32,
    /// Whether a flow that exists already is changed (`-A`).
    overwrite: bool,
}

impl Load {
    pub fn new(file: String) -> Load {
        Load {
            file,
            steps: Vec::new(),
        }
    }

    pub fn add(&mut self, line: usize, command: Command) {
        let Command::Create(create) = command else {
            return self.steps.push(Step::Other(line, Box::new(command)));
        };
        match self.steps.last_mut() {
            Some(Step::Create(creations)) => creations.add(line, &create),
            _ => {
                let mut creations = Creations::default();
                creations.add(line, &create);
                self.steps.push(Step::Create(creations));
            }
        }
    }

    /// The first refusal ends it.
    pub fn run(self, out: &mut Output) -> Result<(), Error> {
        let file = self.file;
        let in_line = |line: usize, error: Error| Error::Line {
            error: Box::new(error),
            line,
            file: file.clone(),
        };
        for step in self.steps {
            match step {
                Step::Create(creations) => {
                    creations
                        .run()
                        .map_err(|(line, error)| in_line(line, error))?;
                }
                Step::Other(line, command) => {
                    command
                        .run_quietly(out)
                        .map_err(|error| in_line(line, error))?;
                }
            }
        }
        Ok(())
    }
}

/// An error and the number of its line.
type InLine = (usize, Error);

impl Creations {
    fn add(&mut self, number: usize, create: &Create) {
        encode::create(
            &mut self.requests,
            &create.flow,
            &create.labels,
            &create.nat,
            true,
        );
        self.lines.push(Line {
            number: number as u32,
            end: self.requests.len() as u32,
            overwrite: create.overwrite,
        });
    }

    /// Many lines travel in one send, each as if it alone might create its flow, and the kernel carries out all of
    /// them. So where one is refused, what those behind it made is deleted again; and a flow that exists already is only
    /// changed once all lines before are known to be done.
    fn run(mut self) -> Result<(), InLine> {
        let first = self.lines.first().map_or(0, |line| line.number as usize);
        let mut socket = Socket::open().map_err(|error| (first, error.into()))?;
        let limit = socket.batch_limit();
        let lines = std::mem::take(&mut self.lines);
        let mut start = 0;
        for batch in lines.chunks(limit) {
            let end = batch.last().map_or(start, |line| line.end as usize);
            self.run_batch(&mut socket, batch, start)?;
            start = end;
        }
        Ok(())
    }

    fn run_batch(
        &mut self,
        socket: &mut Socket,
        batch: &[Line],
        start: usize,
    ) -> Result<(), InLine> {
        let end = batch.last().map_or(start, |line| line.end as usize);
        let starts = std::iter::once(start).chain(batch.iter().map(|line| line.end as usize));
        let ranges: Vec<_> = starts
            .zip(batch)
            .map(|(start, line)| start..line.end as usize)
            .collect();
        let mut refused: Vec<(usize, i32)> = Vec::new();
        let sent = socket.exchange(&mut self.requests[start..end], |index, reply| {
            if let Reply::Refused(number) = reply {
                refused.push((index, number));
            }
            Ok::<(), Error>(())
        });
        let number_of = |index: usize| batch[index].number as usize;
        sent.map_err(|error| (number_of(0), error))?;
        for &(index, number) in &refused {
            let verb = if batch[index].overwrite {
                Verb::Add
            } else {
                Verb::Create
            };
            let request = &mut self.requests[ranges[index].clone()];
            let done = if number == EEXIST && batch[index].overwrite {
                encode::allow_existing(request);
                request_one(socket, request)
            } else {
                Err(netlink::Error::Refused(number).into())
            };
            if let Err(error) = done {
                let made = (index + 1..batch.len())
                    .filter(|later| !refused.iter().any(|(index, _)| index == later));
                let mut undo = Vec::new();
                for later in made {
                    encode::delete_created(&mut undo, &self.requests[ranges[later].clone()]);
                }
                let undone = socket.exchange(&mut undo, |_, _| Ok::<(), Error>(()));
                let error = undone.err().unwrap_or(error);
                return Err((number_of(index), error.during(Task::Flows(verb))));
            }
        }
        Ok(())
    }
}
