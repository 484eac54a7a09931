//! Flows counted by what they have in common, in place of rows: `--count-by`.

use super::Sink;
use super::best::Best;
use crate::error::Error;
use crate::field::{Field, Setting, Value, field, key, show};
use crate::flow::{Attributes, Flow};
use crate::format::{self, Common, Row};
use crate::output::Output;
use crate::pieces::{number, pair, text};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What flows are grouped by.
#[derive(Debug)]
pub struct Key {
    /// As it was typed.
    pub name: String,
    pub field: &'static Field,
    pub network: Network,
}

/// How much of an address counts: the length of its prefix, or nothing where all of it does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Network {
    pub ipv4: Option<u8>,
    pub ipv6: Option<u8>,
}

/// Of what the groups that have most come first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum By {
    Count,
    Packets,
    Bytes,
}

/// How groups are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Style {
    Text,
    Json,
}

#[derive(Debug)]
pub struct Groups {
    keys: Vec<Key>,
    by: By,
    top: Option<usize>,
    style: Style,
    groups: HashMap<Box<[u8]>, Group>,
    /// The key of the flow at hand, kept for its memory.
    key: Vec<u8>,
}

/// How many flows there are in a group, and what went through those of them that the kernel counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    flows: u64,
    traffic: Option<Traffic>,
}

/// Both directions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Traffic {
    packets: u64,
    bytes: u64,
}

static PACKETS: &Field = field("packets");
static BYTES: &Field = field("bytes");

impl Groups {
    pub fn new(keys: Vec<Key>, by: By, top: Option<usize>, style: Style) -> Groups {
        Groups {
            keys,
            by,
            top,
            style,
            groups: HashMap::new(),
            key: Vec::new(),
        }
    }
}

impl Sink for Groups {
    fn needs(&self) -> Attributes {
        let counters = PACKETS.needs.union(BYTES.needs);
        let needs = self.keys.iter().map(|key| key.field.needs);
        needs.fold(counters, Attributes::union)
    }

    fn requires(&self) -> Vec<Setting> {
        let by = match self.by {
            By::Count => None,
            By::Packets => PACKETS.requires,
            By::Bytes => BYTES.requires,
        };
        by.into_iter().collect()
    }

    fn flow(&mut self, row: &Row, _: &mut Output) -> Result<(), Error> {
        self.key.clear();
        for part in &self.keys {
            let value = show::of(part.field, row.flow);
            key::write(&mut self.key, value.map(|value| part.network.of(value)));
        }
        match self.groups.get_mut(&*self.key) {
            Some(group) => group.add(row.flow),
            None => {
                let mut group = Group::default();
                group.add(row.flow);
                self.groups.insert(self.key.as_slice().into(), group);
            }
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Output) -> Result<(), Error> {
        let mut best = Best::new(self.top);
        for (key, group) in &self.groups {
            best.offer((Reverse(group.amount(self.by)), beginning(key), key, group));
        }
        for (_, _, key, group) in best.take_sorted() {
            out.row(|buffer| match self.style {
                Style::Text => line(buffer, &self.keys, key, group),
                Style::Json => object(buffer, &self.keys, key, group),
            })?;
        }
        Ok(())
    }
}

/// As much of a key as is compared without a look into memory far away, which a million keys would be sorted by.
fn beginning(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(bytes)
}

/// `COUNT field=value … packets=N bytes=N`, the last two where any of the flows is counted.
fn line(out: &mut Vec<u8>, keys: &[Key], mut values: &[u8], group: &Group) {
    number(out, group.flows);
    for part in keys {
        out.push(b' ');
        text(out, &part.name);
        out.push(b'=');
        match key::read(&mut values) {
            None => out.push(b'-'),
            Some(value) => {
                show::value(out, part.field.kind, value);
                if let Some(length) = part.network.length(value) {
                    out.push(b'/');
                    number(out, length);
                }
            }
        }
    }
    if let Some(traffic) = group.traffic {
        pair(out, "packets", traffic.packets);
        pair(out, "bytes", traffic.bytes);
    }
    out.push(b'\n');
}

fn object(out: &mut Vec<u8>, keys: &[Key], mut values: &[u8], group: &Group) {
    let common = keys.iter().map(|part| {
        let value = key::read(&mut values);
        Common {
            name: &part.name,
            kind: part.field.kind,
            value,
            network: value.and_then(|value| part.network.length(value)),
        }
    });
    let traffic = group.traffic.map(|of| [of.packets, of.bytes]);
    format::group(out, group.flows, common, traffic);
}

impl Group {
    fn add(&mut self, flow: &Flow) {
        self.flows += 1;
        let count = |field: &Field| match (field.get)(flow) {
            Some(Value::Number(count)) => Some(count),
            _ => None,
        };
        if let (Some(packets), Some(bytes)) = (count(PACKETS), count(BYTES)) {
            let traffic = self.traffic.get_or_insert_default();
            traffic.packets = traffic.packets.saturating_add(packets);
            traffic.bytes = traffic.bytes.saturating_add(bytes);
        }
    }

    fn amount(&self, by: By) -> u64 {
        let traffic = self.traffic.unwrap_or_default();
        match by {
            By::Count => self.flows,
            By::Packets => traffic.packets,
            By::Bytes => traffic.bytes,
        }
    }
}

impl Network {
    /// The network of an address; any other value is as it is.
    fn of(self, value: Value) -> Value {
        match (value, self.length(value)) {
            (Value::Address(IpAddr::V4(address)), Some(length)) => {
                let host = u32::MAX.checked_shr(length.into()).unwrap_or(0);
                Value::Address(Ipv4Addr::from(u32::from(address) & !host).into())
            }
            (Value::Address(IpAddr::V6(address)), Some(length)) => {
                let host = u128::MAX.checked_shr(length.into()).unwrap_or(0);
                Value::Address(Ipv6Addr::from(u128::from(address) & !host).into())
            }
            _ => value,
        }
    }

