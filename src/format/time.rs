//! Times as rows show them.

use super::zone;
use crate::clock::{NANOSECONDS, whole_seconds};
use crate::pieces::text;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::sync::LazyLock;

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
