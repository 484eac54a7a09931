//! Rows, written as the flows come.

use super::Sink;
use crate::error::Error;
use crate::flow::Attributes;
use crate::format::{Frame, Row, Show};
use crate::output::Output;
use crate::task::Entries;

#[derive(Debug)]
pub struct Rows(pub Show);

impl Sink for Rows {
    fn needs(&self) -> Attributes {
        self.0.style.needs()
    }

    fn frame(&self) -> Frame {
        self.0.style.frame(Entries::Flows)
    }

    fn flow(&mut self, row: &Row, out: &mut Output) -> Result<(), Error> {
        out.row(|buffer| self.0.flow(buffer, row))
    }
}
