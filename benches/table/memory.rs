//! How much memory ours takes at the most, which is not to depend on how many entries there are.

use crate::Result;
use crate::bursts::{self, Burst};
use crate::measure::{NULL, measure};
use crate::programs::{Programs, Who};
use anyhow::Context;

/// The name of all this, where jobs are chosen by theirs.
pub const NAME: &str = "memory";

/// A small table.
pub const FEW: u32 = 1_000;

/// How much may be resident, in KiB.
const MOST: f64 = 16.0 * 1024.0;

/// How much more may be resident for a large table than for a small one, in KiB: the buffers that go round between two
/// threads, which a small table does not need.
const MOST_APART: f64 = 2.5 * 1024.0;

/// Both bounds in words.
pub const BOUND: &str = "under 16 MiB, and no more than 2.5 MiB apart";

/// The commands whose memory is measured, `-D` last because it empties the table.
pub const COMMANDS: [&str; 3] = ["-L", "-E", "-D"];

/// The peaks of each of the commands, in KiB.
pub struct Peaks {
    pub entries: u32,
    pub peaks: [f64; COMMANDS.len()],
}

/// The table has so many entries, and is left empty. To `-E`, the entries are those which it sees created.
pub fn peaks(entries: u32, programs: &Programs) -> Result<Peaks> {
    let ours = programs.of(Who::Ours).context("no program")?;
    let burst = Burst {
        count: entries,
        ..bursts::BURSTS[0]
    };
    let mut peaks = [0.0; COMMANDS.len()];
    for (peak, command) in peaks.iter_mut().zip(COMMANDS) {
        *peak = match command {
            "-E" => {
                bursts::watch_burst(ours, bursts::ROWS.words, burst)?
                    .run
                    .memory
            }
            _ => measure(ours, &[command], NULL)?.memory,
        };
    }
    Ok(Peaks { entries, peaks })
}

/// Whether the peaks of a command keep both bounds.
pub fn keep_bounds(peaks: &[f64]) -> bool {
    let most = peaks.iter().copied().fold(0.0, f64::max);
    let least = peaks.iter().copied().fold(most, f64::min);
    most < MOST && most - least <= MOST_APART
}
