//! Rows of the expectation table.

use super::classic::{addresses, helper_name, ports, tag};
use super::text::{number, pair, pair_bytes, text};
use super::xml::{
    close, element, element_bytes, layer_opening, layer3_content, layer4_content, when,
};
use super::{Format, Occasion, Style, time};
use crate::flow::expectation::ExpectationFlags;
use crate::flow::{Expectation, Tuple, protocol};
use std::time::SystemTime;

/// Names of flags in classic rows, and as elements in XML.
const FLAGS: [(u32, &str, &str); 3] = [
    (ExpectationFlags::PERMANENT, "PERMANENT", "<permanent/>"),
    (ExpectationFlags::INACTIVE, "INACTIVE", "<inactive/>"),
    (ExpectationFlags::USERSPACE, "USERSPACE", "<userspace/>"),
];

/// Appends a row without its newline. Save has no form for expectations and shows the classic one.
pub fn row(
    format: &Format,
    out: &mut Vec<u8>,
    entry: &Expectation,
    occasion: Occasion,
    now: SystemTime,
) {
    match format.style {
        Style::Xml => xml(format, out, entry, occasion, now),
        Style::Classic | Style::Save => classic(format, out, entry, occasion, now),
    }
}

fn classic(
    format: &Format,
    out: &mut Vec<u8>,
    entry: &Expectation,
    occasion: Occasion,
    now: SystemTime,
) {
    if format.columns.timestamp {
        time::stamp(out, time::nanoseconds(now));
    }
    if let Some(event) = occasion.event() {
        text(out, tag(event));
    }
    if let Some(timeout) = entry.timeout {
        number(out, timeout.cast_unsigned());
        out.push(b' ');
    }
    text(out, "proto=");
    number(out, entry.tuple.protocol.unwrap_or(0));
    let tuples: [(&Tuple, &str, &str); 3] = [
        (&entry.tuple, "src", "dst"),
        (&entry.mask, "mask-src", "mask-dst"),
        (&entry.master, "master-src", "master-dst"),
    ];
    for (tuple, src, dst) in tuples {
        if tuple.present {
            addresses(out, entry.family, tuple, src, dst);
            ports(out, tuple);
        }
    }
    if let Some(zone) = entry.zone {
        pair(out, "zone", zone);
    }
    flags(out, entry.flags);
    if let Some(class) = entry.class {
        pair(out, "class", class);
    }
    if let Some(helper) = entry.helper {
        pair_bytes(out, "helper", helper_name(helper));
    }
}

fn flags(out: &mut Vec<u8>, flags: Option<ExpectationFlags>) {
    let Some(ExpectationFlags(bits)) = flags.filter(|flags| flags.0 != 0) else {
        return;
    };
    out.push(b' ');
    for (i, (_, name, _)) in FLAGS.iter().filter(|(bit, ..)| bits & bit != 0).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        text(out, name);
    }
}

fn xml(
    format: &Format,
    out: &mut Vec<u8>,
    entry: &Expectation,
    occasion: Occasion,
    now: SystemTime,
) {
    let tuples = [
        ("expected", &entry.tuple),
        ("mask", &entry.mask),
        ("master", &entry.master),
    ];
    text(out, super::xml::opening_tag(occasion));
    layer_opening(out, "layer3", entry.family.0, entry.family.name());
    for (name, tuple) in tuples {
        super::xml::open(out, name);
        layer3_content(out, entry.family, tuple);
        close(out, name);
    }
    close(out, "layer3");
    let number_ = entry.tuple.protocol.unwrap_or(0);
    layer_opening(out, "layer4", number_, protocol::name(number_));
    for (name, tuple) in tuples {
        super::xml::open(out, name);
        layer4_content(out, tuple);
        close(out, name);
    }
    close(out, "layer4");
    text(out, "<meta>");
    if let Some(helper) = entry.helper {
        element_bytes(out, "helper-name", helper);
    }
    element(out, "timeout", entry.timeout.map(i32::cast_unsigned));
    element(out, "class", entry.class);
    element(out, "zone", entry.zone);
    if format.columns.timestamp {
        when(out, now);
    }
    let bits = entry.flags.unwrap_or_default().0;
    for (_, _, element) in FLAGS.iter().filter(|(bit, ..)| bits & bit != 0) {
        text(out, element);
    }
    text(out, "</meta></flow>");
}
