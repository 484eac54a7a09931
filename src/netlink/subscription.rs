//! A socket that hears events.

use super::error::Error;
use super::pipeline::{self, Buffer, Progress};
use super::socket::Socket;
use nix::libc::ENOBUFS;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// Room for events that come faster than they are received, in bytes; the kernel doubles it.
const DEFAULT_BUFFER: usize = 16 << 20;

/// No event is longer than this, in bytes.
const LONGEST_EVENT: usize = 16 << 10;

/// Room for receiving and showing in turns, in bytes.
const SMALL_BUFFER: usize = 4 * LONGEST_EVENT;

/// How long what had arrived in time is read once it is time to end.
const LAST_ROUND: Duration = Duration::from_secs(3);

pub struct Subscription {
    socket: Socket,
    groups: Vec<u32>,
}

/// How listening ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything that had arrived was handed over.
    Whole,
    /// There was more of it than could be read in time.
    CutShort,
}

impl Subscription {
    /// Joins multicast groups, with room for `buffer` bytes of events that wait.
    pub fn open(groups: Vec<u32>, buffer: Option<usize>) -> Result<Subscription, Error> {
        let mut socket = Socket::open()?;
        socket.enlarge_receive_buffer(buffer.unwrap_or(DEFAULT_BUFFER))?;
        socket.join(&groups)?;
        Ok(Subscription { socket, groups })
    }

    /// The room in bytes that the kernel gave.
    pub fn buffer_size(&self) -> Result<usize, Error> {
        Ok(self.socket.receive_buffer()?)
    }

    /// Hands over what is received, any number of messages at a time, until `stop`, where there is one, becomes readable; and then what has
    /// arrived by that time. A thread of its own receives, so that it is always ready for the next event;
    /// [`Buffer::overruns`] says where events came too fast even so.
    pub fn listen<E: From<Error>>(
        &self,
        stop: Option<BorrowedFd>,
        each: impl FnMut(&Buffer) -> Result<(), E>,
    ) -> Result<End, E> {
        let mut deadline = None;
        let mut end = End::Whole;
        let fill = |buffer: &mut Buffer| -> Result<Progress, Error> {
            while buffer.is_empty() && buffer.overruns == 0 {
                if deadline.is_none() && self.wait(stop)? {
                    self.leave()?;
                    deadline = Some(Instant::now() + LAST_ROUND);
                }
                let all = self.receive_waiting(buffer)?;
                match deadline {
                    Some(_) if all => return Ok(Progress::Done),
                    Some(deadline) if Instant::now() > deadline => {
                        end = End::CutShort;
                        return Ok(Progress::Done);
                    }
                    _ => {}
                }
            }
            Ok(Progress::More)
        };
        let first = Buffer::new(SMALL_BUFFER).map_err(Error::from)?;
        pipeline::overlap(first, fill, each)?;
        Ok(end)
    }

    /// Receives what waits, as far as the buffer has room for it; tells whether that was all.
    fn receive_waiting(&self, buffer: &mut Buffer) -> Result<bool, Error> {
        while buffer.room() >= LONGEST_EVENT {
            match self.socket.try_receive(buffer) {
                Ok(true) => {}
                Ok(false) => return Ok(true),
                Err(error) if error.raw_os_error() == Some(ENOBUFS) => buffer.overruns += 1,
                Err(error) => return Err(Error::from(error)),
            }
        }
        Ok(false)
    }

    /// Hears no more, so that what waits has an end.
    fn leave(&self) -> Result<(), Error> {
        let mut groups = self.groups.iter();
        groups.try_for_each(|group| self.socket.leave(*group))
    }

    /// Waits for an event or for the end; tells whether it is the end.
    fn wait(&self, stop: Option<BorrowedFd>) -> io::Result<bool> {
        let fds = std::iter::once(self.socket.as_fd()).chain(stop);
        let mut waited: Vec<PollFd> = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        match poll(&mut waited, PollTimeout::NONE) {
            Err(nix::errno::Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(waited[1..].iter().any(|fd| fd.any().unwrap_or(false))),
        }
    }
}
