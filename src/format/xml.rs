//! XML, an element a flow.

use super::text::{address, hex, number, text};
use super::{Format, Frame, Occasion, Row, time};
use crate::flow::{Counters, Event, Family, Field, Flow, Status, Tuple, protocol};
use std::time::SystemTime;

pub const FLOWS: Frame = Frame {
    opening: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<conntrack>\n",
    closing: "</conntrack>\n",
};

pub const EXPECTATIONS: Frame = Frame {
    opening: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<expect>\n",
    closing: "</expect>\n",
};

pub fn flow(format: &Format, out: &mut Vec<u8>, row: &Row) {
    let flow = row.flow;
    text(out, opening_tag(row.occasion));
    let counters = flow
        .orig_counters
        .map(|orig| (orig, flow.reply_counters.unwrap_or_default()));
    direction(
        out,
        flow.family,
        "original",
        &flow.orig,
        counters.map(|(orig, _)| orig),
    );
    direction(
        out,
        flow.family,
        "reply",
        &flow.reply,
        counters.map(|(_, reply)| reply),
    );
    let independent = is_independent(flow);
    if independent {
        text(out, "<meta direction=\"independent\">");
    }
    details(format, out, row);
    if independent {
        text(out, "</meta>");
    }
    if row.occasion.is_event() && format.columns.timestamp {
        when(out, row.now);
    }
    if let Some(helper) = flow.helper {
        element_bytes(out, "helper", helper);
    }
    text(out, "</flow>");
}

pub fn opening_tag(occasion: Occasion) -> &'static str {
    match occasion.event() {
        Some(Event::New) => "<flow type=\"new\">",
        Some(Event::Update) => "<flow type=\"update\">",
        Some(Event::Destroy) => "<flow type=\"destroy\">",
        None => "<flow>",
    }
}

fn direction(
    out: &mut Vec<u8>,
    family: Family,
    name: &str,
    tuple: &Tuple,
    counters: Option<Counters>,
) {
    text(out, "<meta direction=\"");
    text(out, name);
    text(out, "\">");
    layer3(out, if tuple.present { family } else { Family::ANY }, tuple);
    layer4(out, tuple);
    element(out, "zone", tuple.zone);
    if let Some(Counters { packets, bytes }) = counters {
        text(out, "<counters>");
        element(out, "packets", Some(packets));
        element(out, "bytes", Some(bytes));
        text(out, "</counters>");
    }
    text(out, "</meta>");
}

fn layer3(out: &mut Vec<u8>, family: Family, tuple: &Tuple) {
    layer_opening(out, "layer3", family.0, family.name());
    layer3_content(out, family, tuple);
    close(out, "layer3");
}

pub fn layer3_content(out: &mut Vec<u8>, family: Family, tuple: &Tuple) {
    for (name, value) in [("src", tuple.src), ("dst", tuple.dst)] {
        open(out, name);
        let value = value.filter(|value| Family::of(*value) == family);
        if let Some(value) = value.or(family.unspecified()) {
            address(out, value);
        }
        close(out, name);
    }
}

fn layer4(out: &mut Vec<u8>, tuple: &Tuple) {
    let number_ = tuple.protocol.unwrap_or(0);
    layer_opening(out, "layer4", number_, protocol::name(number_));
    layer4_content(out, tuple);
    close(out, "layer4");
}

/// The ports; ICMP's numbers are not shown.
pub fn layer4_content(out: &mut Vec<u8>, tuple: &Tuple) {
    let protocol = tuple.protocol.and_then(protocol::by_number);
    let fields = protocol.map_or(&[][..], |protocol| protocol.fields);
    for shown in fields
        .iter()
        .filter(|shown| matches!(shown.field, Field::SrcPort | Field::DstPort))
    {
        let value = tuple.field(shown.field).unwrap_or(0);
        open(out, shown.key);
        if shown.hex {
            hex(out, value)
        } else {
            number(out, value)
        }
        close(out, shown.key);
    }
}

