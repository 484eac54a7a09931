//! Everything that is written as JSON against schema/conntrack.schema.json, by as much of JSON Schema as that uses.

use super::super::recorded::all_datagrams;
use super::super::{Occasion, Row, Show, Style};
use super::{Common, Json, group};
use crate::field::{self, FIELDS, Kind, Source};
use crate::flow::stats::Count;
use crate::flow::{Attributes, Event, Sender};
use crate::netlink::decode;
use crate::netlink::dump::Dump;
use crate::netlink::message::{Content, messages};
use regex_lite::Regex;
use serde_json::{Map, Value};
use std::net::Ipv4Addr;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../schema/conntrack.schema.json");
    serde_json::from_str(text).unwrap()
});

/// What is wrong with a value, if anything is. A keyword that is not known here is wrong too.
fn fault(schema: &Value, value: &Value) -> Option<String> {
    let keywords = schema.as_object()?.iter();
    keywords
        .filter_map(|(keyword, rule)| broken(schema, keyword, rule, value))
        .next()
}

fn broken(schema: &Value, keyword: &str, rule: &Value, value: &Value) -> Option<String> {
    let empty = Map::new();
    let object = value.as_object().unwrap_or(&empty);
    let fits = match keyword {
        "description" | "title" | "$schema" | "$defs" | "format" => true,
        "$ref" => {
            let pointer = rule.as_str()?.trim_start_matches('#');
            return fault(SCHEMA.pointer(pointer).unwrap(), value);
        }
        "anyOf" => {
            let any = rule.as_array()?.iter();
            any.into_iter().any(|one| fault(one, value).is_none())
        }
        "type" => match rule.as_str()? {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_u64() || value.is_i64(),
            _ => false,
        },
        "enum" => rule.as_array()?.contains(value),
        "minimum" => value
            .as_i64()
            .is_none_or(|number| number >= rule.as_i64().unwrap()),
        "maximum" => value
            .as_u64()
            .is_none_or(|number| number <= rule.as_u64().unwrap()),
        "pattern" => Regex::new(rule.as_str()?)
            .unwrap()
            .is_match(value.as_str()?),
        "items" => {
            let mut items = value.as_array()?.iter();
            return items.find_map(|item| fault(rule, item));
        }
        "required" => rule
            .as_array()?
            .iter()
            .all(|name| object.contains_key(name.as_str().unwrap())),
        "dependentRequired" => rule.as_object()?.iter().all(|(name, needs)| {
            let mut needs = needs.as_array().unwrap().iter();
            !object.contains_key(name)
                || needs.all(|name| object.contains_key(name.as_str().unwrap()))
        }),
        "properties" => {
            let mut members = object.iter();
            return members.find_map(|(name, member)| {
                let fault = fault(rule.get(name)?, member)?;
                Some(format!("{name}: {fault}"))
            });
        }
        "patternProperties" => {
            return object.iter().find_map(|(name, member)| {
                let of = matching(schema, name)?;
                fault(of, member).filter(|_| schema["properties"].get(name).is_none())
            });
        }
        "additionalProperties" => {
            let known = |name: &String| {
                schema["properties"].get(name).is_some() || matching(schema, name).is_some()
            };
            let mut names = object.keys();
            return names
                .find(|name| !known(name))
                .map(|name| format!("{name} is not known"));
        }
        _ => false,
    };
    (!fits).then(|| format!("{keyword} {rule}: {value}"))
}

fn matching<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let mut patterns = schema.get("patternProperties")?.as_object()?.iter();
    let fits = |pattern: &str| Regex::new(pattern).unwrap().is_match(name);
    patterns
        .find(|(pattern, _)| fits(pattern))
        .map(|(_, of)| of)
}

/// Holds a row against a part of the schema, and against the whole.
fn check(of: &str, row: &[u8]) {
    let row: Value = serde_json::from_slice(row).unwrap();
    for schema in [&SCHEMA["$defs"][of], &*SCHEMA] {
        if let Some(fault) = fault(schema, &row) {
            panic!("{of}: {fault}: {row}");
        }
    }
}

