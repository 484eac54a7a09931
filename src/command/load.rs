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
use std::ops::Range;

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
    /// The length of its request, in bytes.
    length: u32,
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
        let start = self.requests.len();
        encode::create(
            &mut self.requests,
            &create.flow,
            &create.labels,
            &create.nat,
            true,
        );
        self.lines.push(Line {
            number: number as u32,
            length: (self.requests.len() - start) as u32,
            overwrite: create.overwrite,
        });
    }

    /// Many lines travel in one send, each as if it alone might create its flow, and the kernel carries out all of
    /// them. So where one is refused, what those behind it made is deleted again; and a flow that exists already is only
    /// changed once all lines before are known to be done.
    fn run(mut self) -> Result<(), InLine> {
        let first = self.lines.first().map_or(0, |line| line.number as usize);
        let mut socket = Socket::open().map_err(|error| (first, error.into()))?;
        let mut requests = &mut self.requests[..];
        for lines in self.lines.chunks(socket.batch_limit()) {
            let length = lines.iter().map(|line| line.length as usize).sum();
            let (batch, rest) = requests.split_at_mut(length);
            run_batch(&mut socket, lines, batch)?;
            requests = rest;
        }
        Ok(())
    }
}

fn run_batch(socket: &mut Socket, lines: &[Line], requests: &mut [u8]) -> Result<(), InLine> {
    let number_of = |index: usize| lines[index].number as usize;
    let mut refused: Vec<(usize, i32)> = Vec::new();
    let sent = socket.exchange(requests, |index, reply| {
        if let Reply::Refused(number) = reply {
            refused.push((index, number));
        }
        Ok::<(), Error>(())
    });
    sent.map_err(|error| (number_of(0), error))?;
    let ranges = ranges(lines);
    for &(index, number) in &refused {
        let request = &mut requests[ranges[index].clone()];
        if let Err(error) = settle(socket, &lines[index], request, number) {
            let made = (index + 1..lines.len())
                .filter(|later| !refused.iter().any(|(index, _)| index == later));
            let mut undo = Vec::new();
            for later in made {
                encode::delete_created(&mut undo, &requests[ranges[later].clone()]);
            }
            let undone = socket.exchange(&mut undo, |_, _| Ok::<(), Error>(()));
            return Err((number_of(index), undone.err().unwrap_or(error)));
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
fn settle(socket: &mut Socket, line: &Line, request: &mut [u8], refusal: i32) -> Result<(), Error> {
    if refusal == EEXIST && line.overwrite {
        encode::allow_existing(request);
        return request_one(socket, request).map_err(|error| error.during(Task::Flows(Verb::Add)));
    }
    let verb = if line.overwrite {
        Verb::Add
    } else {
        Verb::Create
    };
    Err(Error::from(netlink::Error::Refused(refusal)).during(Task::Flows(verb)))
}
