//! Reading dumps: one by itself, or two side by side.
//!
//! Asking for a dump and receiving it is most of the work, for it is in there that the kernel walks its table.

use super::dump::Dump;
use super::error::Error;
use super::kernel_filter::Hints;
use super::message::{Content, end_of_dump};
use super::pipeline::{self, Buffer, Filler, Progress};
use super::request;
use super::socket::{Awaited, LONGEST_DATAGRAM, Socket};
use crate::flow::Family;
use std::thread::{available_parallelism, scope};

/// How many datagrams of a dump are read before a second thread is worth its cost.
const DATAGRAMS_OF_A_SMALL_DUMP: usize = 4;

/// A dump on a socket of its own.
struct Reading {
    socket: Socket,
    request: Vec<u8>,
    awaited: Awaited,
    /// Whether the kernel has been asked.
    asked: bool,
}

/// Asks for a dump, and hands over each of its entries.
pub fn one<E: From<Error>>(
    what: Dump,
    family: Family,
    hints: &Hints,
    each: impl FnMut(Content<'_>) -> Result<(), E>,
) -> Result<(), E> {
    Reading::new(what, family, hints)?.run(each)
}

/// Asks for the dumps of two families, and hands over all of one before the other. The kernel walks its table for both at
/// once where there are two CPUs for it: as much of the second as there is memory for waits until its turn.
pub fn both<E: From<Error>>(
    what: Dump,
    families: [Family; 2],
    hints: &Hints,
    mut each: impl FnMut(Content<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let [first, second] = families.map(|family| Reading::new(what, family, hints));
    let (first, mut second) = (first?, second?);
    if is_alone() {
        first.run(&mut each)?;
        return second.run(&mut each);
    }
    let (awaited, waiting, reader) = (second.awaited, &mut second, &mut each);
    let done = scope(move |scope| {
        let ahead = Filler::start(scope, |buffer| waiting.fill(buffer));
        first.run(&mut *reader)?;
        let drained = ahead.map(|ahead| ahead.drain(|part| awaited.read(part.filled(), reader)));
        drained.transpose()
    })?;
    match done {
        Some(()) => Ok(()),
        None => second.run(each),
    }
}

/// Whether one thread does everything, for a second one would only take turns with it.
fn is_alone() -> bool {
    available_parallelism().is_ok_and(|cores| cores.get() == 1)
}

impl Reading {
    fn new(what: Dump, family: Family, hints: &Hints) -> Result<Reading, Error> {
        let mut request = Vec::new();
        request::dump(&mut request, what, family, hints);
        let mut socket = Socket::open()?;
        let awaited = socket.number(&mut request);
        Ok(Reading {
            socket,
            request,
            awaited,
            asked: false,
        })
    }

    /// Hands over the entries. If the table is not small and there is a CPU for it, a second thread receives while this one
    /// reads.
    fn run<E: From<Error>>(
        mut self,
        mut each: impl FnMut(Content<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let awaited = self.awaited;
        let mut buffer = Buffer::new(LONGEST_DATAGRAM).map_err(Error::from)?;
        for _ in 0..DATAGRAMS_OF_A_SMALL_DUMP {
            buffer.clear();
            let progress = self.receive(&mut buffer)?;
            awaited.read(buffer.filled(), &mut each)?;
            if progress == Progress::Done {
                return Ok(());
            }
        }
        let fill = |buffer: &mut Buffer| self.fill(buffer);
        let drain = |part: &Buffer| awaited.read(part.filled(), &mut each);
        match is_alone() {
            true => pipeline::take_turns(buffer, fill, drain),
            false => pipeline::overlap(buffer, fill, drain),
        }
    }

    /// Receives as much as the buffer has room for.
    fn fill(&mut self, buffer: &mut Buffer) -> Result<Progress, Error> {
        let mut progress = Progress::More;
        while progress == Progress::More && buffer.room() >= LONGEST_DATAGRAM {
            progress = self.receive(buffer)?;
        }
        Ok(progress)
    }

    /// Receives one datagram, and asks for it if that is the first.
    fn receive(&mut self, buffer: &mut Buffer) -> Result<Progress, Error> {
        let start = buffer.filled().len();
        let is_first = !std::mem::replace(&mut self.asked, true);
        if is_first {
            self.socket.transmit(&self.request)?;
        }
        self.socket.receive(buffer)?;
        if is_first && self.awaited.is_too_early(buffer.filled()) {
            buffer.clear();
            self.socket.transmit(&self.request)?;
            self.socket.receive(buffer)?;
        }
        let end = end_of_dump(&buffer.filled()[start..]);
        let done = end.is_some_and(|message| self.awaited.includes(&message));
        Ok(if done { Progress::Done } else { Progress::More })
    }
}
