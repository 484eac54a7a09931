//! Flows and expectations -> the bytes of a row, a file a format.
//!
//! Rows are appended to a buffer that the caller owns and reuses, so that writing one allocates nothing.

mod classic;
mod posix;
#[cfg(test)]
mod recorded;
mod row;
mod save;
mod stats;
mod time;
#[cfg(test)]
mod whole;
mod xml;
mod zone;

pub use row::{Columns, Frame, Occasion, Row, Show, Style};
pub use stats::cpu_stats;

/// What a word of `-o` asks for.
#[derive(Clone, Copy)]
pub enum Output {
    Style(&'static dyn Style),
    /// Columns beside the usual ones, where the style has them.
    Columns(Columns),
    /// Aligned columns of any fields, which `sink::table` sets once it has all rows.
    Table,
}

/// Everything that `-o` can name, in the order in which an abbreviation is looked up.
pub static OUTPUTS: [(&str, Output); 9] = [
    ("xml", Output::Style(&xml::Xml)),
    ("extended", Output::Columns(Columns::EXTENDED)),
    ("timestamp", Output::Columns(Columns::TIMESTAMP)),
    ("id", Output::Columns(Columns::ID)),
    ("ktimestamp", Output::Columns(Columns::KTIMESTAMP)),
    ("labels", Output::Columns(Columns::LABELS)),
    // The sender of an event is always shown, and so is the mark.
    ("userspace", Output::Columns(Columns::NONE)),
    ("save", Output::Style(&save::Save)),
    ("mark", Output::Columns(Columns::NONE)),
];

/// What 1.4.9 lacks, which must be typed in full so that no abbreviation changes its meaning.
pub static ADDED_OUTPUTS: [(&str, Output); 1] = [("table", Output::Table)];

/// The row that people and scripts know.
impl Default for Show {
    fn default() -> Show {
        Show {
            style: &classic::Classic,
            columns: Columns::NONE,
            labels: None,
        }
    }
}
