//! Flows and expectations -> the bytes of a row, a file a format.
//!
//! Rows are appended to a buffer that the caller owns and reuses, so that writing one allocates nothing.

mod classic;
mod json;
mod posix;
#[cfg(test)]
mod recorded;
mod row;
mod save;
mod stats;
mod text;
mod time;
#[cfg(test)]
mod whole;
mod xml;
mod zone;

pub use row::{Columns, Frame, Occasion, Row, Show, Style};

/// What a word of `-o` asks for.
#[derive(Clone, Copy)]
pub enum Output {
    Style(&'static dyn Style),
    /// A style that 1.4.9 lacks: typed in full, and with no other word.
    Addition(&'static dyn Style),
    /// Columns beside the usual ones, where the style has them.
    Columns(Columns),
}

/// Everything that `-o` can name, in the order in which an abbreviation is looked up.
pub static OUTPUTS: [(&str, Output); 10] = [
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
    ("json", Output::Addition(&json::Json)),
];

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
