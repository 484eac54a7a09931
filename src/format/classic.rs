//! The row that people and scripts know: `tcp      6 431999 ESTABLISHED src=… [ASSURED] mark=0 use=1`.

use super::text::{address, hex, number, padded, pair, pair_bytes, text};
use super::{Format, Row, time};
use crate::flow::{Counters, Event, Family, Flow, Status, Tuple, protocol};

/// The kernel's helper names have at most 15 characters; a longer one is cut.
const HELPER_NAME_LENGTH: usize = 15;

/// The first of these that a flow has is shown after its reply tuple.
const MARKS_OF_STATUS: [(Status, &str); 3] = [
    (Status::HW_OFFLOAD, " [HW_OFFLOAD]"),
    (Status::OFFLOAD, " [OFFLOAD]"),
    (Status::ASSURED, " [ASSURED]"),
];

pub fn flow(format: &Format, out: &mut Vec<u8>, row: &Row) {
    let flow = row.flow;
    if row.occasion.is_event() && format.columns.timestamp {
        time::stamp(
            out,
            flow.event_time
                .unwrap_or_else(|| time::nanoseconds(row.now)),
        );
    }
    if let Some(event) = row.occasion.event() {
        text(out, tag(event));
    }
    if format.columns.extended {
        family(out, flow.family);
    }
    let Some(protocol) = flow.orig.protocol else {
        return;
    };
    protocol_name(out, protocol);
    if let Some(timeout) = flow.timeout {
        out.push(b' ');
        number(out, timeout);
    }
    if let Some(state) = flow.info.state {
        out.push(b' ');
        text(out, state.name());
    }
    direction(out, flow.family, &flow.orig);
    if let Some(zone) = flow.orig.zone {
        pair(out, "zone-orig", zone);
    }
    counters(out, flow.orig_counters);
    if flow
        .status
        .is_some_and(|status| !status.contains(Status::SEEN_REPLY))
    {
        text(out, " [UNREPLIED]");
    }
    direction(out, flow.family, &flow.reply);
    if let Some(zone) = flow.reply.zone {
        pair(out, "zone-reply", zone);
    }
    counters(out, flow.reply_counters);
    if let Some(status) = flow.status
        && let Some((_, mark)) = MARKS_OF_STATUS
            .iter()
            .find(|(bit, _)| status.contains(*bit))
    {
        text(out, mark);
    }
    details(format, out, row);
}

/// Nine characters wide, with a blank.
pub fn tag(event: Event) -> &'static str {
    match event {
        Event::New => "    [NEW] ",
        Event::Update => " [UPDATE] ",
        Event::Destroy => "[DESTROY] ",
    }
}

pub fn family(out: &mut Vec<u8>, family: Family) {
    padded(out, family.name(), 8);
    out.push(b' ');
    number(out, family.0);
    out.push(b' ');
}

pub fn protocol_name(out: &mut Vec<u8>, number_: u8) {
    padded(out, protocol::name(number_), 8);
    out.push(b' ');
    number(out, number_);
}

/// Addresses and ports, each with a blank before it; a half that the kernel left out is zero.
pub fn direction(out: &mut Vec<u8>, family: Family, tuple: &Tuple) {
    if !tuple.present {
        return;
    }
    addresses(out, family, tuple, "src", "dst");
    ports(out, tuple);
}

/// Both addresses, by the family of the message: one of another family is as good as missing.
pub fn addresses(out: &mut Vec<u8>, family: Family, tuple: &Tuple, src: &str, dst: &str) {
    let Some(zero) = family.unspecified() else {
        return;
    };
    for (key, value) in [(src, tuple.src), (dst, tuple.dst)] {
        super::text::key_of(out, key);
        address(
            out,
            value
                .filter(|value| Family::of(*value) == family)
                .unwrap_or(zero),
        );
    }
}

pub fn ports(out: &mut Vec<u8>, tuple: &Tuple) {
    let Some(protocol) = tuple.protocol.and_then(protocol::by_number) else {
        return;
    };
    for shown in protocol.fields {
        let value = tuple.field(shown.field).unwrap_or(0);
        super::text::key_of(out, shown.key);
        if shown.hex {
            hex(out, value)
        } else {
            number(out, value)
        }
    }
}

fn counters(out: &mut Vec<u8>, counters: Option<Counters>) {
    if let Some(Counters { packets, bytes }) = counters {
        pair(out, "packets", packets);
        pair(out, "bytes", bytes);
    }
}

/// Everything behind the tuples.
fn details(format: &Format, out: &mut Vec<u8>, row: &Row) {
    let flow = row.flow;
    if let Some(mark) = flow.mark {
        pair(out, "mark", mark);
    }
    if let Some(secmark) = flow.secmark {
        pair(out, "secmark", secmark);
    }
    if let Some(context) = flow.secctx {
        pair_bytes(out, "secctx", context);
    }
    if let Some(zone) = flow.zone {
        pair(out, "zone", zone);
    }
    times(format, out, row);
    if let Some(helper) = flow.helper {
        pair_bytes(out, "helper", helper_name(helper));
    }
    if let Some(uses) = flow.uses {
        pair(out, "use", uses);
    }
    if let Some(id) = flow.id.filter(|_| format.columns.id) {
        pair(out, "id", id);
    }
    labels(format, out, flow);
}

pub fn helper_name(name: &[u8]) -> &[u8] {
    &name[..name.len().min(HELPER_NAME_LENGTH)]
}

fn times(format: &Format, out: &mut Vec<u8>, row: &Row) {
    let lifetime = row.flow.timestamp;
    if let Some(start) = lifetime.start {
        let end = lifetime
            .stop
            .filter(|stop| *stop != 0)
            .map(time::whole_seconds);
        let end = end.unwrap_or_else(|| time::seconds(row.now));
        pair(
            out,
            "delta-time",
            end.wrapping_sub(time::whole_seconds(start)),
        );
    }
    if format.columns.ktimestamp {
        for (key, at) in [(" [start=", lifetime.start), (" [stop=", lifetime.stop)] {
            if let Some(at) = at {
                text(out, key);
                time::date(out, at);
                out.push(b']');
            }
        }
    }
}

fn labels(format: &Format, out: &mut Vec<u8>, flow: &Flow) {
    let Some(names) = format.label_names(flow) else {
        return;
    };
    text(out, " labels");
    for (i, name) in names.enumerate() {
        out.push(if i == 0 { b'=' } else { b',' });
        text(out, name);
    }
}
