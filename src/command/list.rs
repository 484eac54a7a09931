//! `-L`: the flows of a table.

use super::scan::scan;
use crate::error::Error;
use crate::filter::Filter;
use crate::format::{Entries, Format, Occasion, Row};
use crate::netlink::encode::Dump;
use crate::output::{self, Output};
use std::time::SystemTime;

#[derive(Debug)]
pub struct List {
    /// Which flows the kernel is asked for.
    pub what: Dump,
    pub filter: Filter,
    pub format: Format,
}

impl List {
    pub fn run(self, out: &mut Output) -> Result<(), Error> {
        let mut shown = 0u64;
        out.set_frame(self.format.frame(Entries::Flows));
        let listed = scan(self.what, &self.filter, |flow| {
            shown += 1;
            let row = Row {
                flow,
                occasion: Occasion::Listed,
                now: SystemTime::now(),
            };
            out.row(|buffer| self.format.flow(buffer, &row))
        });
        out.close()?;
        listed?;
        output::message(format_args!("{shown} flow entries have been shown."));
        Ok(())
    }
}