    /// How much of a value counts, where that is not all of it.
    fn length(self, value: Value) -> Option<u8> {
        match value {
            Value::Address(IpAddr::V4(_)) => self.ipv4,
            Value::Address(IpAddr::V6(_)) => self.ipv6,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::by_name;
    use crate::flow::protocol::{TCP, UDP};
    use crate::flow::sample::{flow, in_state};
    use crate::flow::{Counters, Family};
    use crate::format::Occasion;
    use crate::output::Kind;

    fn key(name: &str, ipv4: Option<u8>, ipv6: Option<u8>) -> Key {
        Key {
            name: name.to_owned(),
            field: by_name(name.as_bytes()).unwrap(),
            network: Network { ipv4, ipv6 },
        }
    }

    fn flows() -> Vec<Flow<'static>> {
        let counted = |bytes| Some(Counters { packets: 1, bytes });
        let tcp = |src: &str| flow(&TCP, src, "10.0.0.9:80", "10.0.0.1:1");
        vec![
            Flow {
                info: in_state(&TCP, 3),
                orig_counters: counted(100),
                reply_counters: counted(u64::MAX),
                ..tcp("10.0.0.9:1")
            },
            tcp("10.0.0.10:1"),
            tcp("10.0.1.10:2"),
            tcp("10.0.0.10:3"),
            Flow {
                family: Family::IPV6,
                orig_counters: counted(7),
                ..flow(&UDP, "[2001:db8::7]:5", "[::2]:53", "[2001:db8::7]:5")
            },
        ]
    }

    fn counted(keys: Vec<Key>, by: By, top: Option<usize>) -> Vec<String> {
        written(keys, by, top, Style::Text)
    }

    fn written(keys: Vec<Key>, by: By, top: Option<usize>, style: Style) -> Vec<String> {
        let mut groups = Groups::new(keys, by, top, style);
        let mut rows = Vec::new();
        let mut out = Output::new(&mut rows, Kind::Stream);
        for flow in &flows() {
            let occasion = Occasion::Listed;
            groups.flow(&Row { flow, occasion }, &mut out).unwrap();
        }
        groups.end(&mut out).unwrap();
        out.flush().unwrap();
        drop(out);
        let rows = String::from_utf8(rows).unwrap();
        rows.lines().map(str::to_owned).collect()
    }

    #[test]
    fn groups_come_with_most_first_and_then_by_value() {
        assert_eq!(
            counted(vec![key("src", None, None)], By::Count, None),
            [
                "2 src=10.0.0.10",
                "1 src=10.0.0.9 packets=2 bytes=18446744073709551615",
                "1 src=10.0.1.10",
                "1 src=2001:db8::7 packets=1 bytes=7",
            ]
        );
        assert_eq!(
            counted(vec![key("orig-src", None, None)], By::Bytes, Some(2)),
            [
                "1 orig-src=10.0.0.9 packets=2 bytes=18446744073709551615",
                "1 orig-src=2001:db8::7 packets=1 bytes=7",
            ]
        );
    }

    #[test]
    fn several_fields_make_one_key_and_one_that_is_missing_is_a_hyphen() {
        let keys = vec![key("protocol", None, None), key("state", None, None)];
        assert_eq!(
            counted(keys, By::Packets, None),
            [
                "1 protocol=tcp state=ESTABLISHED packets=2 bytes=18446744073709551615",
                "1 protocol=udp state=- packets=1 bytes=7",
                "3 protocol=tcp state=-",
            ]
        );
    }

    #[test]
    fn addresses_of_a_family_count_by_their_network() {
        for (ipv4, ipv6, expected) in [
            (Some(24), None, "3 src=10.0.0.0/24"),
            (Some(24), None, "1 src=2001:db8::7"),
            (Some(0), None, "4 src=0.0.0.0/0"),
            (Some(32), None, "2 src=10.0.0.10/32"),
            (None, Some(64), "1 src=2001:db8::/64"),
            (None, Some(64), "1 src=10.0.1.10"),
            (None, Some(0), "1 src=::/0"),
            (None, Some(128), "1 src=2001:db8::7/128"),
        ] {
            let rows = counted(vec![key("src", ipv4, ipv6)], By::Count, None);
            let found = rows.iter().any(|row| row.starts_with(expected));
            assert!(found, "{expected}: {rows:?}");
        }
    }

    #[test]
    fn a_group_may_be_an_object() {
        let keys = vec![key("src", Some(24), None), key("state", None, None)];
        assert_eq!(
            written(keys, By::Count, None, Style::Json),
            [
                r#"{"count":2,"by":{"src":"10.0.0.0/24"}}"#,
                r#"{"count":1,"by":{"src":"10.0.0.0/24","state":"ESTABLISHED"},"packets":2,"bytes":18446744073709551615}"#,
                r#"{"count":1,"by":{"src":"10.0.1.0/24"}}"#,
                r#"{"count":1,"by":{"src":"2001:db8::7"},"packets":1,"bytes":7}"#,
            ]
        );
    }

    #[test]
    fn only_what_is_counted_by_is_needed() {
        let needs =
            Groups::new(vec![key("dport", None, None)], By::Count, None, Style::Text).needs();
        let counters = PACKETS.needs;
        assert_eq!(needs, counters.union(field("orig.dport").needs));
    }
}
