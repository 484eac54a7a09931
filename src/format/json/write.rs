//! The pieces that JSON is written with.

use crate::flow::Protocol;
use crate::flow::{Family, protocol};
use crate::pieces::{self, text};
use crate::text::escape;
use jiff::Timestamp;
use jiff::tz::Offset;
use std::net::IpAddr;

/// The key of a member and the comma before it, ready to be copied as a whole: a copy of a length that the compiler knows
/// costs a tenth of another.
#[derive(Debug)]
pub struct Key {
    bytes: [u8; Key::LONGEST],
    length: usize,
}

impl Key {
    const LONGEST: usize = 16;

    /// The key of a word of ours.
    pub fn new(name: &str) -> Key {
        let mut written = Vec::new();
        key(&mut written, name);
        let mut bytes = [0; Key::LONGEST];
        bytes[..written.len()].copy_from_slice(&written);
        Key {
            bytes,
            length: written.len(),
        }
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        out.extend_from_slice(&self.bytes);
        out.truncate(end);
    }
}

/// Appends an object and whatever members `fill` appends to it.
pub fn object(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    enclosed(out, *b"{}", fill);
}

/// Every member and every item begins with a comma: that of the first becomes the bracket.
fn enclosed(out: &mut Vec<u8>, [opening, closing]: [u8; 2], fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    fill(out);
    match out.get_mut(start) {
        Some(comma) => *comma = opening,
        None => out.push(opening),
    }
    out.push(closing);
}

/// Appends the key of a member, which is a word of ours.
pub fn key(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    word(out, name);
    out.push(b':');
}

/// Appends a string that has nothing to escape, for it is a word of ours.
pub fn word(out: &mut Vec<u8>, word: &str) {
    out.push(b'"');
    text(out, word);
    out.push(b'"');
}

pub fn number(out: &mut Vec<u8>, value: impl itoa::Integer) {
    pieces::number(out, value);
}

/// Appends a number as a string of digits, where others have a name.
pub fn digits(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.push(b'"');
    number(out, value);
    out.push(b'"');
}

pub fn address(out: &mut Vec<u8>, address: IpAddr) {
    out.push(b'"');
    pieces::address(out, address);
    out.push(b'"');
}

pub fn family(out: &mut Vec<u8>, family: Family) {
    match family {
        Family::IPV4 | Family::IPV6 => word(out, family.name()),
        Family(other) => digits(out, other),
    }
}

pub fn protocol(out: &mut Vec<u8>, number: u8) {
    match protocol::by_number(number) {
        Some(Protocol { name, .. }) => word(out, name),
        None => digits(out, number),
    }
}

/// Appends a time in UTC, to the nanosecond. jiff's own printer would take as long as half a row.
pub fn time(out: &mut Vec<u8>, nanoseconds: u64) {
    let time = Timestamp::from_nanosecond(nanoseconds.into()).unwrap_or(Timestamp::MAX);
    let time = Offset::UTC.to_datetime(time);
    out.push(b'"');
    for (before, value, width) in [
        ("", i32::from(time.year()), 4),
        ("-", time.month().into(), 2),
        ("-", time.day().into(), 2),
        ("T", time.hour().into(), 2),
        (":", time.minute().into(), 2),
        (":", time.second().into(), 2),
        (".", time.subsec_nanosecond(), 9),
    ] {
        text(out, before);
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(value);
        out.extend(std::iter::repeat_n(b'0', width - digits.len().min(width)));
        text(out, digits);
    }
    text(out, "Z\"");
}

/// Appends what somebody else has said: escaped as in every row, so that any bytes are text, and then as JSON wants it.
pub fn said(out: &mut Vec<u8>, said: &[u8]) {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if said.iter().all(is_plain) {
        out.push(b'"');
        out.extend_from_slice(said);
        out.push(b'"');
        return;
    }
    let mut escaped = Vec::new();
    escape(&mut escaped, said, |_| false);
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(&mut *out, &String::from_utf8_lossy(&escaped));
}

/// Appends a list of what `item` writes.
pub fn list<T>(
    out: &mut Vec<u8>,
    items: impl Iterator<Item = T>,
    mut item: impl FnMut(&mut Vec<u8>, T),
) {
    enclosed(out, *b"[]", |out| {
        for each in items {
            out.push(b',');
            item(out, each);
        }
    });
}

/// Appends the bits that are set, by their names; one that has none by its number.
pub fn bits(out: &mut Vec<u8>, set: u64, names: &[&str]) {
    let mut left = set;
    let lowest_first = std::iter::from_fn(|| {
        let bit = (left != 0).then(|| left.trailing_zeros())?;
        left &= left - 1;
        Some(bit)
    });
    list(out, lowest_first, |out, bit| {
        match names.get(bit as usize) {
            Some(name) => word(out, name),
            None => digits(out, bit),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_others_say_is_a_string_whatever_it_is() {
        for (bytes, text) in [
            (&b""[..], r#""""#),
            (b"ftp", r#""ftp""#),
            (b"a b", r#""a b""#),
            (b"a\"b", r#""a\"b""#),
            (b"a\\b", r#""a\\\\b""#),
            (b"x\n\x7f", r#""x\\x0a\\x7f""#),
            (b"\xff\xc3", r#""\\xff\\xc3""#),
            ("ünï\u{2028}".as_bytes(), "\"ünï\u{2028}\""),
        ] {
            let string = written(|out| said(out, bytes));
            assert_eq!(string, text);
            assert!(serde_json::from_str::<Value>(&string).unwrap().is_string());
        }
    }

    #[test]
    fn times_are_utc_to_the_nanosecond() {
        for (nanoseconds, text) in [
            (0, "\"1970-01-01T00:00:00.000000000Z\""),
            (
                1_699_970_400_001_002_003,
                "\"2023-11-14T14:00:00.001002003Z\"",
            ),
            (u64::MAX, "\"2554-07-21T23:34:33.709551615Z\""),
        ] {
            assert_eq!(written(|out| time(out, nanoseconds)), text);
        }
    }

    #[test]
    fn bits_without_a_name_are_shown_by_their_number() {
        for (set, text) in [
            (0, "[]"),
            (0b11, r#"["ONE","TWO"]"#),
            (0b110, r#"["TWO","2"]"#),
            (1 << 31, r#"["31"]"#),
        ] {
            assert_eq!(written(|out| bits(out, set, &["ONE", "TWO"])), text);
        }
    }

    #[test]
    fn what_has_no_name_is_a_string_of_digits() {
        assert_eq!(written(|out| protocol(out, 6)), "\"tcp\"");
        assert_eq!(written(|out| protocol(out, 89)), "\"89\"");
        assert_eq!(written(|out| family(out, Family::IPV6)), "\"ipv6\"");
        assert_eq!(written(|out| family(out, Family::ANY)), "\"0\"");
    }
}