pub fn layer_opening(out: &mut Vec<u8>, element: &str, number_: u8, name: &str) {
    out.push(b'<');
    text(out, element);
    text(out, " protonum=\"");
    number(out, number_);
    text(out, "\" protoname=\"");
    text(out, name);
    text(out, "\">");
}

/// Whether there is anything to say about the flow as a whole. A security context alone does not count.
fn is_independent(flow: &Flow) -> bool {
    flow.info.state.is_some()
        || flow.timeout.is_some()
        || flow.mark.is_some()
        || flow.secmark.is_some()
        || flow.zone.is_some()
        || flow.uses.is_some()
        || flow.id.is_some()
        || flow.status.is_some()
        || flow.timestamp.start.is_some()
        || flow.timestamp.stop.is_some()
        || flow.labels.is_some_and(|labels| !labels.is_empty())
}

fn details(format: &Format, out: &mut Vec<u8>, row: &Row) {
    let flow = row.flow;
    if let Some(state) = flow.info.state {
        element_bytes(out, "state", state.name().as_bytes());
    }
    element(out, "timeout", flow.timeout);
    element(out, "mark", flow.mark);
    if let Some(names) = format.label_names(flow) {
        open(out, "labels");
        names.for_each(|name| element_bytes(out, "label", name.as_bytes()));
        close(out, "labels");
    }
    element(out, "secmark", flow.secmark);
    if let Some(context) = flow.secctx {
        element_bytes(out, "secctx", context);
    }
    element(out, "zone", flow.zone);
    element(out, "use", flow.uses);
    element(out, "id", flow.id);
    if let Some(status) = flow.status {
        if status.contains(Status::ASSURED) {
            text(out, "<assured/>");
        }
        if !status.contains(Status::SEEN_REPLY) {
            text(out, "<unreplied/>");
        }
    }
    times(format, out, row);
}

fn times(format: &Format, out: &mut Vec<u8>, row: &Row) {
    let lifetime = row.flow.timestamp;
    if format.columns.ktimestamp && (lifetime.start.is_some() || lifetime.stop.is_some()) {
        open(out, "timestamp");
        element(out, "start", lifetime.start);
        element(out, "stop", lifetime.stop);
        close(out, "timestamp");
    }
    if let Some(start) = lifetime.start {
        let seconds = match lifetime.stop {
            Some(stop) => time::whole_seconds(stop.wrapping_sub(start)),
            None => time::seconds(row.now).wrapping_sub(time::whole_seconds(start)),
        };
        element(out, "deltatime", Some(seconds));
    }
}

/// The local wall clock. Days of the week count from 1, Sunday.
pub fn when(out: &mut Vec<u8>, now: SystemTime) {
    let now = time::local(time::nanoseconds(now));
    open(out, "when");
    element(out, "hour", Some(now.hour()));
    element_bytes(out, "min", format!("{:02}", now.minute()).as_bytes());
    element_bytes(out, "sec", format!("{:02}", now.second()).as_bytes());
    element(out, "wday", Some(now.weekday().to_sunday_one_offset()));
    element(out, "day", Some(now.day()));
    element(out, "month", Some(now.month()));
    element(out, "year", Some(now.year()));
    close(out, "when");
}

pub fn element(out: &mut Vec<u8>, name: &str, value: Option<impl itoa::Integer>) {
    if let Some(value) = value {
        open(out, name);
        number(out, value);
        close(out, name);
    }
}

pub fn element_bytes(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    open(out, name);
    for byte in value {
        match byte {
            b'<' => text(out, "&lt;"),
            b'>' => text(out, "&gt;"),
            b'&' => text(out, "&amp;"),
            byte => out.push(*byte),
        }
    }
    close(out, name);
}

pub fn open(out: &mut Vec<u8>, name: &str) {
    out.push(b'<');
    text(out, name);
    out.push(b'>');
}

pub fn close(out: &mut Vec<u8>, name: &str) {
    text(out, "</");
    text(out, name);
    out.push(b'>');
}
