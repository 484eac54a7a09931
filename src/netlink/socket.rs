//! A netlink socket, and an exchange of requests and answers over it.

use super::attr::aligned;
use super::constants::{IPCTNL_MSG_CT_GET, IPCTNL_MSG_CT_GET_STATS};
use super::error::Error;
use super::message::{Content, Message, messages};
use super::pipeline::Buffer;
use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP, NetlinkBuffer};
use netlink_sys::protocols::NETLINK_NETFILTER;
use netlink_sys::{Socket as RawSocket, SocketAddr};
use nix::libc::{EINTR, EINVAL, EMSGSIZE, MSG_DONTWAIT, MSG_TRUNC};
use nix::sys::socket::{getsockopt, setsockopt, sockopt};
use std::io;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};

/// The kernel puts at most 32 KiB of a dump into a datagram; this leaves room for a kernel that puts more.
pub(super) const LONGEST_DATAGRAM: usize = 64 << 10;

/// What the receive buffer of a socket is charged for one answer, at the most: the kernel allocates a page and some for
/// a message before it knows its length.
const MEMORY_OF_AN_ANSWER: usize = 4608;

/// What the kernel keeps back of a send buffer, in bytes.
const OVERHEAD_OF_A_SEND: usize = 32;

/// The kernel takes so many bytes at once whatever the size of the send buffer, which is never under 4,608 bytes.
const SMALL_SEND: usize = 4096;

/// The most requests that are sent at once; more gain nothing.
const MAX_BATCH: usize = 256;

/// A socket of NETLINK_NETFILTER with a port of its own.
pub struct Socket {
    raw: RawSocket,
    port: u32,
    sequence: u32,
    /// Where answers are received; an exchange takes it and gives it back.
    answers: Buffer,
}

/// What the kernel said to one request of an exchange.
#[derive(Debug)]
pub enum Answer<'a> {
    /// It sent an entry.
    Entry(Content<'a>),
    /// It refused, with this errno.
    Refused(i32),
}

impl Socket {
    pub fn open() -> Result<Socket, Error> {
        let mut raw = RawSocket::new(NETLINK_NETFILTER).map_err(Error::Open)?;
        let port = raw.bind_auto().map_err(Error::Open)?.port_number();
        // A refusal then repeats only the header of its request. Kernels before 4.3 repeat all of it.
        let _ = raw.set_cap_ack(true);
        Ok(Socket {
            raw,
            port,
            sequence: 0,
            answers: Buffer::new(LONGEST_DATAGRAM).map_err(Error::Open)?,
        })
    }

    /// Makes the receive buffer at least so large, in bytes, beyond the system's limit where the caller may; whether
    /// the kernel agreed shows in [`Socket::receive_buffer`].
    pub fn enlarge_receive_buffer(&self, bytes: usize) -> io::Result<()> {
        setsockopt(&self.raw, sockopt::RcvBufForce, &bytes)
            .or_else(|_| setsockopt(&self.raw, sockopt::RcvBuf, &bytes))
            .map_err(io::Error::from)
    }

    /// The size of the receive buffer in bytes, which the kernel doubles for its own bookkeeping.
    pub fn receive_buffer(&self) -> io::Result<usize> {
        self.raw.get_rx_buf_sz()
    }

    /// Joins multicast groups of events, all at once: nobody hears of an end and not of the begin. Their numbers count
    /// from 1, up to 32.
    pub fn join(&mut self, groups: &[u32]) -> Result<(), Error> {
        let mask = groups.iter().fold(0, |mask, group| mask | 1 << (group - 1));
        Ok(self.raw.bind(&SocketAddr::new(self.port, mask))?)
    }

    /// Leaves it: what has arrived stays.
    pub fn leave(&self, group: u32) -> Result<(), Error> {
        Ok(self.raw.drop_membership(group)?)
    }

    /// How many answers can wait at once without overrunning the receive buffer, which is made large enough for a full
    /// batch where the system allows it.
    pub fn batch_limit(&self) -> usize {
        let _ = self.enlarge_receive_buffer(MAX_BATCH * MEMORY_OF_AN_ANSWER);
        let room = self.receive_buffer().unwrap_or(0) / MEMORY_OF_AN_ANSWER;
        room.clamp(1, MAX_BATCH)
    }

