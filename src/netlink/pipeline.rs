//! Receiving on one thread while another works on what was received: full buffers go one way, empty ones come back.
//!
//! Where there is no second thread to be had, or no memory for several buffers, the two take turns: slower, but the same.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{Builder, Scope, scope};

/// Several datagrams fit, so that the threads seldom have to wake each other.
const BUFFER_SIZE: usize = 256 << 10;

/// How far receiving may be ahead, in buffers.
const BUFFERS: usize = 8;

/// What the receiving thread needs, whatever RUST_MIN_STACK says, in bytes.
const STACK: usize = 128 << 10;

/// Memory for received bytes, which is used again and again. The system gives it as it is filled.
#[derive(Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// How often the kernel had to drop messages while this was filled.
    pub overruns: u32,
}

impl Buffer {
    /// Fails where there is no memory left.
    pub fn new(size: usize) -> io::Result<Buffer> {
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(size)
            .map_err(|_| io::Error::from_raw_os_error(nix::libc::ENOMEM))?;
        Ok(Buffer { bytes, overruns: 0 })
    }

    pub fn filled(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes still fit.
    pub fn room(&self) -> usize {
        self.bytes.capacity() - self.bytes.len()
    }

    /// Where further bytes are appended, no more than there is room for.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.overruns = 0;
    }
}

/// Whether there is more to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    More,
    Done,
}

/// A thread that fills buffers ahead of whoever drains them.
pub struct Filler<F> {
    full: Receiver<Result<Buffer, F>>,
    empty: SyncSender<Buffer>,
}

/// Calls `fill` until it says that it is done or fails, on a thread of its own if possible, and `drain` here for each
/// buffer it filled. Where `drain` fails, `fill` is not called again.
pub fn overlap<F: Send, E: From<F>>(
    first: Buffer,
    mut fill: impl FnMut(&mut Buffer) -> Result<Progress, F> + Send,
    mut drain: impl FnMut(&Buffer) -> Result<(), E>,
) -> Result<(), E> {
    let (filler, drainer) = (&mut fill, &mut drain);
    let overlapped = scope(move |scope| Some(Filler::start(scope, filler)?.drain(drainer)));
    overlapped.unwrap_or_else(|| take_turns(first, fill, drain))
}

impl<F: Send> Filler<F> {
    /// Begins to fill, where there is a thread and memory for it.
    pub fn start<'scope, 'env>(
        scope: &'scope Scope<'scope, 'env>,
        fill: impl FnMut(&mut Buffer) -> Result<Progress, F> + Send + 'scope,
    ) -> Option<Filler<F>>
    where
        F: 'scope,
    {
        let buffers: io::Result<Vec<Buffer>> =
            (1..BUFFERS).map(|_| Buffer::new(BUFFER_SIZE)).collect();
        let (full_to_here, full) = sync_channel(BUFFERS);
        let (empty, empty_there) = sync_channel(BUFFERS);
        let buffers = Buffers {
            unused: buffers.ok()?,
            back: empty_there,
        };
        Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, move || fill_all(buffers, &full_to_here, fill))
            .ok()?;
        Some(Filler { full, empty })
    }

    /// Hands over every full buffer, and gives it back. The ends of the channels are gone when this ends, so that the
    /// thread does not wait for what never comes.
    pub fn drain<E: From<F>>(
        self,
        mut drain: impl FnMut(&Buffer) -> Result<(), E>,
    ) -> Result<(), E> {
        for filled in self.full {
            let buffer = filled?;
            drain(&buffer)?;
            let _ = self.empty.send(buffer);
        }
        Ok(())
    }
}

/// Where empty buffers come from.
struct Buffers {
    unused: Vec<Buffer>,
    /// Those that came back.
    back: Receiver<Buffer>,
}

impl Buffers {
    /// One that came back rather than one that was never used, for which the system would have to find memory first; none when
    /// nobody gives them back any more.
    fn next(&mut self) -> Option<Buffer> {
        match self.back.try_recv() {
            Ok(buffer) => Some(buffer),
            Err(TryRecvError::Empty) => self.unused.pop().or_else(|| self.back.recv().ok()),
            Err(TryRecvError::Disconnected) => None,
        }
    }
}

