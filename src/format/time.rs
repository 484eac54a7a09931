//! Times as rows show them.

use super::text::text;
use super::zone;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

const NANOSECONDS: u64 = 1_000_000_000;

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

/// `[seconds.microseconds]` and a tab.
pub fn stamp(out: &mut Vec<u8>, nanoseconds: u64) {
    let micros = nanoseconds % NANOSECONDS / 1000;
    text(
        out,
        &format!("[{:08}.{micros:06}]\t", whole_seconds(nanoseconds)),
    );
}

/// A time in the local zone.
pub fn local(nanoseconds: u64) -> Zoned {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(zone::local);
    let seconds = i64::try_from(whole_seconds(nanoseconds)).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::MAX)
        .to_zoned(ZONE.clone())
}

/// `Tue Nov 14 22:13:20 2023` in the local zone, as asctime writes it.
pub fn date(out: &mut Vec<u8>, nanoseconds: u64) {
    text(
        out,
        &local(nanoseconds)
            .strftime("%a %b %e %H:%M:%S %Y")
            .to_string(),
    );
}
