//! What an expectation's object has.

use super::write::{address, bits, family, key, number, object, protocol, said, word};
use crate::flow::expectation::ExpectationFlags;
use crate::flow::{Direction, Expectation, Tuple, protocol};

pub fn members(out: &mut Vec<u8>, entry: &Expectation) {
    key(out, "family");
    family(out, entry.family);
    if let Some(protonum) = entry.tuple.protocol {
        key(out, "protocol");
        protocol(out, protonum);
        key(out, "protonum");
        number(out, protonum);
    }
    for (name, tuple) in [
        ("expected", &entry.tuple),
        ("mask", &entry.mask),
        ("master", &entry.master),
    ] {
        if tuple.present {
            key(out, name);
            object(out, |out| ends(out, tuple));
        }
    }
    member(out, "timeout", entry.timeout);
    if let Some(flags) = entry.flags {
        key(out, "flags");
        bits(out, flags.0.into(), ExpectationFlags::NAMES);
    }
    member(out, "class", entry.class);
    member(out, "zone", entry.zone);
    text(out, "helper", entry.helper);
    text(out, "function", entry.function);
    member(out, "id", entry.id);
    nat(out, entry);
}

fn member(out: &mut Vec<u8>, name: &str, value: Option<impl itoa::Integer>) {
    if let Some(value) = value {
        key(out, name);
        number(out, value);
    }
}

fn text(out: &mut Vec<u8>, name: &str, text: Option<&[u8]>) {
    if let Some(text) = text {
        key(out, name);
        said(out, text);
    }
}

/// Addresses, and whatever the protocol has in place of ports.
fn ends(out: &mut Vec<u8>, tuple: &Tuple) {
    for (name, end) in [("src", tuple.src), ("dst", tuple.dst)] {
        if let Some(end) = end {
            key(out, name);
            address(out, end);
        }
    }
    let protocol = tuple.protocol.and_then(protocol::by_number);
    for shown in protocol.map_or(&[][..], |protocol| protocol.parts) {
        member(out, shown.key, tuple.part(shown.part));
    }
    member(out, "zone", tuple.zone);
}

/// The NAT that awaits it.
fn nat(out: &mut Vec<u8>, entry: &Expectation) {
    if entry.nat_direction.is_none() && !entry.nat.present {
        return;
    }
    key(out, "nat");
    object(out, |out| {
        if let Some(direction) = entry.nat_direction {
            key(out, "direction");
            word(
                out,
                match direction {
                    Direction::Orig => "orig",
                    Direction::Reply => "reply",
                },
            );
        }
        ends(out, &entry.nat);
    });
}