#[test]
fn whatever_is_written_fits_the_schema() {
    let show = Show {
        style: &Json,
        ..Show::default()
    };
    let sender = Sender {
        port: u32::MAX,
        name: Some(b"\xff \"\\"),
    };
    let mut checked = 0;
    for datagram in all_datagrams() {
        for message in messages(&datagram).flatten() {
            let Ok(content) = message.content() else {
                continue;
            };
            let (Content::Flow(body) | Content::Expectation(body)) = content else {
                continue;
            };
            for occasion in [
                Occasion::Listed,
                Occasion::Event(Some(Event::Update), Some(sender)),
                Occasion::Event(None, None),
            ] {
                let mut row = Vec::new();
                let of = match content {
                    Content::Flow(_) => {
                        if let Ok(flow) = &decode::flow(&body, Attributes::ALL) {
                            show.flow(&mut row, &Row { flow, occasion });
                        }
                        "flow"
                    }
                    _ => {
                        if let Ok(entry) = decode::expectation(&body) {
                            show.expectation(&mut row, &entry, occasion);
                        }
                        "expectation"
                    }
                };
                if !row.is_empty() {
                    check(of, &row);
                    checked += 1;
                }
            }
            for what in [Dump::Stats, Dump::ExpectationStats] {
                if let Ok(stats) = decode::cpu_stats(what, &body) {
                    let mut row = Vec::new();
                    Json.cpu(&mut row, &stats);
                    check("cpu", &row);
                }
            }
        }
    }
    assert!(checked > 1000, "{checked}");
    let mut rows = [const { Vec::new() }; 4];
    let all = Count {
        entries: Some(u64::MAX),
        maximum: Some(1),
        buckets: Some(2),
    };
    Json.count(&mut rows[0], &all);
    Json.count(&mut rows[1], &Count::default());
    Json.lost(&mut rows[2], 1);
    let common = |name, kind, value| Common {
        name,
        kind,
        value,
        network: None,
    };
    let parts = [
        common(
            "reply-dst",
            Kind::Address,
            Some(field::Value::Address(Ipv4Addr::LOCALHOST.into())),
        ),
        common("orig.zone", Kind::Unsigned(65535), None),
    ];
    group(&mut rows[3], 3, parts.into_iter(), Some([1, 2]));
    for (of, row) in ["count", "count", "lost", "group"].into_iter().zip(&rows) {
        check(of, row);
    }
}

#[test]
fn what_is_in_no_row_does_not_fit() {
    let fits = |of: &str, row: &str| {
        let row = serde_json::from_str(row).unwrap();
        fault(&SCHEMA["$defs"][of], &row).is_none()
    };
    for (of, row, expected) in [
        ("flow", r#"{"family":"ipv4"}"#, true),
        ("flow", r#"{}"#, false),
        ("flow", r#"{"family":"ipv4","new":1}"#, false),
        ("flow", r#"{"family":"ipv4","mark":null}"#, false),
        ("flow", r#"{"family":"ipv4","mark":"5"}"#, false),
        ("flow", r#"{"family":"ipv4","mark":4294967296}"#, false),
        ("flow", r#"{"family":"ipv4","mark":-1}"#, false),
        ("flow", r#"{"family":"ipv4","event":"NEW"}"#, false),
        ("flow", r#"{"family":"ipv4","start":"2023-11-14"}"#, false),
        ("flow", r#"{"family":"ipv4","orig":{"src":"x y"}}"#, false),
        ("flow", r#"{"family":"ipv4","status":["new"]}"#, false),
        ("lost", r#"{"event":"LOST","times":0}"#, false),
        ("cpu", r#"{"cpu":1,"found":2}"#, true),
        ("cpu", r#"{"cpu":1,"a b":2}"#, false),
    ] {
        assert_eq!(fits(of, row), expected, "{of} {row}");
    }
}

/// The other way round: the schema has a place for each field, whether a recorded message has it or not.
#[test]
fn the_schema_has_every_field() {
    for field in FIELDS.iter().filter(|field| field.source == Source::Kernel) {
        let places = field.path.split('.');
        let place = places.fold(&SCHEMA["$defs"]["flow"], |of, name| &of["properties"][name]);
        assert!(place.is_object(), "{}", field.path);
    }
}
