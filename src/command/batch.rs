//! Requests that travel together, each with the row that is shown once the kernel has carried it out.

use super::tally::Tally;
use crate::error::Error;
use crate::netlink;
use crate::netlink::socket::{Reply, Socket};
use crate::output::Output;
use nix::libc::ENOENT;

/// Requests that wait to be sent, and their rows.
pub struct Batch {
    socket: Socket,
    limit: usize,
    pub requests: Vec<u8>,
    pub rows: Vec<u8>,
    /// Where each request's row ends.
    ends: Vec<usize>,
    /// The requests that were refused, and why.
    refused: Vec<(usize, i32)>,
    /// How many requests were carried out so far.
    pub tally: Tally,
}

impl Batch {
    pub fn open(tally: Tally) -> Result<Batch, Error> {
        let socket = Socket::open()?;
        Ok(Batch {
            limit: socket.batch_limit(),
            socket,
            requests: Vec::new(),
            rows: Vec::new(),
            ends: Vec::new(),
            refused: Vec::new(),
            tally,
        })
    }

    /// Counts what was appended to requests and rows as one more. With `alone`, nothing is sent behind it until the
    /// kernel has answered, because it is likely to refuse.
    pub fn push(&mut self, alone: bool, out: &mut Output) -> Result<(), Error> {
        self.ends.push(self.rows.len());
        if alone || self.ends.len() >= self.limit {
            self.send(out)
        } else {
            Ok(())
        }
    }

    /// Sends what waits, and shows the rows of what was done. What had vanished is passed over; any other refusal is
    /// the error, after the rows.
    pub fn send(&mut self, out: &mut Output) -> Result<(), Error> {
        let refused = &mut self.refused;
        self.socket.exchange(&mut self.requests, |index, reply| {
            if let Reply::Refused(number) = reply {
                refused.push((index, number));
            }
            Ok::<(), Error>(())
        })?;
        self.tally.count += (self.ends.len() - self.refused.len()) as u64;
        let mut start = 0;
        for (index, end) in self.ends.iter().enumerate() {
            if !self.refused.iter().any(|(refused, _)| *refused == index) {
                out.row(|buffer| buffer.extend_from_slice(&self.rows[start..*end]))?;
            }
            start = *end;
        }
        let error = self
            .refused
            .iter()
            .find(|(_, number)| *number != ENOENT)
            .copied();
        self.requests.clear();
        self.rows.clear();
        self.ends.clear();
        self.refused.clear();
        error.map_or(Ok(()), |(_, number)| {
            Err(netlink::Error::Refused(number).into())
        })
    }
}
