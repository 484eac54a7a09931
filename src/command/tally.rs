//! How many flows a command changed, and what it says of that.

use crate::error::Error;
use crate::output::{self, Output};

#[derive(Debug)]
pub struct Tally {
    pub count: u64,
    /// What was done to them.
    done: &'static str,
}

impl Tally {
    pub fn new(done: &'static str) -> Tally {
        Tally { count: 0, done }
    }

    /// Lets the rows out. Where the command ended early, also says how far it came.
    pub fn finish(self, ended: Result<(), Error>, out: &mut Output) -> Result<Tally, Error> {
        let written = out.flush();
        match ended.and(written) {
            Ok(()) => Ok(self),
            Err(error) => {
                if self.count > 0 {
                    self.report();
                }
                Err(error)
            }
        }
    }

    /// Says how many there were; that there were none is a failure.
    pub fn conclude(self) -> Result<(), Error> {
        self.report();
        if self.count == 0 {
            Err(Error::Nothing)
        } else {
            Ok(())
        }
    }

    fn report(&self) {
        let Tally { count, done } = self;
        output::message(format_args!("{count} flow entries have been {done}."));
    }
}
