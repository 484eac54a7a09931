//! What is typed for a field -> a value of it, by the field's kind.

use super::Kind;
use crate::flow::protocol::{DCCP, SCTP, TCP};
use crate::flow::{MaskedMark, Protocol, State};
use crate::{names, number};

/// A number of a kind, or none where it is not one in range. Services are those of `protocol`, or of any.
pub fn number(kind: Kind, text: &[u8], protocol: Option<&Protocol>) -> Option<u32> {
    let (value, limit) = match kind {
        Kind::Decimal(limit) => (number::decimal(text), limit),
        Kind::Unsigned(limit) => (number::any_base(text), limit),
        Kind::Key => (number::any_base(text), u16::MAX.into()),
        Kind::Port => {
            let port = names::port(text, protocol.map(|protocol| protocol.name));
            (port.map(u64::from), u16::MAX.into())
        }
        _ => return None,
    };
    value
        .and_then(|value| u32::try_from(value).ok())
        .filter(|value| *value <= limit)
}

/// `VALUE` or `VALUE/MASK`; an empty mask counts as 0, as it always has.
pub fn mark(text: &[u8]) -> Option<MaskedMark> {
    let mut halves = text.splitn(2, |byte| *byte == b'/');
    let value = number(Kind::Unsigned(u32::MAX), halves.next()?, None)?;
    let mask = match halves.next() {
        None => u32::MAX,
        Some(b"") => 0,
        Some(mask) => mask_bits(mask)?,
    };
    Some(MaskedMark { value, mask })
}

/// A mask may be typed as a negative number, of which -1 is the usual one.
fn mask_bits(text: &[u8]) -> Option<u32> {
    let (magnitude, negative) = match text.strip_prefix(b"-") {
        Some(magnitude) => (magnitude, true),
        None => (text, false),
    };
    let bits = u32::try_from(number::any_base(magnitude)?).ok()?;
    Some(if negative { bits.wrapping_neg() } else { bits })
}

/// The states of a name in one protocol, or in every protocol that has it.
pub fn states(text: &[u8], protocol: Option<&Protocol>) -> Vec<State> {
    [&TCP, &SCTP, &DCCP]
        .into_iter()
        .filter(|of| protocol.is_none_or(|named| named == *of))
        .filter_map(|of| state(of, text))
        .collect()
}

/// TCP has an old name for a state.
fn state(protocol: &'static Protocol, name: &[u8]) -> Option<State> {
    let name = match name {
        b"LISTEN" if protocol == &TCP => b"SYN_SENT2",
        name => name,
    };
    let number = protocol
        .states
        .iter()
        .position(|state| state.as_bytes() == name)?;
    Some(State {
        protocol,
        number: number as u8,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::protocol::UDP;

    #[test]
    fn a_number_is_read_by_its_kind_and_kept_in_range() {
        let wide = Kind::Unsigned(u32::MAX);
        for (kind, text, value) in [
            (Kind::Decimal(255), "8", Some(8)),
            (Kind::Decimal(255), "255", Some(255)),
            (Kind::Decimal(255), "256", None),
            (Kind::Decimal(255), "0x8", None),
            (Kind::Decimal(255), "", None),
            (Kind::Decimal(u32::MAX), "4294967295", Some(u32::MAX)),
            (Kind::Decimal(u32::MAX), "4294967296", None),
            (wide, "0x10", Some(16)),
            (wide, "010", Some(8)),
            (wide, "4294967296", None),
            (Kind::Unsigned(65535), "65535", Some(65535)),
            (Kind::Unsigned(65535), "65536", None),
            (Kind::Key, "0xffff", Some(65535)),
            (Kind::Key, "65536", None),
            (Kind::Port, "80", Some(80)),
            (Kind::Port, "65536", None),
            (Kind::Port, "0x50", None),
            (Kind::Mark, "5", None),
        ] {
            assert_eq!(
                number(kind, text.as_bytes(), None),
                value,
                "{kind:?} {text}"
            );
        }
    }

    #[test]
    fn a_mark_may_have_a_mask() {
        for (text, read) in [
            ("5", Some((5, u32::MAX))),
            ("0x10/0xf0", Some((16, 0xf0))),
            ("5/", Some((5, 0))),
            ("5/0", Some((5, 0))),
            ("5/-1", Some((5, u32::MAX))),
            ("5/-2", Some((5, u32::MAX - 1))),
            ("5/6/7", None),
            ("/5", None),
            ("", None),
            ("-1", None),
            ("5/x", None),
            ("4294967296", None),
            ("5/4294967296", None),
            ("5/-4294967295", Some((5, 1))),
            ("5/-4294967297", None),
        ] {
            let mark = mark(text.as_bytes()).map(|mark| (mark.value, mark.mask));
            assert_eq!(mark, read, "{text}");
        }
    }

    #[test]
    fn a_state_is_one_of_its_protocol_or_of_all_that_have_it() {
        for (text, protocol, found) in [
            ("ESTABLISHED", Some(&TCP), &[(6, 3)][..]),
            ("ESTABLISHED", Some(&SCTP), &[(132, 4)]),
            ("ESTABLISHED", None, &[(6, 3), (132, 4)]),
            ("LISTEN", None, &[(6, 9)]),
            ("SYN_SENT2", Some(&TCP), &[(6, 9)]),
            ("OPEN", None, &[(33, 4)]),
            ("NONE", None, &[(6, 0), (132, 0), (33, 0)]),
            ("LISTEN", Some(&SCTP), &[]),
            ("established", None, &[]),
            ("ESTAB", None, &[]),
            ("ESTABLISHED", Some(&UDP), &[]),
            ("", None, &[]),
        ] {
            let states = states(text.as_bytes(), protocol);
            let states: Vec<_> = states
                .iter()
                .map(|s| (s.protocol.number, s.number))
                .collect();
            assert_eq!(states, found, "{text}");
        }
    }
}
