//! How many flows a command changed, and what it says of that.

use super::run::Exit;
use crate::context::Context;
use crate::error::Error;

#[derive(Debug)]
pub struct Tally {
    pub count: u64,
    /// Whether it was done, and what.
    done: [&'static str; 2],
}

impl Tally {
    pub fn new(done: &'static str) -> Tally {
        Tally::said(["have been", done])
    }

    /// The same where nothing is done.
    pub fn planned(done: &'static str) -> Tally {
        Tally::said(["would be", done])
    }

    fn said(done: [&'static str; 2]) -> Tally {
        Tally { count: 0, done }
    }

    /// Says how many there were; that there were none is a failure. Where the command ended early, says how far it
    /// came, in a load file too.
    pub fn conclude(self, ended: Result<(), Error>, cx: &mut Context) -> Result<Exit, Error> {
        let Tally {
            count,
            done: [said, done],
        } = self;
        let summary = format!("{count} flow entries {said} {done}.");
        let Err(error) = ended else {
            cx.conclude(summary)?;
            return Ok(Exit::of_found(count));
        };
        if !cx.out.waits() {
            cx.out.flush()?;
        }
        if count > 0 {
            cx.notes.message(summary);
        }
        Err(error)
    }
}
