//! The wall clock, in nanoseconds since 1970, which is how the kernel stamps flows.

use std::time::{SystemTime, UNIX_EPOCH};

pub const NANOSECONDS: u64 = 1_000_000_000;

/// Nanoseconds since 1970; a clock before that reads as 1970. Asking costs a seventh of a row, so only a row that shows a
/// time asks.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_nanos() as u64)
}

/// The whole seconds of a time in nanoseconds.
pub fn whole_seconds(nanoseconds: u64) -> u64 {
    nanoseconds / NANOSECONDS
}
