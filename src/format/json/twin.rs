//! JSON says what XML says, field by field, of every recorded flow and expectation. What XML leaves open is set aside: there,
//! an address, a port or a counter that is missing is zero.

use super::super::recorded::all_datagrams;
use super::super::xml::Xml;
use super::super::{Columns, Occasion, Row, Show};
use super::Json;
use crate::flow::{Attributes, LabelMap};
use crate::netlink::decode;
use crate::netlink::message::{Content, messages};
use roxmltree::{Document, Node};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// What is said, by the path of the field.
type Facts = BTreeMap<String, String>;

/// The numbers of a row as a whole, which both call the same.
const NUMBERS: [&str; 7] = ["timeout", "mark", "secmark", "zone", "use", "id", "class"];

/// What both take from others.
const TEXTS: [&str; 2] = ["secctx", "helper"];

const PORTS: [&str; 4] = ["sport", "dport", "srckey", "dstkey"];

/// The protocols that have them.
const WITH_PORTS: [&str; 6] = ["tcp", "udp", "udplite", "sctp", "dccp", "gre"];

/// XML's names of an expectation's tuples are JSON's.
const TUPLES: [&str; 3] = ["expected", "mask", "master"];

#[test]
fn recorded_entries_are_the_same_in_json_and_in_xml() {
    let mut map = LabelMap::default();
    (0..1024).for_each(|bit| map.name(bit, format!("l{bit}").as_bytes()));
    let xml = Show {
        style: &Xml,
        columns: [Columns::ID, Columns::KTIMESTAMP, Columns::LABELS]
            .into_iter()
            .fold(Columns::NONE, Columns::union),
        labels: Some(Arc::new(map)),
    };
    let json = Show {
        style: &Json,
        ..xml.clone()
    };
    let mut compared = 0;
    for datagram in all_datagrams() {
        for message in messages(&datagram).flatten() {
            let mut rows = [Vec::new(), Vec::new()];
            let occasion = Occasion::Event(message.event(), None);
            for (show, row) in [&xml, &json].into_iter().zip(&mut rows) {
                match message.content() {
                    Ok(Content::Flow(body)) => {
                        if let Ok(flow) = decode::flow(&body, Attributes::ALL) {
                            let flow = &flow;
                            show.flow(row, &Row { flow, occasion });
                        }
                    }
                    Ok(Content::Expectation(body)) => {
                        if let Ok(entry) = decode::expectation(&body) {
                            show.expectation(row, &entry, occasion);
                        }
                    }
                    _ => {}
                }
            }
            let [xml, json] = rows.map(|row| String::from_utf8(row).unwrap());
            if !xml.is_empty() {
                let of_flow = matches!(message.content(), Ok(Content::Flow(_)));
                assert_eq!(of_json(&json, of_flow), of_xml(&xml), "{json}{xml}");
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared}");
}

fn of_xml(row: &str) -> Facts {
    let document = Document::parse(row.trim_end()).unwrap();
    let entry = document.root_element();
    let mut facts = Facts::new();
    if let Some(event) = entry.attribute("type") {
        facts.insert("event".into(), event.to_uppercase());
    }
    for part in entry.children() {
        match (part.tag_name().name(), part.attribute("direction")) {
            ("meta", Some("original")) => direction(&mut facts, "orig", part),
            ("meta", Some("reply")) => direction(&mut facts, "reply", part),
            ("layer3" | "layer4", _) => tuples(&mut facts, part),
            ("meta", _) => part.children().for_each(|part| whole(&mut facts, part)),
            _ => whole(&mut facts, part),
        }
    }
    facts
}

fn direction(facts: &mut Facts, of: &str, meta: Node) {
    for part in meta.children() {
        match part.tag_name().name() {
            "layer3" | "layer4" => {
                if of == "orig" || part.has_tag_name("layer3") {
                    number_of_layer(facts, part);
                }
                part.children().for_each(|end| ends(facts, of, end));
            }
            "counters" => {
                for counter in part.children() {
                    let name = counter.tag_name().name();
                    add_number(facts, &format!("{of}.{name}"), text(counter));
                }
            }
            "zone" => add(facts, &format!("{of}.zone"), text(part)),
            other => panic!("{other}"),
        }
    }
}

fn tuples(facts: &mut Facts, layer: Node) {
    number_of_layer(facts, layer);
    for tuple in layer.children() {
        let name = tuple.tag_name().name();
        tuple.children().for_each(|end| ends(facts, name, end));
    }
}

fn number_of_layer(facts: &mut Facts, layer: Node) {
    let number = layer.attribute("protonum").unwrap();
    let name = layer.attribute("protoname").unwrap();
    let name = if name == "unknown" { number } else { name };
    if layer.has_tag_name("layer3") {
        add_number(facts, "family", name);
    } else {
        add_number(facts, "protonum", number);
        add_number(facts, "protocol", name);
    }
}

fn ends(facts: &mut Facts, of: &str, end: Node) {
    let name = end.tag_name().name();
    let path = format!("{of}.{name}");
    match name {
        "src" | "dst" => add_address(facts, &path, text(end)),
        _ => match text(end).strip_prefix("0x") {
            Some(digits) => {
                let key = u16::from_str_radix(digits, 16).unwrap();
                add_number(facts, &path, &key.to_string());
            }
            None => add_number(facts, &path, text(end)),
        },
    }
}

/// What is said of a row as a whole.
fn whole(facts: &mut Facts, part: Node) {
    match part.tag_name().name() {
        "state" => add_state(facts, text(part)),
        "labels" => {
            let names: Vec<&str> = part.children().map(text).collect();
            add_labels(facts, &names.join(" "));
        }
        "timestamp" => {
            for time in part.children() {
                add_number(facts, time.tag_name().name(), text(time));
            }
        }
        // The age is worked out.
        "deltatime" => {}
        "helper-name" => add(facts, "helper", text(part)),
        name => add(facts, name, text(part)),
    }
}

fn of_json(row: &str, of_flow: bool) -> Facts {
    let entry: Value = serde_json::from_str(row).unwrap();
    let mut facts = Facts::new();
    let has_tuples = !of_flow || entry.get("orig").or(entry.get("reply")).is_some();
    for name in ["event", "family", "protocol", "protonum"] {
        // XML says the family of tuples, not that of the message.
        let in_xml = name != "family" || has_tuples;
        if let Some(value) = entry.get(name).filter(|_| in_xml) {
            add_number(&mut facts, name, &plain(value));
        }
    }
    for name in ["orig", "reply"].into_iter().chain(TUPLES) {
        // The flow that a flow was expected by is not in its XML.
        let absent = Value::Object(serde_json::Map::new());
        let tuple = match entry.get(name) {
            Some(tuple) if !(of_flow && name == "master") => tuple,
            _ => &absent,
        };
        let family = entry.get("family").and_then(Value::as_str);
        for end in ["src", "dst"] {
            let address = tuple.get(end).map(plain).filter(|address| {
                let of = if address.contains(':') {
                    "ipv6"
                } else {
                    "ipv4"
                };
                family == Some(of)
            });
            if let Some(address) = address {
                add_address(&mut facts, &format!("{name}.{end}"), &address);
            }
        }
        // XML shows ports of protocols that it knows to have them, and counters where the original direction has them.
        let protocol = entry.get("protocol").and_then(Value::as_str);
        let ported = protocol.is_none_or(|protocol| WITH_PORTS.contains(&protocol));
        let counted = entry.pointer("/orig/packets").is_some();
        let ports = PORTS.iter().filter(|_| ported);
        let counters = ["packets", "bytes"].iter().filter(|_| counted);
        for part in ports.chain(counters) {
            if let Some(value) = tuple.get(part) {
                add_number(&mut facts, &format!("{name}.{part}"), &plain(value));
            }
        }
        if let (Some(zone), true) = (tuple.get("zone"), of_flow) {
            add(&mut facts, &format!("{name}.zone"), &plain(zone));
        }
    }
    for name in NUMBERS.iter().chain(&TEXTS) {
        // A timeout that has run out is below zero, which XML does not show.
        // The number of an expectation is not in its XML.
        let in_xml = of_flow || *name != "id";
        if let Some(value) = entry.get(name).filter(|_| in_xml) {
            let value = value.as_i64().map_or_else(
                || plain(value),
                |number| (number as u64 & u64::from(u32::MAX)).to_string(),
            );
            add(&mut facts, name, &value);
        }
    }
    if let Some(state) = entry.get("state") {
        add_state(&mut facts, &plain(state));
    }
    if let Some(labels) = entry.get("labels").and_then(Value::as_array) {
        let names: Vec<String> = labels.iter().map(plain).collect();
        add_labels(&mut facts, &names.join(" "));
    }
    for name in ["start", "stop"] {
        if let Some(time) = entry.get(name).and_then(Value::as_str) {
            let time: jiff::Timestamp = time.parse().unwrap();
            add_number(&mut facts, name, &time.as_nanosecond().to_string());
        }
    }
    let has = |list: &str, bit: &str| {
        let set = entry.get(list).and_then(Value::as_array);
        set.map(|set| set.iter().any(|of| of == bit))
    };
    let set = [
        ("assured", has("status", "ASSURED")),
        ("unreplied", has("status", "SEEN_REPLY").map(|seen| !seen)),
        ("permanent", has("flags", "PERMANENT")),
        ("inactive", has("flags", "INACTIVE")),
        ("userspace", has("flags", "USERSPACE")),
    ];
    for (name, _) in set.iter().filter(|(_, set)| *set == Some(true)) {
        add(&mut facts, name, "");
    }
    facts
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn text<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default()
}

fn add(facts: &mut Facts, path: &str, value: &str) {
    facts.insert(path.to_owned(), value.to_owned());
}

fn add_number(facts: &mut Facts, path: &str, value: &str) {
    if value != "0" {
        add(facts, path, value);
    }
}

fn add_address(facts: &mut Facts, path: &str, value: &str) {
    let address = value.parse::<IpAddr>();
    if address.is_ok_and(|address| !address.is_unspecified()) {
        add(facts, path, value);
    }
}

/// Room for labels without any is not in XML where it has no bytes.
fn add_labels(facts: &mut Facts, labels: &str) {
    if !labels.is_empty() {
        add(facts, "labels", labels);
    }
}

/// XML calls a state that has no name as it calls the first one.
fn add_state(facts: &mut Facts, state: &str) {
    let unnamed = state == "NONE" || state.bytes().all(|byte| byte.is_ascii_digit());
    add(facts, "state", if unnamed { "NONE" } else { state });
}
