//! Names in place of numbers: protocols and services, from the tables in /etc.

use crate::error::Usage;
use crate::flow::protocol::{self, Protocol};
use crate::number;
use std::fs;

/// The number of a layer 4 protocol: one of ours in any case, one of /etc/protocols as it stands there, or a number.
pub fn protocol(text: &str) -> Result<u8, Usage> {
    protocol::ALL
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(text))
        .map(|known| known.number)
        .or_else(|| lookup("/etc/protocols", text, |number| number.parse().ok()))
        .or_else(|| number::any_base(text).and_then(|number| u8::try_from(number).ok()))
        .ok_or_else(|| Usage::UnsupportedProtocol(text.to_owned()))
}

/// The name of a protocol number in /etc/protocols.
pub fn protocol_name(number: u8) -> Option<String> {
    let number = number.to_string();
    fs::read_to_string("/etc/protocols")
        .ok()?
        .lines()
        .find_map(|line| {
            let mut words = words(line);
            let name = words.next()?;
            (words.next()? == number).then(|| name.to_owned())
        })
}

/// The port of a service of a protocol, or of any protocol where none is given.
pub fn service(text: &str, protocol: Option<&Protocol>) -> Option<u16> {
    lookup("/etc/services", text, |entry| {
        let (port, of) = entry.split_once('/')?;
        protocol
            .is_none_or(|protocol| protocol.name == of)
            .then(|| port.parse().ok())
            .flatten()
    })
}

/// Finds the line whose name or one of whose aliases is `name`, and of which `value` takes the second word.
fn lookup<T>(path: &str, name: &str, value: impl Fn(&str) -> Option<T>) -> Option<T> {
    fs::read_to_string(path).ok()?.lines().find_map(|line| {
        let mut words = words(line);
        let first = words.next()?;
        let number = words.next()?;
        let named = first == name || words.any(|alias| alias == name);
        named.then(|| value(number)).flatten()
    })
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split('#')
        .next()
        .unwrap_or_default()
        .split_ascii_whitespace()
}
