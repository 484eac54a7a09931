//! Flows and expectations -> the bytes of a row, a file a format.
//!
//! Rows are appended to a buffer that the caller owns and reuses, so that writing one allocates nothing.

mod classic;
mod expectation;
mod save;
mod stats;
mod text;
mod time;
mod xml;

pub use stats::cpu_stats;

use crate::flow::{Event, Expectation, Flow, LabelMap, Sender};
use std::time::SystemTime;

/// What rows look like.
#[derive(Clone, Debug, Default)]
pub struct Format {
    pub style: Style,
    pub columns: Columns,
    /// Names for label bits; labels are shown where there is a map and [`Columns::labels`] asks for them.
    pub labels: Option<LabelMap>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    #[default]
    Classic,
    Xml,
    Save,
}

/// What a row shows beyond its usual fields (`-o`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The layer 3 protocol.
    pub extended: bool,
    /// The time of an event.
    pub timestamp: bool,
    /// The kernel's number for the flow.
    pub id: bool,
    /// When the kernel created and destroyed the flow.
    pub ktimestamp: bool,
    /// The names of its labels.
    pub labels: bool,
}

/// What a document has for rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    Flows,
    Expectations,
}

/// The text around the rows of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    pub opening: &'static str,
    pub closing: &'static str,
}

/// A flow, and how it came to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub flow: &'a Flow<'a>,
    pub occasion: Occasion<'a>,
    /// The time at which the row is written.
    pub now: SystemTime,
}

/// Why a row is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion<'a> {
    /// A command looked the entry up (`-L`, `-G`, `-U`).
    Listed,
    /// A command deleted it.
    Deleted,
    /// The kernel announced a change, which a process may have caused.
    Event(Option<Event>, Option<Sender<'a>>),
}

impl<'a> Occasion<'a> {
    fn event(self) -> Option<Event> {
        match self {
            Occasion::Event(event, _) => event,
            Occasion::Listed | Occasion::Deleted => None,
        }
    }

    fn sender(self) -> Option<Sender<'a>> {
        match self {
            Occasion::Event(_, sender) => sender,
            Occasion::Listed | Occasion::Deleted => None,
        }
    }

    fn is_event(self) -> bool {
        matches!(self, Occasion::Event(..))
    }
}

impl Format {
    /// Appends the row of a flow, with its newline.
    pub fn flow(&self, out: &mut Vec<u8>, row: &Row) {
        match self.style {
            Style::Classic => classic::flow(self, out, row),
            Style::Xml => xml::flow(self, out, row),
            Style::Save => save::flow(out, row),
        }
        if let Some(sender) = row.occasion.sender().filter(|_| self.style != Style::Xml) {
            text::sender(out, sender);
        }
        out.push(b'\n');
    }

    /// Appends the row of an expectation, with its newline.
    pub fn expectation(
        &self,
        out: &mut Vec<u8>,
        entry: &Expectation,
        occasion: Occasion,
        now: SystemTime,
    ) {
        expectation::row(self, out, entry, occasion, now);
        out.push(b'\n');
    }

    /// What stands before the first row and after the last one, where there are rows.
    pub fn frame(&self, entries: Entries) -> Frame {
        match (self.style, entries) {
            (Style::Classic | Style::Save, _) => Frame::default(),
            (Style::Xml, Entries::Flows) => xml::FLOWS,
            (Style::Xml, Entries::Expectations) => xml::EXPECTATIONS,
        }
    }

    /// The names of a flow's labels, where they are to be shown and the flow has any bits at all.
    fn label_names<'a>(&'a self, flow: &'a Flow) -> Option<impl Iterator<Item = &'a str>> {
        let map = self.labels.as_ref().filter(|_| self.columns.labels)?;
        let bits = flow.labels.filter(|bits| !bits.is_empty())?;
        Some(map.names_of(bits))
    }
}
