//! Lines of a load file that are read a second time, because there was no room for them.

use super::create::{Create, Line};
use super::requests::Requests;
use super::run::InLine;
use crate::error::Error;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::mpsc::sync_channel;
use std::thread::{Builder, scope};

/// How many lines are read again at a time.
pub const PASSAGE: usize = 1024;

/// Where a line is.
#[derive(Clone, Debug)]
pub struct Place {
    /// Counted from 1.
    pub number: usize,
    /// Its bytes in the file, with its end.
    pub bytes: Range<u64>,
}

/// A file that can be read once more.
pub trait Again: Debug + Send + Sync {
    /// The lines of a part of it, the first of which has this number.
    fn lines(&self, bytes: Range<u64>, number: usize) -> Box<dyn Iterator<Item = Reread> + '_>;
}

/// What a line makes, where it makes a flow, with the number of the line; or what is wrong with it.
pub type Reread = Result<(usize, Option<Create>), InLine>;

/// Lines that wait in the file.
#[derive(Debug)]
pub struct Passage {
    pub bytes: Range<u64>,
    /// The number of the first one.
    pub number: usize,
    pub count: usize,
}

/// Some lines, and what is wrong with the one behind them.
type Part = (Requests, Result<(), InLine>);

/// Lines that are read again, a part at a time.
struct Parts<'f> {
    lines: Box<dyn Iterator<Item = Reread> + 'f>,
    ended: bool,
}

impl Passage {
    /// Hands over the lines. Where a thread is to be had, it reads ahead.
    pub fn each(
        &self,
        again: &dyn Again,
        each: impl FnMut(Requests) -> Result<(), InLine>,
    ) -> Result<(), InLine> {
        let (read, ahead) = sync_channel(1);
        scope(|scope| {
            let read_ahead = move || self.parts(again).try_for_each(|part| read.send(part));
            match Builder::new().spawn_scoped(scope, read_ahead) {
                Ok(_) => self.hand_over(ahead.into_iter(), each),
                Err(_) => self.in_turn(again, each),
            }
        })
    }

    /// The same, reading each part when the one before it is done.
    pub fn in_turn(
        &self,
        again: &dyn Again,
        each: impl FnMut(Requests) -> Result<(), InLine>,
    ) -> Result<(), InLine> {
        self.hand_over(self.parts(again), each)
    }

    fn parts<'f>(&self, again: &'f dyn Again) -> Parts<'f> {
        Parts {
            lines: again.lines(self.bytes.clone(), self.number),
            ended: false,
        }
    }

    /// What is there now must be as many lines of this kind as before: whatever else, nobody has looked at all of it. The
    /// lines before one that is not are handed over.
    fn hand_over(
        &self,
        parts: impl Iterator<Item = Part>,
        mut each: impl FnMut(Requests) -> Result<(), InLine>,
    ) -> Result<(), InLine> {
        let (mut count, mut last) = (0, self.number);
        for (part, filled) in parts {
            count += part.lines.len();
            last = part.lines.last().map_or(last, Line::number);
            each(part)?;
            filled?;
        }
        match count == self.count {
            true => Ok(()),
            false => Err((last, Error::Changed)),
        }
    }
}

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        if self.ended {
            return None;
        }
        let mut part = Requests::default();
        let filled = fill(&mut part, &mut self.lines);
        self.ended = filled.is_err() || part.lines.len() < PASSAGE;
        Some((part, filled))
    }
}

/// Adds as many lines as are read again at a time, or until one makes no flow.
fn fill(part: &mut Requests, lines: &mut dyn Iterator<Item = Reread>) -> Result<(), InLine> {
    for line in lines.take(PASSAGE) {
        let (number, create) = line?;
        part.add(number, &create.ok_or((number, Error::Changed))?);
    }
    Ok(())
}
