//! Requests that travel together, each with the row that is shown once the kernel has carried it out.

use super::tally::Tally;
use crate::context::Context;
use crate::error::Error;
use crate::netlink;
use crate::netlink::socket::{Answer, Socket};
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
    pub fn push(&mut self, alone: bool, cx: &mut Context) -> Result<(), Error> {
        self.ends.push(self.rows.len());
        if alone || self.ends.len() >= self.limit {
            self.send(cx)
        } else {
            Ok(())
        }
    }

    /// Sends what waits, and shows the rows of what was done. What had vanished is passed over; any other refusal is
    /// the error, after the rows.
    pub fn send(&mut self, cx: &mut Context) -> Result<(), Error> {
        let refused = &mut self.refused;
        self.socket.exchange(&mut self.requests, |index, answer| {
            if let Answer::Refused(errno) = answer {
                refused.push((index, errno));
            }
            Ok::<(), Error>(())
        })?;
        self.tally.count += (self.ends.len() - self.refused.len()) as u64;
        let mut start = 0;
        for (index, end) in self.ends.iter().enumerate() {
            if !self.refused.iter().any(|(refused, _)| *refused == index) {
                cx.out
                    .row(|buffer| buffer.extend_from_slice(&self.rows[start..*end]))?;
            }
            start = *end;
        }
        let error = self
            .refused
            .iter()
            .find(|(_, errno)| *errno != ENOENT)
            .copied();
        self.requests.clear();
        self.rows.clear();
        self.ends.clear();
        self.refused.clear();
        error.map_or(Ok(()), |(_, errno)| {
            Err(netlink::Error::Refused(errno).into())
        })
    }
}
