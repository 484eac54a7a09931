//! A socket that hears events.

use super::error::Error;
use super::pipeline::{self, Buffer, Progress};
use super::socket::Socket;
use nix::libc::ENOBUFS;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::AsFd;

/// Room for events that come faster than they are received, in bytes; the kernel doubles it.
const DEFAULT_BUFFER: usize = 16 << 20;

/// No event is longer than this, in bytes.
const LONGEST_EVENT: usize = 16 << 10;

pub struct Subscription {
    socket: Socket,
}

impl Subscription {
    /// Joins multicast groups, with room for `buffer` bytes of events that wait.
    pub fn open(groups: &[u32], buffer: Option<usize>) -> Result<Subscription, Error> {
        let socket = Socket::open()?;
        socket.enlarge_receive_buffer(buffer.unwrap_or(DEFAULT_BUFFER))?;
        for group in groups {
            socket.join(*group)?;
        }
        Ok(Subscription { socket })
    }

    /// The room in bytes that the kernel gave.
    pub fn buffer_size(&self) -> Result<usize, Error> {
        Ok(self.socket.receive_buffer()?)
    }

    /// Hands over what is received, any number of messages at a time, until `stop` becomes readable. What was sent
    /// before that is handed over too. A thread of its own receives, so that it is always ready for the next event;
    /// [`Buffer::overruns`] says where events came too fast even so.
    pub fn listen<E: From<Error>>(
        &self,
        stop: &(impl AsFd + Sync),
        each: impl FnMut(&Buffer) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stopping = false;
        let fill = |buffer: &mut Buffer| {
            while buffer.is_empty() && buffer.overruns == 0 && !stopping {
                stopping = self.wait(stop)?;
                while buffer.spare().len() >= LONGEST_EVENT {
                    match self.socket.try_receive(buffer) {
                        Ok(true) => {}
                        Ok(false) => break,
                        Err(error) if error.raw_os_error() == Some(ENOBUFS) => buffer.overruns += 1,
                        Err(error) => return Err(Error::from(error)),
                    }
                }
            }
            Ok(if stopping {
                Progress::Done
            } else {
                Progress::More
            })
        };
        pipeline::overlap(fill, each)
    }

    /// Waits for an event or for the end; tells whether it is the end.
    fn wait(&self, stop: &impl AsFd) -> io::Result<bool> {
        let mut waited = [
            PollFd::new(self.socket.as_fd(), PollFlags::POLLIN),
            PollFd::new(stop.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut waited, PollTimeout::NONE) {
            Err(nix::errno::Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(waited[1].any().unwrap_or(false)),
        }
    }
}
