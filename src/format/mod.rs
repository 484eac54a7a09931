//! Flows and expectations -> the bytes of a row, a file a format.
//!
//! Rows are appended to a buffer that the caller owns and reuses, so that writing one allocates nothing.

mod classic;
mod json;
mod posix;
// The recorded messages are those of a little-endian machine.
#[cfg(all(test, target_endian = "little"))]
mod recorded;
mod row;
mod save;
mod stats;
mod time;
#[cfg(test)]
mod whole;
mod xml;
mod zone;

pub use json::{Common, group};
pub use row::{Columns, Frame, Occasion, Row, Show, Style};

/// What a word of `-o` asks for.
#[derive(Clone, Copy)]
pub enum Output {
    Style(&'static dyn Style),
    /// A style that 1.4.9 lacks, and that goes with no other word.
    Addition(&'static dyn Style),
    /// Columns beside the usual ones, where the style has them.
    Columns(Columns),
    /// Aligned columns of any fields, which `sink::table` sets once it has all rows.
    Table,
}

/// Everything of 1.4.9's that `-o` can name, in the order in which an abbreviation is looked up.
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
pub static ADDED_OUTPUTS: [(&str, Output); 2] = [
    ("json", Output::Addition(&json::Json)),
    ("table", Output::Table),
];

/// All that `-o` can name.
pub fn outputs() -> impl Iterator<Item = &'static (&'static str, Output)> {
    OUTPUTS.iter().chain(&ADDED_OUTPUTS)
}

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
