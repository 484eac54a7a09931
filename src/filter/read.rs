//! What is typed in a filter -> tests: one value, a list, a range, and what must not be.
//!
//! ```text
//! 80,443,8000-8100      one of these
//! !22,!25               none of these
//! 10.0.0.0/8,192.0.2.7  in a network, or this
//! >=10M                 at least so much
//! ```

use super::Test;
use crate::address::{self, AddressError};
use crate::field::{Kind, read};
use crate::flow::{Family, Protocol, State};
use crate::{names, number};

/// What the values of a field may be, and what they must not be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tests {
    pub one_of: Vec<Test>,
    pub none_of: Vec<Test>,
}

/// What is wrong with a list, with the part of it that a message shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wrong<'a> {
    /// Nothing stands before, behind or between two commas, or behind a `!`.
    Empty,
    /// A range whose end comes before its begin.
    Reversed(&'a [u8]),
    /// No value of the field.
    Value(&'a [u8]),
    Address(AddressError<'a>),
}

/// What stands for the addresses of this namespace's interfaces.
const LOCAL: &[u8] = b"local";

/// Whether a text is more than one value, so far as that shows without knowing what the values are.
pub fn is_list(text: &[u8]) -> bool {
    text.starts_with(b"!") || text.contains(&b',')
}

/// Whether a text that is no value may be several: a list or a range.
pub fn is_several(text: &[u8]) -> bool {
    is_list(text) || text.contains(&b'-')
}

/// Whether a text is more than the address of one host or one network.
pub fn is_list_of_addresses(text: &[u8]) -> bool {
    let is_range = text.contains(&b'-') && !text.contains(&b'/');
    is_list(text) || text == LOCAL || is_range
}

/// A list of numbers of a kind. Services are those of `protocol`, or of any.
pub fn numbers<'a>(
    kind: Kind,
    text: &'a [u8],
    protocol: Option<&Protocol>,
) -> Result<Tests, Wrong<'a>> {
    tests(
        text,
        |wrong| wrong,
        |item| {
            let value = |text: &[u8]| read::number(kind, text, protocol).map(u64::from);
            within(item, value).map(|test| vec![test])
        },
    )
}

/// A list of protocols.
pub fn protocols(text: &[u8]) -> Result<Tests, Wrong<'_>> {
    tests(
        text,
        |wrong| wrong,
        |item| within(item, |text| names::protocol(text).map(u64::from)).map(|test| vec![test]),
    )
}

/// A list of states, each of any of these protocols that has it, or of any at all.
pub fn states<'a>(text: &'a [u8], protocols: &[&Protocol]) -> Result<Tests, Wrong<'a>> {
    let is_one = |state: &State| protocols.is_empty() || protocols.contains(&state.protocol);
    tests(
        text,
        |wrong| wrong,
        |item| {
            let states = read::states(item, None).into_iter().filter(is_one);
            let tests: Vec<Test> = states.map(Test::state).collect();
            match tests.is_empty() {
                true => Err(Wrong::Value(item)),
                false => Ok(tests),
            }
        },
    )
}

/// A list of addresses, networks and ranges, whose families `fix` agrees to.
pub fn addresses<'a, E>(
    text: &'a [u8],
    mut fix: impl FnMut(Family) -> Result<(), E>,
    refused: impl Fn(Wrong<'a>) -> E,
) -> Result<Tests, E> {
    tests(text, &refused, |item| {
        if item == LOCAL {
            return Ok(vec![Test::Local]);
        }
        let ends = item.iter().position(|byte| *byte == b'-');
        let test = match ends.map(|place| (&item[..place], &item[place + 1..])) {
            Some((low, high)) => {
                let [low, high] = [low, high].map(|end| address::address(end).ok_or(item));
                let none = |text| refused(Wrong::Address(AddressError::NotAnAddress(text)));
                let (low, high) = (low.map_err(none)?, high.map_err(none)?);
                fix(Family::of(low))?;
                fix(Family::of(high))?;
                let reversed = || refused(Wrong::Reversed(item));
                Test::addresses(low, high).ok_or_else(reversed)?
            }
            None => {
                let wrong = |error| refused(Wrong::Address(error));
                let cidr = address::cidr(item).map_err(wrong)?;
                fix(Family::of(cidr.address))?;
                let length = cidr.prefix_length().map_err(wrong)?;
                let mask = length.map(|length| address::mask(cidr.address, length));
                Test::address(cidr.address, mask)
            }
        };
        Ok(vec![test])
    })
}

