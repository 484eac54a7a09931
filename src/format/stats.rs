//! Rows of statistics.

use super::text::{number, padded, text};
use crate::flow::stats::CpuStats;

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
