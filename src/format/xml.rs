//! XML, an element a flow.

use super::row::{Columns, Frame, Occasion, Row, Show, Style};
use super::time;
use crate::clock;
use crate::flow::{Counters, Event, Expectation, Family, Flow, Part, Status, Tuple, protocol};
use crate::pieces::{address, hex, number, text};
use crate::task::Entries;
use crate::text::escape;

pub struct Xml;

impl Style for Xml {
    fn flow(&self, out: &mut Vec<u8>, row: &Row, show: &Show) {
        flow(out, row, show);
    }

    fn expectation(&self, out: &mut Vec<u8>, entry: &Expectation, occasion: Occasion, show: &Show) {
        expectation(out, entry, occasion, show);
    }

    fn frame(&self, of: Entries) -> Frame {
        match of {
            Entries::Flows => FLOWS,
            Entries::Expectations => EXPECTATIONS,
        }
    }
}

const FLOWS: Frame = Frame {
    opening: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<conntrack>\n",
    closing: "</conntrack>\n",
};

const EXPECTATIONS: Frame = Frame {
    opening: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<expect>\n",
    closing: "</expect>\n",
};

fn flow(out: &mut Vec<u8>, row: &Row, show: &Show) {
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
    details(out, row, show);
    if independent {
        text(out, "</meta>");
    }
    if row.occasion.is_event() && show.columns.has(Columns::TIMESTAMP) {
        when(out);
    }
    if let Some(helper) = flow.helper {
        element_bytes(out, "helper", helper);
    }
    text(out, "</flow>");
}

fn opening_tag(occasion: Occasion) -> &'static str {
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

fn layer3_content(out: &mut Vec<u8>, family: Family, tuple: &Tuple) {
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
fn layer4_content(out: &mut Vec<u8>, tuple: &Tuple) {
    let protocol = tuple.protocol.and_then(protocol::by_number);
    let parts = protocol.map_or(&[][..], |protocol| protocol.parts);
    let ports = [Part::SrcPort, Part::DstPort];
    for shown in parts.iter().filter(|shown| ports.contains(&shown.part)) {
        let value = tuple.part(shown.part).unwrap_or(0);
        open(out, shown.key);
        if shown.hex {
            hex(out, value)
        } else {
            number(out, value)
        }
        close(out, shown.key);
    }
}

fn layer_opening(out: &mut Vec<u8>, element: &str, number_: u8, name: &str) {
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

fn details(out: &mut Vec<u8>, row: &Row, show: &Show) {
    let flow = row.flow;
    if let Some(state) = flow.info.state {
        element_text(out, "state", state.name());
    }
    element(out, "timeout", flow.timeout);
    element(out, "mark", flow.mark);
    if let Some(names) = show.label_names(flow) {
        open(out, "labels");
        names.for_each(|name| element_bytes(out, "label", name));
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
    times(out, row, show);
}

fn times(out: &mut Vec<u8>, row: &Row, show: &Show) {
    let lifetime = row.flow.timestamp;
    if show.columns.has(Columns::KTIMESTAMP)
        && (lifetime.start.is_some() || lifetime.stop.is_some())
    {
        open(out, "timestamp");
        element(out, "start", lifetime.start);
        element(out, "stop", lifetime.stop);
        close(out, "timestamp");
    }
    if let Some(start) = lifetime.start {
        let seconds = match lifetime.stop {
            Some(stop) => clock::whole_seconds(stop.wrapping_sub(start)),
            None => clock::whole_seconds(clock::now()).wrapping_sub(clock::whole_seconds(start)),
        };
        element(out, "deltatime", Some(seconds));
    }
}

fn expectation(out: &mut Vec<u8>, entry: &Expectation, occasion: Occasion, show: &Show) {
    let tuples = [
        ("expected", &entry.tuple),
        ("mask", &entry.mask),
        ("master", &entry.master),
    ];
    text(out, opening_tag(occasion));
    layer_opening(out, "layer3", entry.family.0, entry.family.name());
    for (name, tuple) in tuples {
        open(out, name);
        layer3_content(out, entry.family, tuple);
        close(out, name);
    }
    close(out, "layer3");
    let number_ = entry.tuple.protocol.unwrap_or(0);
    layer_opening(out, "layer4", number_, protocol::name(number_));
    for (name, tuple) in tuples {
        open(out, name);
        layer4_content(out, tuple);
        close(out, name);
    }
    close(out, "layer4");
    text(out, "<meta>");
    if let Some(helper) = entry.helper {
        element_bytes(out, "helper-name", helper);
    }
    element(out, "timeout", entry.timeout.map(|timeout| timeout as u32));
    element(out, "class", entry.class);
    element(out, "zone", entry.zone);
    if show.columns.has(Columns::TIMESTAMP) {
        when(out);
    }
    for name in entry.flags.unwrap_or_default().names() {
        out.push(b'<');
        text(out, &name.to_ascii_lowercase());
        text(out, "/>");
    }
    text(out, "</meta></flow>");
}

/// The local wall clock. Days of the week count from 1, Sunday.
fn when(out: &mut Vec<u8>) {
    let now = time::local(clock::now());
    open(out, "when");
    element(out, "hour", Some(now.hour()));
    element_text(out, "min", &format!("{:02}", now.minute()));
    element_text(out, "sec", &format!("{:02}", now.second()));
    element(out, "wday", Some(now.weekday().to_sunday_one_offset()));
    element(out, "day", Some(now.day()));
    element(out, "month", Some(now.month()));
    element(out, "year", Some(now.year()));
    close(out, "when");
}

fn element(out: &mut Vec<u8>, name: &str, value: Option<impl itoa::Integer>) {
    if let Some(value) = value {
        open(out, name);
        number(out, value);
        close(out, name);
    }
}

/// An element of what somebody else has said.
fn element_bytes(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    let mut said = Vec::new();
    escape(&mut said, value, |_| false);
    open(out, name);
    for byte in said {
        match byte {
            b'<' => text(out, "&lt;"),
            b'>' => text(out, "&gt;"),
            b'&' => text(out, "&amp;"),
            byte => out.push(byte),
        }
    }
    close(out, name);
}

fn element_text(out: &mut Vec<u8>, name: &str, value: &str) {
    open(out, name);
    text(out, value);
    close(out, name);
}

fn open(out: &mut Vec<u8>, name: &str) {
    out.push(b'<');
    text(out, name);
    out.push(b'>');
}

fn close(out: &mut Vec<u8>, name: &str) {
    text(out, "</");
    text(out, name);
    out.push(b'>');
}