/// A comparison (`>10`, `>=10`, `<10`, `<=10`), a range or a value, of a number with one of these units.
pub fn amount<'a>(text: &'a [u8], units: &[(u8, u64)]) -> Result<Test, Wrong<'a>> {
    let value = |text: &[u8]| with_unit(text, units);
    let wrong = Wrong::Value(text);
    let compared = |rest: &[u8]| value(rest).ok_or(wrong);
    Ok(match text {
        [b'>', b'=', rest @ ..] => Test::between(compared(rest)?, u64::MAX),
        [b'<', b'=', rest @ ..] => Test::between(0, compared(rest)?),
        [b'>', rest @ ..] => Test::between(compared(rest)?.checked_add(1).ok_or(wrong)?, u64::MAX),
        [b'<', rest @ ..] => Test::between(0, compared(rest)?.checked_sub(1).ok_or(wrong)?),
        _ => within(text, value)?,
    })
}

/// Powers of 1,000.
pub const AMOUNTS: [(u8, u64); 3] = [(b'k', 1_000), (b'M', 1_000_000), (b'G', 1_000_000_000)];

/// Seconds.
pub const SPANS: [(u8, u64); 4] = [(b's', 1), (b'm', 60), (b'h', 3_600), (b'd', 86_400)];

fn with_unit(text: &[u8], units: &[(u8, u64)]) -> Option<u64> {
    let (last, rest) = text.split_last()?;
    match units.iter().find(|(unit, _)| unit == last) {
        Some((_, factor)) => number::digits(rest)?.checked_mul(*factor),
        None => number::digits(text),
    }
}

