//! Values as bytes that have the order of the values, and from which they can be read again: keys to group and sort by.
//!
//! No key is the beginning of another one, so keys of several fields may simply stand behind each other.

use super::Value;
use super::read::states;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The sorts of values, in the order in which they sort. What a flow does not have comes last.
const NUMBER: u8 = 1;
const SIGNED: u8 = 2;
const IPV4: u8 = 4;
const IPV6: u8 = 6;
const STATE: u8 = 8;
const TEXT: u8 = 10;
const LABELS: u8 = 12;
const NOTHING: u8 = u8::MAX;

/// Behind a text, which has no such byte: it is one of C's.
const END: u8 = 0;

/// Appends the key of a value.
pub fn write(key: &mut Vec<u8>, value: Option<Value>) {
    match value {
        None => key.push(NOTHING),
        Some(Value::Number(number)) => put(key, NUMBER, &number.to_be_bytes()),
        // The sign bit turned round, negative numbers come before the others.
        Some(Value::Signed(number)) => put(key, SIGNED, &(number ^ i32::MIN).to_be_bytes()),
        Some(Value::Address(IpAddr::V4(address))) => put(key, IPV4, &address.octets()),
        Some(Value::Address(IpAddr::V6(address))) => put(key, IPV6, &address.octets()),
        // The states of two protocols that have one name are one to whoever counts them.
        Some(Value::State(state)) => put_text(key, STATE, state.name().as_bytes()),
        Some(Value::Text(text)) => put_text(key, TEXT, text),
        Some(Value::Labels(bits)) => {
            let length = u16::try_from(bits.len()).unwrap_or(u16::MAX);
            put(key, LABELS, &length.to_be_bytes());
            key.extend(bits.iter().take(length.into()));
        }
    }
}

fn put(key: &mut Vec<u8>, sort: u8, bytes: &[u8]) {
    key.push(sort);
    key.extend_from_slice(bytes);
}

fn put_text(key: &mut Vec<u8>, sort: u8, text: &[u8]) {
    let text = text.split(|byte| *byte == END).next();
    put(key, sort, text.unwrap_or_default());
    key.push(END);
}

/// The same, so that greater values come first; what a flow does not have comes last all the same.
pub fn write_descending(key: &mut Vec<u8>, value: Option<Value>) {
    let start = key.len();
    write(key, value);
    if value.is_some() {
        key[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

/// Takes the value of the key that the bytes begin with.
pub fn read<'k>(key: &mut &'k [u8]) -> Option<Value<'k>> {
    let [sort] = *take::<1>(key)?;
    match sort {
        SIGNED => {
            let bits = i32::from_be_bytes(*take(key)?);
            Some(Value::Signed(bits ^ i32::MIN))
        }
        NUMBER => Some(Value::Number(u64::from_be_bytes(*take(key)?))),
        IPV4 => Some(Value::Address(Ipv4Addr::from(*take::<4>(key)?).into())),
        IPV6 => Some(Value::Address(Ipv6Addr::from(*take::<16>(key)?).into())),
        STATE => {
            let states = states(take_text(key)?, None);
            states.first().copied().map(Value::State)
        }
        TEXT => take_text(key).map(Value::Text),
        LABELS => {
            let length = u16::from_be_bytes(*take(key)?);
            let (bits, rest) = key.split_at_checked(length.into())?;
            *key = rest;
            Some(Value::Labels(bits))
        }
        _ => None,
    }
}

fn take<'k, const N: usize>(key: &mut &'k [u8]) -> Option<&'k [u8; N]> {
    let (first, rest) = key.split_first_chunk()?;
    *key = rest;
    Some(first)
}

fn take_text<'k>(key: &mut &'k [u8]) -> Option<&'k [u8]> {
    let length = key.iter().position(|byte| *byte == END)?;
    let (text, rest) = key.split_at(length);
    *key = rest.get(1..)?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::State;
    use crate::flow::protocol::{Protocol, SCTP, TCP};

    fn state(protocol: &'static Protocol, number: u8) -> Option<Value<'static>> {
        Some(Value::State(State { protocol, number }))
    }

    fn address(text: &str) -> Option<Value<'static>> {
        Some(Value::Address(text.parse().unwrap()))
    }

    /// In the order in which they sort.
    fn values() -> Vec<Option<Value<'static>>> {
        vec![
            Some(Value::Number(9)),
            Some(Value::Number(10)),
            Some(Value::Number(u64::MAX)),
            Some(Value::Signed(i32::MIN)),
            Some(Value::Signed(-1)),
            Some(Value::Signed(0)),
            Some(Value::Signed(i32::MAX)),
            address("9.0.0.0"),
            address("10.0.0.2"),
            address("10.0.0.10"),
            address("::1"),
            address("2001:db8::"),
            state(&SCTP, 1),
            state(&TCP, 3),
            state(&TCP, 9),
            Some(Value::Text(b"")),
            Some(Value::Text(b"ftp")),
            Some(Value::Text(b"ftp-x")),
            Some(Value::Text(b"\xff")),
            Some(Value::Labels(&[0, 0, 0, 1])),
            Some(Value::Labels(&[0, 0, 1, 0])),
            None,
        ]
    }

    fn key(write: fn(&mut Vec<u8>, Option<Value>), value: Option<Value>) -> Vec<u8> {
        let mut key = Vec::new();
        write(&mut key, value);
        key
    }

    #[test]
    fn keys_have_the_order_of_values_and_no_two_are_alike() {
        let keys: Vec<_> = values().into_iter().map(|one| key(write, one)).collect();
        assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
        let begins = |one: &Vec<u8>| keys.iter().filter(|key| key.starts_with(one)).count();
        assert!(keys.iter().all(|key| begins(key) == 1), "{keys:?}");
    }

    #[test]
    fn states_of_one_name_have_one_key() {
        assert_eq!(key(write, state(&TCP, 3)), key(write, state(&SCTP, 4)));
        assert_eq!(key(write, state(&TCP, 0)), key(write, state(&TCP, 99)));
    }

    #[test]
    fn descending_keys_have_the_other_order_with_nothing_still_last() {
        let keys = values().into_iter().map(|one| key(write_descending, one));
        let mut keys: Vec<_> = keys.collect();
        let nothing = keys.pop();
        keys.reverse();
        assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
        assert!(keys.last() < nothing.as_ref(), "{keys:?}");
    }

    #[test]
    fn values_are_read_again_one_behind_the_other() {
        let mut keys = Vec::new();
        values()
            .into_iter()
            .for_each(|value| write(&mut keys, value));
        let mut rest = &keys[..];
        for value in values() {
            assert_eq!(read(&mut rest), value);
        }
        assert!(rest.is_empty() && read(&mut rest).is_none());
        for end in 0..keys.len() {
            let mut cut = &keys[..end];
            while !cut.is_empty() {
                read(&mut cut);
            }
        }
    }
}
