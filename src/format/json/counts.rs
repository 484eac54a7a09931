//! The objects of counters and of counts.

use super::write::{key, number, object, said};
use crate::flow::stats::{Count, CpuStats};

/// The names may be those of a file, so they are not words of ours. Of one that comes twice, the first counts.
pub fn cpu(out: &mut Vec<u8>, stats: &CpuStats) {
    object(out, |out| {
        key(out, "cpu");
        number(out, stats.cpu);
        for (place, (name, value)) in stats.counters.iter().enumerate() {
            let before = &stats.counters[..place];
            if before.iter().any(|(earlier, _)| earlier == name) {
                continue;
            }
            out.push(b',');
            said(out, name.as_bytes());
            out.push(b':');
            number(out, *value);
        }
    });
}

pub fn count(out: &mut Vec<u8>, count: &Count) {
    object(out, |out| {
        for (name, value) in [
            ("entries", count.entries),
            ("maximum", count.maximum),
            ("buckets", count.buckets),
        ] {
            if let Some(value) = value {
                key(out, name);
                number(out, value);
            }
        }
    });
}
