//! Requests that make flows, of which many travel in one send.

use super::ahead::Ahead;
use super::create::{Create, Line};
use super::plan;
use super::run::{InLine, request_one};
use super::undo::undo;
use crate::context::Context;
use crate::error::Error;
use crate::flow::Nat;
use crate::format::Show;
use crate::netlink;
use crate::netlink::request;
use crate::netlink::socket::{Answer, Socket};
use crate::task::{Task, Verb};
use nix::libc::EEXIST;
use std::ops::Range;
use std::time::Instant;

/// Requests one behind the other, and their lines.
#[derive(Debug, Default)]
pub struct Requests {
    pub bytes: Vec<u8>,
    pub lines: Vec<Line>,
}

impl Requests {
    /// Tells how much memory the line has taken, in bytes.
    pub fn add(&mut self, number: usize, create: &Create) -> usize {
        let start = self.bytes.len();
        create.write(&mut self.bytes, true);
        let length = self.bytes.len() - start;
        self.lines.push(Line {
            number: number as u32,
            length: length as u32,
            overwrite: create.overwrite,
            has_nat: create.nat != Nat::default(),
        });
        length + size_of::<Line>()
    }

    /// Many lines travel in one send, each as if it alone might create its flow, and the kernel carries out all of
    /// them. So where one is refused, what those behind it made is deleted again; and a flow that exists already is only
    /// changed once all lines before are known to be done.
    pub fn run(
        mut self,
        socket: &mut Socket,
        done: &mut usize,
        cx: &mut Context,
    ) -> Result<(), InLine> {
        let mut requests = &mut self.bytes[..];
        for lines in self.lines.chunks(socket.batch_limit()) {
            let length = lines.iter().map(|line| line.length as usize).sum();
            let (batch, rest) = requests.split_at_mut(length);
            run_batch(socket, lines, batch, cx)?;
            *done += lines.len();
            cx.notes.step(lines.len() as u64);
            let number = lines.last().map_or(0, Line::number);
            cx.stop.check().map_err(|error| (number, error))?;
            requests = rest;
        }
        Ok(())
    }

    pub fn dry_run(
        self,
        socket: &mut Socket,
        show: &Show,
        ahead: &mut Ahead,
        done: &mut usize,
        cx: &mut Context,
    ) -> Result<(), InLine> {
        let ranges = ranges(&self.lines);
        let at_once = (socket.batch_limit() / plan::PROBES).max(1);
        for (lines, ranges) in self.lines.chunks(at_once).zip(ranges.chunks(at_once)) {
            let number = lines.first().map_or(0, Line::number);
            let requests = ranges.iter().map(|range| &self.bytes[range.clone()]);
            let plans = plan::plans(socket, lines, requests, ahead);
            let plans = plans.map_err(|error| (number, error))?;
            for (line, plan) in lines.iter().zip(&plans) {
                let shown = plan.show(show, ahead, cx);
                shown.map_err(|error| (line.number(), error))?;
                *done += 1;
            }
            cx.stop.check().map_err(|error| (number, error))?;
        }
        Ok(())
    }
}

fn run_batch(
    socket: &mut Socket,
    lines: &[Line],
    requests: &mut [u8],
    cx: &mut Context,
) -> Result<(), InLine> {
    let number_of = |index: usize| lines[index].number();
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
