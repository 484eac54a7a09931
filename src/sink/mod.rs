//! Where found flows go: out as rows, into groups that are counted, or into a table.

mod best;
pub mod groups;
pub mod rows;
pub mod table;

use crate::error::Error;
use crate::field::Setting;
use crate::flow::Attributes;
use crate::format::{Frame, Row};
use crate::output::Output;
use std::fmt::Debug;

pub trait Sink: Debug + Send {
    /// The attributes that it looks at. Others need not be decoded.
    fn needs(&self) -> Attributes;

    /// The settings of the kernel without which it has nothing to sort by.
    fn requires(&self) -> Vec<Setting> {
        Vec::new()
    }

    /// What stands before the first row and after the last one, where there are rows.
    fn frame(&self) -> Frame {
        Frame::default()
    }

    /// Takes a flow.
    fn flow(&mut self, row: &Row, out: &mut Output) -> Result<(), Error>;

    /// Lets out what it has kept, once there are no more.
    fn end(&mut self, _: &mut Output) -> Result<(), Error> {
        Ok(())
    }
}
