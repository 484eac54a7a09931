//! Rows of statistics and counts.

use crate::flow::stats::{Count, CpuStats};
use crate::pieces::{number, padded, text};

/// Appends the row of a CPU, with its newline.
pub fn cpu(out: &mut Vec<u8>, stats: &CpuStats) {
    text(out, "cpu=");
    padded(out, itoa::Buffer::new().format(stats.cpu), 4);
    out.push(b'\t');
    for (name, value) in &stats.counters {
        text(out, name);
        out.push(b'=');
        number(out, *value);
        out.push(b' ');
    }
    out.push(b'\n');
}

/// Appends the number of entries, or nothing where it is not known, with a newline.
pub fn count(out: &mut Vec<u8>, count: &Count) {
    if let Some(entries) = count.entries {
        number(out, entries);
    }
    out.push(b'\n');
}