/// The items of a list, each what may be or, behind a `!`, what must not be.
fn tests<'a, E>(
    text: &'a [u8],
    refused: impl Fn(Wrong<'a>) -> E,
    mut read: impl FnMut(&'a [u8]) -> Result<Vec<Test>, E>,
) -> Result<Tests, E> {
    let mut tests = Tests::default();
    for item in text.split(|byte| *byte == b',') {
        let (item, side) = match item.strip_prefix(b"!") {
            Some(item) => (item, &mut tests.none_of),
            None => (item, &mut tests.one_of),
        };
        if item.is_empty() {
            return Err(refused(Wrong::Empty));
        }
        side.extend(read(item)?);
    }
    Ok(tests)
}

/// A value, or a range of two. Names of values may have dashes in them, so a whole name comes first.
fn within<'a>(item: &'a [u8], value: impl Fn(&[u8]) -> Option<u64>) -> Result<Test, Wrong<'a>> {
    if let Some(value) = value(item) {
        return Ok(Test::between(value, value));
    }
    let dashes = item.iter().enumerate().filter(|(_, byte)| **byte == b'-');
    let mut ends = dashes.filter_map(|(place, _)| {
        let (low, high) = (&item[..place], &item[place + 1..]);
        value(low).zip(value(high))
    });
    match ends.next() {
        Some((low, high)) if low <= high => Ok(Test::between(low, high)),
        Some(_) => Err(Wrong::Reversed(item)),
        None => Err(Wrong::Value(item)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::protocol::{SCTP, TCP};

    const PORT: Kind = Kind::Port;

    fn ports(text: &str) -> Result<Tests, Wrong<'_>> {
        numbers(PORT, text.as_bytes(), None)
    }

    fn between(ranges: &[(u64, u64)]) -> Vec<Test> {
        let test = |(low, high): &(u64, u64)| Test::between(*low, *high);
        ranges.iter().map(test).collect()
    }

    #[test]
    fn a_list_has_what_may_be_and_what_must_not() {
        for (text, one_of, none_of) in [
            ("80", &[(80, 80)][..], &[][..]),
            ("80,443", &[(80, 80), (443, 443)], &[]),
            ("80,8000-8100", &[(80, 80), (8000, 8100)], &[]),
            ("!22", &[], &[(22, 22)]),
            ("!22,!25-30", &[], &[(22, 22), (25, 30)]),
            ("1-100,!22", &[(1, 100)], &[(22, 22)]),
            ("5-5", &[(5, 5)], &[]),
            ("0-65535", &[(0, 65535)], &[]),
        ] {
            let (one_of, none_of) = (between(one_of), between(none_of));
            assert_eq!(ports(text), Ok(Tests { one_of, none_of }), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused_where_it_is_wrong() {
        for (text, wrong) in [
            ("", Wrong::Empty),
            ("80,", Wrong::Empty),
            (",80", Wrong::Empty),
            ("80,,443", Wrong::Empty),
            ("!", Wrong::Empty),
            ("80,!", Wrong::Empty),
            ("90-80", Wrong::Reversed(b"90-80")),
            ("1,90-80", Wrong::Reversed(b"90-80")),
            ("!!22", Wrong::Value(b"!22")),
            ("80-", Wrong::Value(b"80-")),
            ("-80", Wrong::Value(b"-80")),
            ("1-2-3", Wrong::Value(b"1-2-3")),
            ("1,x", Wrong::Value(b"x")),
            ("1,65536", Wrong::Value(b"65536")),
        ] {
            assert_eq!(ports(text), Err(wrong), "{text}");
        }
    }

    #[test]
    fn protocols_are_named_or_numbered() {
        let read = |text: &'static str| protocols(text.as_bytes()).map(|tests| tests.one_of);
        assert_eq!(read("tcp,17"), Ok(between(&[(6, 6), (17, 17)])));
        assert_eq!(read("6-17"), Ok(between(&[(6, 17)])));
        assert_eq!(read("tcp,nope"), Err(Wrong::Value(b"nope")));
        assert_eq!(read("tcp,256"), Err(Wrong::Value(b"256")));
    }

    #[test]
    fn a_state_is_that_of_each_protocol_which_may_have_it() {
        let of = |protocol, number| Test::state(State { protocol, number });
        let read = |text: &'static str, protocols: &[&Protocol]| {
            states(text.as_bytes(), protocols).map(|tests| tests.one_of)
        };
        let both = vec![of(&TCP, 3), of(&SCTP, 4)];
        assert_eq!(read("ESTABLISHED", &[]), Ok(both));
        let tcp = vec![of(&TCP, 3), of(&TCP, 7)];
        assert_eq!(read("ESTABLISHED,TIME_WAIT", &[&TCP]), Ok(tcp));
        assert_eq!(read("TIME_WAIT", &[&SCTP]), Err(Wrong::Value(b"TIME_WAIT")));
        assert_eq!(read("CLOSE,x", &[]), Err(Wrong::Value(b"x")));
    }

    #[test]
    fn addresses_are_hosts_networks_ranges_and_local() {
        let address = |text: &str| text.parse().unwrap();
        let read = |text: &'static str| {
            let mut families = Vec::new();
            let fix = |family| {
                families.push(family);
                Ok(())
            };
            let tests = addresses(text.as_bytes(), fix, |wrong| wrong);
            (tests.map(|tests| (tests.one_of, tests.none_of)), families)
        };
        let ten = Test::address(address("10.0.0.0"), Some(address("255.0.0.0")));
        let host = |text| Test::address(address(text), None);
        let range = Test::addresses(address("10.0.0.5"), address("10.0.0.9")).unwrap();
        for (text, one_of, none_of) in [
            ("10.0.0.0/8,192.0.2.7", vec![ten, host("192.0.2.7")], vec![]),
            ("!10.0.0.0/8", vec![], vec![ten]),
            ("10.0.0.5-10.0.0.9", vec![range], vec![]),
            ("local,!::1", vec![Test::Local], vec![host("::1")]),
        ] {
            assert_eq!(read(text).0, Ok((one_of, none_of)), "{text}");
        }
        assert_eq!(read("local").1, []);
        assert_eq!(read("!10.0.0.1,::1").1, [Family::IPV4, Family::IPV6]);
        for (text, wrong) in [
            ("10.0.0.9-10.0.0.5", Wrong::Reversed(b"10.0.0.9-10.0.0.5")),
            ("10.0.0.1,", Wrong::Empty),
            (
                "10.0.0.1,x",
                Wrong::Address(AddressError::NotAnAddress(b"x")),
            ),
            ("10.0.0.0/33,x", Wrong::Address(AddressError::Netmask)),
            (
                "10.0.0.0/8-10.0.0.9",
                Wrong::Address(AddressError::NotAnAddress(b"10.0.0.0/8-10.0.0.9")),
            ),
        ] {
            assert_eq!(read(text).0, Err(wrong), "{text}");
        }
    }

    #[test]
    fn amounts_are_compared_in_units() {
        for (text, units, range) in [
            (">10M", &AMOUNTS[..], Some((10_000_001, u64::MAX))),
            (">=10k", &AMOUNTS, Some((10_000, u64::MAX))),
            ("<1G", &AMOUNTS, Some((0, 999_999_999))),
            ("<=5", &AMOUNTS, Some((0, 5))),
            ("10M-20M", &AMOUNTS, Some((10_000_000, 20_000_000))),
            ("7", &AMOUNTS, Some((7, 7))),
            (">1h", &SPANS, Some((3_601, u64::MAX))),
            ("<30s", &SPANS, Some((0, 29))),
            ("1m-2d", &SPANS, Some((60, 172_800))),
            ("<0", &AMOUNTS, None),
            (">18446744073709551615", &AMOUNTS, None),
            (">1h", &AMOUNTS, None),
            (">10K", &AMOUNTS, None),
            (">", &AMOUNTS, None),
            ("M", &AMOUNTS, None),
            ("", &AMOUNTS, None),
            (">-1", &AMOUNTS, None),
            ("18446744073709551615k", &AMOUNTS, None),
        ] {
            let expected = range.map(|(low, high)| Test::between(low, high));
            assert_eq!(amount(text.as_bytes(), units).ok(), expected, "{text}");
        }
        assert_eq!(amount(b"2-1", &AMOUNTS), Err(Wrong::Reversed(b"2-1")));
    }
}
