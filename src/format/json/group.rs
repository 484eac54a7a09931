//! The object of a group of flows that `--count-by` counted.

use super::super::row::Show;
use super::flow::write_value;
use super::write::{key, number, object, word};
use crate::field::{Kind, Value};
use crate::pieces;

/// What the flows of a group have in common, by the name that was typed; nothing where none of them has it.
pub struct Common<'a> {
    pub name: &'a str,
    pub kind: Kind,
    pub value: Option<Value<'a>>,
    /// The length of the prefix, where only a network was looked at.
    pub network: Option<u8>,
}

/// Appends a group's object and its newline. Traffic is packets and bytes, where any of the flows is counted.
pub fn group<'a>(
    out: &mut Vec<u8>,
    count: u64,
    common: impl Iterator<Item = Common<'a>>,
    traffic: Option<[u64; 2]>,
) {
    object(out, |out| {
        key(out, "count");
        number(out, count);
        key(out, "by");
        object(out, |out| common.for_each(|part| member(out, &part)));
        let traffic = traffic.into_iter().flatten();
        for (name, amount) in ["packets", "bytes"].into_iter().zip(traffic) {
            key(out, name);
            number(out, amount);
        }
    });
    out.push(b'\n');
}

/// A name is that of a field, whatever stood for its dots.
fn member(out: &mut Vec<u8>, part: &Common) {
    let Some(value) = part.value else { return };
    key(out, part.name);
    match (value, part.network) {
        (Value::Address(address), Some(length)) => {
            let mut network = Vec::new();
            pieces::address(&mut network, address);
            network.push(b'/');
            pieces::number(&mut network, length);
            word(out, &String::from_utf8_lossy(&network));
        }
        _ => write_value(out, part.kind, value, &Show::default()),
    }
}