/// Fills every empty buffer until there is no more to receive, or nobody who wants it.
fn fill_all<F>(
    mut buffers: Buffers,
    full_to_there: &SyncSender<Result<Buffer, F>>,
    mut fill: impl FnMut(&mut Buffer) -> Result<Progress, F>,
) {
    while let Some(mut buffer) = buffers.next() {
        buffer.clear();
        let filled = fill(&mut buffer);
        let done = !matches!(filled, Ok(Progress::More));
        if full_to_there.send(filled.map(|_| buffer)).is_err() || done {
            break;
        }
    }
}

/// Fills the one buffer and drains it, again and again.
pub fn take_turns<F, E: From<F>>(
    mut buffer: Buffer,
    mut fill: impl FnMut(&mut Buffer) -> Result<Progress, F>,
    mut drain: impl FnMut(&Buffer) -> Result<(), E>,
) -> Result<(), E> {
    loop {
        buffer.clear();
        let progress = fill(&mut buffer)?;
        drain(&buffer)?;
        if progress == Progress::Done {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn buffers_arrive_in_order_and_the_last_one_too() {
        let mut next = 0u8;
        let mut seen = Vec::new();
        let result: io::Result<()> = overlap(
            Buffer::new(64).unwrap(),
            |buffer| -> io::Result<Progress> {
                buffer.bytes().push(next);
                next += 1;
                Ok(if next == 100 {
                    Progress::Done
                } else {
                    Progress::More
                })
            },
            |bytes| {
                seen.extend_from_slice(bytes.filled());
                Ok(())
            },
        );
        assert!(result.is_ok());
        assert_eq!(seen, (0..100).collect::<Vec<u8>>());
    }

    #[test]
    fn a_failure_to_receive_comes_after_what_was_received() {
        let mut calls = 0;
        let mut drained = 0;
        let result: io::Result<()> = overlap(
            Buffer::new(64).unwrap(),
            |_| -> io::Result<Progress> {
                calls += 1;
                if calls == 3 {
                    Err(io::ErrorKind::OutOfMemory.into())
                } else {
                    Ok(Progress::More)
                }
            },
            |_| {
                drained += 1;
                Ok(())
            },
        );
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::OutOfMemory);
        assert_eq!(drained, 2);
    }

    #[test]
    fn a_failure_to_drain_ends_both_threads() {
        let result: io::Result<()> = overlap(
            Buffer::new(64).unwrap(),
            |_| Ok::<_, io::Error>(Progress::More),
            |_| Err(io::ErrorKind::BrokenPipe.into()),
        );
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn taking_turns_hands_over_the_same() {
        let mut next = 0u8;
        let mut seen = Vec::new();
        let result: io::Result<()> = take_turns(
            Buffer::new(64).unwrap(),
            |buffer: &mut Buffer| -> io::Result<Progress> {
                buffer.bytes().push(next);
                next += 1;
                Ok(match next {
                    3 => Progress::Done,
                    _ => Progress::More,
                })
            },
            |bytes: &Buffer| {
                seen.extend_from_slice(bytes.filled());
                Ok(())
            },
        );
        assert!(result.is_ok());
        assert_eq!(seen, [0, 1, 2]);
    }

    #[test]
    fn a_buffer_that_came_back_is_next_while_others_are_unused() {
        let (empty, back) = sync_channel(2);
        let unused = (1..3).map(|size| Buffer::new(size).unwrap()).collect();
        let mut buffers = Buffers { unused, back };
        let mut next = || buffers.next().map(|buffer| buffer.room());
        empty.send(Buffer::new(100).unwrap()).unwrap();
        assert_eq!([next(), next()], [Some(100), Some(2)]);
        drop(empty);
        assert_eq!(next(), None);
    }

    #[test]
    fn memory_that_is_not_there_is_an_error() {
        assert!(Buffer::new(usize::MAX).is_err());
    }
}
