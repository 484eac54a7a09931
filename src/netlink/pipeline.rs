//! Receiving on one thread while another works on what was received: full buffers go one way, empty ones come back.

use std::sync::mpsc::sync_channel;
use std::thread;

/// Several datagrams fit, so that the threads seldom have to wake each other.
const BUFFER_SIZE: usize = 256 << 10;

/// How far receiving may be ahead, in buffers.
const BUFFERS: usize = 8;

/// Memory for received bytes, which is used again and again.
#[derive(Default)]
pub struct Buffer {
    bytes: Box<[u8]>,
    filled: usize,
    /// How often the kernel had to drop messages while this was filled.
    pub overruns: u32,
}

impl Buffer {
    pub fn new(size: usize) -> Buffer {
        Buffer {
            bytes: vec![0; size].into_boxed_slice(),
            filled: 0,
            overruns: 0,
        }
    }

    pub fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// The bytes that are not filled yet.
    pub fn spare(&mut self) -> &mut [u8] {
        &mut self.bytes[self.filled..]
    }

    /// Counts the first of the spare bytes as filled.
    pub fn advance(&mut self, length: usize) {
        self.filled = (self.filled + length).min(self.bytes.len());
    }

    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    pub fn clear(&mut self) {
        self.filled = 0;
        self.overruns = 0;
    }
}

/// Whether there is more to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    More,
    Done,
}

/// Calls `fill` on a thread of its own until it says that it is done or fails, and `drain` here for each buffer it
/// filled. Where `drain` fails, `fill` is not called again.
pub fn overlap<F: Send, E: From<F>>(
    mut fill: impl FnMut(&mut Buffer) -> Result<Progress, F> + Send,
    mut drain: impl FnMut(&Buffer) -> Result<(), E>,
) -> Result<(), E> {
    let (full_to_here, full) = sync_channel(BUFFERS);
    let (empty_to_there, empty) = sync_channel(BUFFERS);
    for _ in 0..BUFFERS {
        let _ = empty_to_there.send(Buffer::new(BUFFER_SIZE));
    }
    thread::scope(move |scope| {
        scope.spawn(move || {
            while let Ok(mut buffer) = empty.recv() {
                buffer.clear();
                let filled = fill(&mut buffer);
                let done = !matches!(filled, Ok(Progress::More));
                if full_to_here.send(filled.map(|_| buffer)).is_err() || done {
                    break;
                }
            }
        });
        for filled in full {
            let buffer = filled?;
            drain(&buffer)?;
            let _ = empty_to_there.send(buffer);
        }
        Ok(())
    })
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
            |buffer| -> io::Result<Progress> {
                buffer.spare()[0] = next;
                buffer.advance(1);
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
            |_| Ok::<_, io::Error>(Progress::More),
            |_| Err(io::ErrorKind::BrokenPipe.into()),
        );
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