    /// Sends requests at once and hands over what the kernel says to each, by the request's index, in the order in
    /// which it says it. Only a refusal and an entry are handed over: a request about which nothing is said was done.
    ///
    /// At most [`Socket::batch_limit`] answers may come.
    pub fn exchange<E: From<Error>>(
        &mut self,
        requests: &mut [u8],
        mut each: impl FnMut(usize, Answer<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if requests.is_empty() {
            return Ok(());
        }
        let awaited = self.number(requests);
        self.transmit(requests).map_err(Error::from)?;
        let mut buffer = mem::take(&mut self.answers);
        let mut result = self.read_answers(awaited, true, &mut buffer, &mut each);
        if let Ok(Received::TooEarly) = result {
            self.transmit(requests).map_err(Error::from)?;
            result = self.read_answers(awaited, false, &mut buffer, &mut each);
        }
        self.answers = buffer;
        result.map(drop)
    }

    fn read_answers<E: From<Error>>(
        &self,
        awaited: Awaited,
        mut may_be_early: bool,
        buffer: &mut Buffer,
        each: &mut impl FnMut(usize, Answer<'_>) -> Result<(), E>,
    ) -> Result<Received, E> {
        loop {
            buffer.clear();
            self.receive(buffer).map_err(Error::from)?;
            if mem::take(&mut may_be_early) && awaited.is_too_early(buffer.filled()) {
                return Ok(Received::TooEarly);
            }
            for message in messages(buffer.filled()) {
                let message = message.map_err(Error::from)?;
                if !awaited.includes(&message) {
                    continue;
                }
                let index = message.sequence.wrapping_sub(awaited.first) as usize;
                match message.content().map_err(Error::from)? {
                    Content::Nlmsgerr(errno) => {
                        if errno != 0 {
                            each(index, Answer::Refused(errno))?;
                        }
                        if index + 1 == awaited.requests as usize {
                            return Ok(Received::All);
                        }
                    }
                    entry => {
                        each(index, Answer::Entry(entry))?;
                        if awaited.ends_with_entry && index + 1 == awaited.requests as usize {
                            return Ok(Received::All);
                        }
                    }
                }
            }
        }
    }

    /// Receives one datagram behind what the buffer holds.
    pub(super) fn receive(&self, buffer: &mut Buffer) -> io::Result<()> {
        loop {
            match self.receive_with(buffer, 0) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// The same without waiting; tells whether there was one.
    pub fn try_receive(&self, buffer: &mut Buffer) -> io::Result<bool> {
        match self.receive_with(buffer, MSG_DONTWAIT) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A datagram that does not fit is an error, for half a message tells nothing.
    fn receive_with(&self, buffer: &mut Buffer, flags: i32) -> io::Result<()> {
        let room = buffer.room();
        let bytes = buffer.bytes();
        let length = self.raw.recv(bytes, MSG_TRUNC | flags)?;
        if length > room {
            return Err(io::Error::from_raw_os_error(EMSGSIZE));
        }
        bytes.resize(aligned(bytes.len()), 0);
        Ok(())
    }

    /// Numbers requests. The last one is to be acknowledged, unless it asks for an entry: that, or a refusal, is its answer.
    pub(super) fn number(&mut self, requests: &mut [u8]) -> Awaited {
        let first = self.sequence.wrapping_add(1);
        let mut ends_with_entry = false;
        let mut rest = &mut *requests;
        while !rest.is_empty() {
            self.sequence = self.sequence.wrapping_add(1);
            let whole = rest.len();
            let mut header = NetlinkBuffer::new(&mut *rest);
            header.set_sequence_number(self.sequence);
            let length = header.length() as usize;
            if length == whole {
                ends_with_entry = asks_for_entry(header.message_type(), header.flags());
                let acknowledge = if ends_with_entry { 0 } else { NLM_F_ACK };
                header.set_flags(header.flags() | acknowledge);
            }
            rest = &mut rest[length..];
        }
        Awaited {
            port: self.port,
            first,
            requests: self.sequence.wrapping_sub(first).wrapping_add(1),
            ends_with_entry,
        }
    }

    /// Sends requests that have their numbers.
    pub(super) fn transmit(&self, requests: &[u8]) -> io::Result<()> {
        let longest = match requests.len() {
            0..=SMALL_SEND => SMALL_SEND,
            _ => self.longest_send(),
        };
        for part in parts(requests, longest) {
            self.raw.send(part, 0)?;
        }
        Ok(())
    }

    /// How many bytes the kernel takes at once; a batch may be more.
    fn longest_send(&self) -> usize {
        let room = getsockopt(&self.raw, sockopt::SndBuf).unwrap_or(0);
        room.saturating_sub(OVERHEAD_OF_A_SEND)
    }
}

/// Whether an answer is one entry: not a table, and no mere acknowledgement.
fn asks_for_entry(message_type: u16, flags: u16) -> bool {
    let [kind, _] = message_type.to_le_bytes();
    flags & NLM_F_DUMP != NLM_F_DUMP && matches!(kind, IPCTNL_MSG_CT_GET | IPCTNL_MSG_CT_GET_STATS)
}

/// Cuts requests into as few parts of whole requests as fit. One that is longer by itself is a part, and refused.
fn parts(mut requests: &[u8], longest: usize) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let mut end = 0;
        while end < requests.len() {
            let length = NetlinkBuffer::new(&requests[end..]).length() as usize;
            if end > 0 && end + length > longest {
                break;
            }
            end += length;
        }
        let (part, rest) = requests.split_at(end);
        requests = rest;
        (!part.is_empty()).then_some(part)
    })
}

/// What a round of receiving came to.
enum Received {
    All,
    /// The kernel was not ready for the very first request.
    TooEarly,
}

/// Which messages answer what was sent.
#[derive(Clone, Copy)]
pub(super) struct Awaited {
    port: u32,
    first: u32,
    requests: u32,
    /// Whether an entry, or a refusal, answers the last one; else an acknowledgement does.
    ends_with_entry: bool,
}

impl Awaited {
    pub(super) fn includes(&self, message: &Message) -> bool {
        message.port == self.port && message.sequence.wrapping_sub(self.first) < self.requests
    }

    /// Whether a socket's very first request was refused by a kernel that still loads what it needs for it.
    pub(super) fn is_too_early(&self, received: &[u8]) -> bool {
        let Some(Ok(message)) = messages(received).next() else {
            return false;
        };
        let refused = matches!(message.content(), Ok(Content::Nlmsgerr(EINVAL)));
        self.first == 1 && self.requests == 1 && self.includes(&message) && refused
    }

    /// Hands over the entries of a part of a dump.
    pub(super) fn read<E: From<Error>>(
        &self,
        datagrams: &[u8],
        each: &mut impl FnMut(Content<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for message in messages(datagrams) {
            let message = message.map_err(Error::from)?;
            if !self.includes(&message) {
                continue;
            }
            if message.interrupted() {
                return Err(Error::Refused(EINTR).into());
            }
            match message.content().map_err(Error::from)? {
                Content::Done(0) | Content::Nlmsgerr(0) => return Ok(()),
                Content::Done(errno) | Content::Nlmsgerr(errno) => {
                    return Err(Error::Refused(errno).into());
                }
                entry => each(entry)?,
            }
        }
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.raw.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::request;

    #[test]
    fn requests_are_cut_into_parts_that_fit() {
        let mut one = Vec::new();
        request::count(&mut one);
        let length = one.len();
        let requests = one.repeat(5);
        for (longest, expected) in [
            (usize::MAX, &[5][..]),
            (length * 5, &[5]),
            (length * 5 - 1, &[4, 1]),
            (length * 2, &[2, 2, 1]),
            (length, &[1, 1, 1, 1, 1]),
            (0, &[1, 1, 1, 1, 1]),
        ] {
            let sizes: Vec<usize> = parts(&requests, longest)
                .map(|part| part.len() / length)
                .collect();
            assert_eq!(sizes, expected, "{longest}");
            let whole: Vec<u8> = parts(&requests, longest).flatten().copied().collect();
            assert_eq!(whole, requests);
        }
        assert_eq!(parts(&[], 100).count(), 0);
    }
}
