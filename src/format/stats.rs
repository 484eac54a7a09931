//! Rows of statistics.

use crate::flow::stats::CpuStats;
use crate::pieces::{number, padded, text};

/// Appends the row of a CPU, with its newline.
pub fn cpu_stats(out: &mut Vec<u8>, stats: &CpuStats) {
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
