//! A value -> the text of a column or of a group's key, by the field's kind.

use super::{Field, Kind, Value};
use crate::clock::{NANOSECONDS, whole_seconds};
use crate::flow::{Family, Flow, label, protocol};
use crate::pieces::{address, hex, number, text};
use crate::text::escape;
use jiff::Timestamp;

/// Between the names of what is set.
const AND: &str = "+";

/// What a flow has to show of a field. Of labels there may be room for many and none set, which is nothing to show.
pub fn of<'a>(field: &Field, flow: &Flow<'a>) -> Option<Value<'a>> {
    (field.get)(flow).filter(|value| match value {
        Value::Labels(bits) => bits.iter().any(|byte| *byte != 0),
        _ => true,
    })
}

/// Appends a value as one word.
pub fn value(out: &mut Vec<u8>, kind: Kind, value: Value) {
    match (kind, value) {
        (Kind::Family, Value::Number(family)) => named(out, family, family_name(family)),
        (Kind::Protocol, Value::Number(protocol)) => named(out, protocol, protocol_name(protocol)),
        (Kind::Key, Value::Number(key)) => hex(out, key as u16),
        (Kind::Bits(names), Value::Number(bits)) => set_bits(out, bits, names),
        (Kind::Time, Value::Number(nanoseconds)) => time(out, nanoseconds),
        (_, Value::Number(value)) => number(out, value),
        (_, Value::Signed(value)) => number(out, value),
        (_, Value::Address(value)) => address(out, value),
        (_, Value::State(state)) => text(out, state.name()),
        (_, Value::Text(said)) => escape(out, said, char::is_whitespace),
        (_, Value::Labels(bits)) => labels(out, bits),
    }
}

fn named(out: &mut Vec<u8>, value: u64, name: Option<&str>) {
    match name {
        Some(name) => text(out, name),
        None => number(out, value),
    }
}

fn family_name(family: u64) -> Option<&'static str> {
    let families = [Family::IPV4, Family::IPV6];
    let family = families.into_iter().find(|one| u64::from(one.0) == family);
    family.map(Family::name)
}

fn protocol_name(number: u64) -> Option<&'static str> {
    let protocol = u8::try_from(number).ok().and_then(protocol::by_number)?;
    Some(protocol.name)
}

/// The kernel's names of the bits, or their numbers where they have none; no bits are 0.
fn set_bits(out: &mut Vec<u8>, bits: u64, names: &[&str]) {
    let set = (0..u64::BITS).filter(|bit| bits >> bit & 1 == 1);
    joined(out, set, |out, bit| {
        named(out, bit.into(), names.get(bit as usize).copied());
    });
    if bits == 0 {
        number(out, bits);
    }
}

fn labels(out: &mut Vec<u8>, bits: &[u8]) {
    joined(out, label::bits(bits), number);
}

fn joined<T>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    for (place, item) in items.enumerate() {
        if place > 0 {
            text(out, AND);
        }
        write(out, item);
    }
}

/// RFC 3339 in UTC with nanoseconds.
fn time(out: &mut Vec<u8>, nanoseconds: u64) {
    let seconds = i64::try_from(whole_seconds(nanoseconds)).unwrap_or(i64::MAX);
    let rest = (nanoseconds % NANOSECONDS) as i32;
    let time = Timestamp::new(seconds, rest).unwrap_or(Timestamp::MAX);
    text(out, &format!("{time:.9}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::field;
    use crate::flow::protocol::TCP;
    use crate::flow::{Flow, State};

    fn shown(path: &str, value: Value) -> String {
        let mut out = Vec::new();
        super::value(&mut out, field(path).kind, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_value_is_one_word_by_its_kind() {
        let number = Value::Number;
        for (path, value, text) in [
            ("family", number(2), "ipv4"),
            ("family", number(10), "ipv6"),
            ("family", number(7), "7"),
            ("protocol", number(6), "tcp"),
            ("protocol", number(50), "50"),
            ("protocol", number(300), "300"),
            ("protonum", number(6), "6"),
            ("orig.sport", number(80), "80"),
            ("orig.srckey", number(0x1234), "0x1234"),
            ("mark", number(255), "255"),
            ("bytes", number(u64::MAX), "18446744073709551615"),
            ("status", number(0), "0"),
            ("status", number(0b1110), "SEEN_REPLY+ASSURED+CONFIRMED"),
            ("status", number(1 << 15 | 1 << 16), "HW_OFFLOAD+16"),
            ("start", number(0), "1970-01-01T00:00:00.000000000Z"),
            (
                "start",
                number(1_699_970_400_000_000_001),
                "2023-11-14T14:00:00.000000001Z",
            ),
            ("stop", number(u64::MAX), "2554-07-21T23:34:33.709551615Z"),
            (
                "orig.src",
                Value::Address("::ffff:1.2.3.4".parse().unwrap()),
                "::ffff:1.2.3.4",
            ),
            (
                "state",
                Value::State(State {
                    protocol: &TCP,
                    number: 3,
                }),
                "ESTABLISHED",
            ),
            ("helper", Value::Text(b"a b\n\xff\\"), r"a\x20b\x0a\xff\\"),
        ] {
            assert_eq!(shown(path, value), text, "{path}");
        }
    }

    #[test]
    fn labels_are_numbers_and_without_any_there_is_nothing_to_show() {
        let mut bits = Vec::new();
        label::set(&mut bits, 127);
        label::set(&mut bits, 5);
        assert_eq!(shown("labels", Value::Labels(&bits)), "5+127");
        let of = |labels| {
            let flow = Flow {
                labels: Some(labels),
                ..Flow::default()
            };
            super::of(field("labels"), &flow).is_some()
        };
        assert!(of(&bits) && !of(&[0; 16]) && !of(&[]));
    }
}
