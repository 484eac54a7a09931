//! The row that people and scripts know: `tcp      6 431999 ESTABLISHED src=… [ASSURED] mark=0 use=1`.

use super::row::{Columns, Occasion, Row, Show, Style};
use super::time;
use crate::clock;
use crate::flow::{Counters, Event, Expectation, Family, Flow, Status, Tuple, protocol};
use crate::pieces::{address, hex, key_of, number, padded, pair, pair_bytes, text};
use crate::text::escape;

pub struct Classic;

impl Style for Classic {
    fn flow(&self, out: &mut Vec<u8>, row: &Row, show: &Show) {
        flow(out, row, show);
        row.occasion.write_sender(out, |_| false);
    }

    fn expectation(&self, out: &mut Vec<u8>, entry: &Expectation, occasion: Occasion, show: &Show) {
        expectation(out, entry, occasion, show, |_| false);
    }
}

/// The kernel's helper names have at most 15 characters; a longer one is cut.
const HELPER_NAME_LENGTH: usize = 15;

/// The first of these that a flow has is shown after its reply tuple.
const MARKS_OF_STATUS: [(Status, &str); 3] = [
    (Status::HW_OFFLOAD, " [HW_OFFLOAD]"),
    (Status::OFFLOAD, " [OFFLOAD]"),
    (Status::ASSURED, " [ASSURED]"),
];

fn flow(out: &mut Vec<u8>, row: &Row, show: &Show) {
    let flow = row.flow;
    if row.occasion.is_event() && show.columns.has(Columns::TIMESTAMP) {
        time::stamp(out, flow.event_time.unwrap_or_else(clock::now));
    }
    if let Some(event) = row.occasion.event() {
        text(out, tag(event));
    }
    if show.columns.has(Columns::EXTENDED) {
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
    let shown = |status: Status| {
        let mut marks = MARKS_OF_STATUS.iter();
        marks.find(|(bit, _)| status.contains(*bit))
    };
    if let Some((_, mark)) = flow.status.and_then(shown) {
        text(out, mark);
    }
    details(out, row, show);
}

/// Nine characters wide, with a blank.
fn tag(event: Event) -> &'static str {
    match event {
        Event::New => "    [NEW] ",
        Event::Update => " [UPDATE] ",
        Event::Destroy => "[DESTROY] ",
    }
}

fn family(out: &mut Vec<u8>, family: Family) {
    padded(out, family.name(), 8);
    out.push(b' ');
    number(out, family.0);
    out.push(b' ');
}

fn protocol_name(out: &mut Vec<u8>, number_: u8) {
    padded(out, protocol::name(number_), 8);
    out.push(b' ');
    number(out, number_);
}

/// Addresses and ports, each with a blank before it; a half that the kernel left out is zero.
fn direction(out: &mut Vec<u8>, family: Family, tuple: &Tuple) {
    if !tuple.present {
        return;
    }
    addresses(out, family, tuple, "src", "dst");
    ports(out, tuple);
}

/// Both addresses, by the family of the message: one of another family is as good as missing.
fn addresses(out: &mut Vec<u8>, family: Family, tuple: &Tuple, src: &str, dst: &str) {
    let Some(zero) = family.unspecified() else {
        return;
    };
    for (key, value) in [(src, tuple.src), (dst, tuple.dst)] {
        key_of(out, key);
        address(
            out,
            value
                .filter(|value| Family::of(*value) == family)
                .unwrap_or(zero),
        );
    }
}

fn ports(out: &mut Vec<u8>, tuple: &Tuple) {
    let Some(protocol) = tuple.protocol.and_then(protocol::by_number) else {
        return;
    };
    for shown in protocol.parts {
        let value = tuple.part(shown.part).unwrap_or(0);
        key_of(out, shown.key);
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
fn details(out: &mut Vec<u8>, row: &Row, show: &Show) {
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
    times(out, row, show);
    if let Some(helper) = flow.helper {
        pair_bytes(out, "helper", helper_name(helper));
    }
    if let Some(uses) = flow.uses {
        pair(out, "use", uses);
    }
    if let Some(id) = flow.id.filter(|_| show.columns.has(Columns::ID)) {
        pair(out, "id", id);
    }
    labels(out, flow, show);
}

fn helper_name(name: &[u8]) -> &[u8] {
    &name[..name.len().min(HELPER_NAME_LENGTH)]
}

fn times(out: &mut Vec<u8>, row: &Row, show: &Show) {
    let lifetime = row.flow.timestamp;
    if let Some(start) = lifetime.start {
        let end = lifetime
            .stop
            .filter(|stop| *stop != 0)
            .map(clock::whole_seconds);
        let end = end.unwrap_or_else(|| clock::whole_seconds(clock::now()));
        pair(
            out,
            "delta-time",
            end.wrapping_sub(clock::whole_seconds(start)),
        );
    }
    if show.columns.has(Columns::KTIMESTAMP) {
        for (key, at) in [(" [start=", lifetime.start), (" [stop=", lifetime.stop)] {
            if let Some(at) = at {
                text(out, key);
                time::date(out, at);
                out.push(b']');
            }
        }
    }
}

fn labels(out: &mut Vec<u8>, flow: &Flow, show: &Show) {
    let Some(names) = show.label_names(flow) else {
        return;
    };
    text(out, " labels");
    for (i, name) in names.enumerate() {
        out.push(if i == 0 { b'=' } else { b',' });
        escape(out, name, |_| false);
    }
}

/// The time that is left comes first, and addresses say whether they are expected, a mask, or of the master.
///
/// In what others have said, what is `special` to those who read the row is escaped.
pub fn expectation(
    out: &mut Vec<u8>,
    entry: &Expectation,
    occasion: Occasion,
    show: &Show,
    special: impl Fn(char) -> bool,
) {
    if show.columns.has(Columns::TIMESTAMP) {
        time::stamp(out, clock::now());
    }
    if let Some(event) = occasion.event() {
        text(out, tag(event));
    }
    if let Some(timeout) = entry.timeout {
        number(out, timeout as u32);
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
    if let Some(flags) = entry.flags.filter(|flags| flags.0 != 0) {
        out.push(b' ');
        for (i, name) in flags.names().enumerate() {
            text(out, if i > 0 { "," } else { "" });
            text(out, name);
        }
    }
    if let Some(class) = entry.class {
        pair(out, "class", class);
    }
    if let Some(helper) = entry.helper {
        key_of(out, "helper");
        escape(out, helper_name(helper), special);
    }
}
