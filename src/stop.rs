//! Signals that end a command: the first asks it to, so that it can say how far it came; the second ends it at once.

use crate::error::Error;
use nix::libc::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};
use std::cell::OnceCell;
use std::fs;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What a command looks at between two steps. Until it is armed, signals end the program as they always do.
#[derive(Default)]
pub struct Stop {
    armed: OnceCell<Armed>,
}

struct Armed {
    /// The signal that came, or 0.
    signal: Arc<AtomicUsize>,
    /// Readable once one came.
    asked: UnixStream,
}

impl Stop {
    /// From here on the first signal only asks. A signal that whoever started us wants ignored is not listened to, unless
    /// there is no other end.
    pub fn arm(&self, ignored: Ignored) -> io::Result<()> {
        if self.armed.get().is_some() {
            return Ok(());
        }
        let (asked, asks) = UnixStream::pair()?;
        let seen = Arc::new(AtomicBool::new(false));
        let signal = Arc::new(AtomicUsize::new(0));
        for number in [SIGINT, SIGTERM] {
            if ignored.has(number) {
                continue;
            }
            // In this order, so that the handler of the second signal finds what that of the first has left.
            flag::register_conditional_default(number, Arc::clone(&seen))?;
            flag::register(number, Arc::clone(&seen))?;
            flag::register_usize(number, Arc::clone(&signal), number as usize)?;
            low_level::pipe::register(number, asks.try_clone()?)?;
        }
        let _ = self.armed.set(Armed { signal, asked });
        Ok(())
    }

    /// An error once a signal has come.
    pub fn check(&self) -> Result<(), Error> {
        match self.signal() {
            Some(signal) => Err(Error::Interrupted { signal, said: None }),
            None => Ok(()),
        }
    }

    fn signal(&self) -> Option<i32> {
        let signal = self.armed.get()?.signal.load(Ordering::Relaxed);
        Some(signal as i32).filter(|signal| *signal != 0)
    }

    /// Something that becomes readable when a signal has come, once this is armed.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.armed.get().map(|armed| armed.asked.as_fd())
    }
}

/// Ends the program as the signal would have.
pub fn die_of(signal: i32) {
    let _ = low_level::emulate_default_handler(signal);
}

/// More than /proc/self/status has, in bytes, so that it is read at once.
const USUAL_STATUS: usize = 4096;

/// The signals that whoever started us wants ignored, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ignored(u64);

impl Ignored {
    /// As the kernel tells them in /proc/self/status; where it does not, there are none.
    pub fn of_this_process(proc: &Path) -> Ignored {
        let mut status = String::with_capacity(USUAL_STATUS);
        let read = fs::File::open(proc.join("self/status"));
        let _ = read.and_then(|mut file| file.read_to_string(&mut status));
        Ignored::parse(&status)
    }

    fn parse(status: &str) -> Ignored {
        let mut lines = status.lines();
        let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        Ignored(mask.unwrap_or(0))
    }

    fn has(self, signal: i32) -> bool {
        self.0 & (1 << (signal - 1)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_status() {
        for (status, int, term) in [
            ("Name:\tx\nSigIgn:\t0000000000000002\n", true, false),
            ("SigIgn:\t0000000000004002\n", true, true),
            ("SigIgn:\t0000000000000000\n", false, false),
            ("SigIgn:\tx\n", false, false),
            ("", false, false),
        ] {
            let ignored = Ignored::parse(status);
            assert_eq!(
                (ignored.has(SIGINT), ignored.has(SIGTERM)),
                (int, term),
                "{status}"
            );
        }
    }

    #[test]
    fn nothing_has_come_before_it_is_armed() {
        let stop = Stop::default();
        assert!(stop.check().is_ok() && stop.fd().is_none());
    }
}
