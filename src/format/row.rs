//! What a row is made of, and what a format has to do.

use super::stats;
use crate::flow::stats::{Count, CpuStats};
use crate::flow::{Attributes, Event, Expectation, Flow, LabelMap, Sender};
use crate::pieces::{key_of, pair, text};
use crate::task::Entries;
use crate::text::escape;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

/// One way to write rows.
pub trait Style: Sync {
    /// Appends the row of a flow, without its newline.
    fn flow(&self, out: &mut Vec<u8>, row: &Row, show: &Show);

    /// Appends the row of an expectation, without its newline.
    fn expectation(&self, out: &mut Vec<u8>, entry: &Expectation, occasion: Occasion, show: &Show);

    /// What stands before the first row and after the last one, where there are rows.
    fn frame(&self, _of: Entries) -> Frame {
        Frame::default()
    }

    /// Whether it goes with no other word of `-o` but those that change nothing.
    fn stands_alone(&self) -> bool {
        false
    }

    /// The attributes that the row of a flow is made of.
    fn needs(&self) -> Attributes {
        Attributes::USUAL
    }

    /// Whether labels are shown whatever else is asked for, by their names where there are any.
    fn always_labels(&self) -> bool {
        false
    }

    /// Appends what there is to say of events that were lost, `times` times, with its newline.
    fn lost(&self, _out: &mut Vec<u8>, _times: u64) {}

    /// Appends what a CPU counted, with its newline.
    fn cpu(&self, out: &mut Vec<u8>, stats: &CpuStats) {
        stats::cpu(out, stats);
    }

    /// Whether a count says how many entries there may be.
    fn shows_limits(&self) -> bool {
        false
    }

    /// Appends how many entries there are, with its newline.
    fn count(&self, out: &mut Vec<u8>, count: &Count) {
        stats::count(out, count);
    }
}

/// What rows look like.
#[derive(Clone)]
pub struct Show {
    pub style: &'static dyn Style,
    pub columns: Columns,
    /// Names for label bits; labels are shown where there is a map and [`Columns::LABELS`] asks for them.
    pub labels: Option<Arc<LabelMap>>,
}

/// What a row shows beyond its usual fields, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns(u8);

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

impl Columns {
    pub const NONE: Columns = Columns(0);
    /// The layer 3 protocol.
    pub const EXTENDED: Columns = Columns(1 << 0);
    /// The time of an event.
    pub const TIMESTAMP: Columns = Columns(1 << 1);
    /// The kernel's number for the flow.
    pub const ID: Columns = Columns(1 << 2);
    /// When the kernel created and destroyed the flow.
    pub const KTIMESTAMP: Columns = Columns(1 << 3);
    /// The names of its labels.
    pub const LABELS: Columns = Columns(1 << 4);

    pub const fn union(self, others: Columns) -> Columns {
        Columns(self.0 | others.0)
    }

    pub fn has(self, columns: Columns) -> bool {
        self.0 & columns.0 == columns.0
    }
}

impl Occasion<'_> {
    pub fn event(self) -> Option<Event> {
        match self {
            Occasion::Event(event, _) => event,
            Occasion::Listed | Occasion::Deleted => None,
        }
    }

    /// Appends ` [USERSPACE] portid=N progname=NAME`, which follows the row of an event that a process caused. In the name,
    /// what is `special` to those who read the row is escaped.
    pub fn write_sender(self, out: &mut Vec<u8>, special: impl Fn(char) -> bool) {
        let Occasion::Event(_, Some(sender)) = self else {
            return;
        };
        text(out, " [USERSPACE]");
        pair(out, "portid", sender.port);
        if let Some(name) = sender.name {
            key_of(out, "progname");
            escape(out, name, special);
        }
    }

    pub fn is_event(self) -> bool {
        matches!(self, Occasion::Event(..))
    }
}

impl Show {
    /// Appends the row of a flow, with its newline.
    pub fn flow(&self, out: &mut Vec<u8>, row: &Row) {
        self.style.flow(out, row, self);
        out.push(b'\n');
    }

    /// Appends the row of an expectation, with its newline.
    pub fn expectation(&self, out: &mut Vec<u8>, entry: &Expectation, occasion: Occasion) {
        self.style.expectation(out, entry, occasion, self);
        out.push(b'\n');
    }

    /// The names of a flow's labels, where they are to be shown and the flow has any bits at all.
    pub fn label_names<'a>(&'a self, flow: &'a Flow) -> Option<impl Iterator<Item = &'a [u8]>> {
        let wanted = self.columns.has(Columns::LABELS);
        let map = self.labels.as_ref().filter(|_| wanted)?;
        let bits = flow.labels.filter(|bits| !bits.is_empty())?;
        Some(map.names_of(bits))
    }
}

impl Debug for Show {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        f.debug_struct("Show")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}
