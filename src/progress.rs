//! How far a long command has come: a line on a terminal, which goes away before anything else is said there.
//!
//! The crate indicatif draws such lines; a program with it takes 60 µs longer to start, a line or none.

use std::env;
use std::time::{Duration, Instant};

/// What takes no longer needs no line.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a line stays as it is.
const PAUSE: Duration = Duration::from_millis(100);

/// The clock is asked once in so many steps.
const STEPS: u64 = 64;

/// Takes the line back in which it is written.
pub const ERASE: &str = "\r\x1b[2K";

/// Nothing is done, and the clock is not asked, unless somebody watches.
#[derive(Default)]
pub struct Progress {
    watched: bool,
    begun: Option<Begun>,
}

struct Begun {
    of: &'static str,
    done: u64,
    asked: u64,
    /// None where nobody knows.
    total: Option<u64>,
    /// When the line is to be written next.
    due: Instant,
    shown: bool,
}

impl Progress {
    /// For standard error where it is a terminal, or is none.
    pub fn watched(watched: bool) -> Progress {
        Progress {
            watched,
            begun: None,
        }
    }

    pub fn begin(&mut self, of: &'static str, total: Option<u64>) {
        if self.watched && can_erase() {
            self.begun = Some(Begun {
                of,
                done: 0,
                asked: 0,
                total,
                due: Instant::now() + PATIENCE,
                shown: false,
            });
        }
    }

    /// So much more is done; the line, where it is time for another.
    pub fn step(&mut self, count: u64) -> Option<String> {
        let begun = self.begun.as_mut()?;
        begun.done += count;
        if begun.done - begun.asked < STEPS {
            return None;
        }
        begun.asked = begun.done;
        begun.line()
    }

    /// Whether there is a line to erase.
    pub fn end(&mut self) -> bool {
        self.begun.take().is_some_and(|begun| begun.shown)
    }
}

impl Begun {
    fn line(&mut self) -> Option<String> {
        let now = Instant::now();
        if now < self.due {
            return None;
        }
        self.due = now + PAUSE;
        self.shown = true;
        let Begun { of, done, .. } = self;
        Some(match self.total {
            Some(total) => format!("{ERASE}{done} of {total} {of}"),
            None => format!("{ERASE}{done} {of}"),
        })
    }
}

/// A terminal of no kind can take nothing back.
fn can_erase() -> bool {
    env::var_os("TERM").is_some_and(|kind| kind != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(total: Option<u64>) -> Progress {
        Progress {
            watched: true,
            begun: Some(Begun {
                of: "lines",
                done: 0,
                asked: 0,
                total,
                due: Instant::now() + PATIENCE,
                shown: false,
            }),
        }
    }

    #[test]
    fn nothing_is_shown_where_nobody_watches() {
        let mut progress = Progress::default();
        progress.begin("lines", Some(9));
        assert_eq!(progress.step(1000), None);
        assert!(!progress.end());
    }

    #[test]
    fn only_what_lasts_is_shown() {
        for (total, shown) in [(None, "1064 lines"), (Some(9000), "1064 of 9000 lines")] {
            let mut progress = begun(total);
            assert_eq!(progress.step(1000), None);
            if let Some(begun) = &mut progress.begun {
                begun.due = Instant::now();
            }
            assert_eq!(progress.step(STEPS - 1), None);
            assert_eq!(progress.step(1), Some(format!("{ERASE}{shown}")));
            assert_eq!(progress.step(STEPS), None);
            assert!(progress.end() && !progress.end());
        }
        assert!(!begun(None).end());
    }
}
