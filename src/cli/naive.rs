//! Random filters on random flows, beside an evaluation of what was typed that knows neither fields nor tests.

use super::hall;
use super::letters::Letters;
use super::select::filter;
use crate::flow::protocol::{GRE, ICMP, TCP, UDP};
use crate::flow::sample::in_state;
use crate::flow::{Counters, Family, Flow, Part, Status, Tuple};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr};

/// One value of a list: whether it must not be, and a range.
type Item = (bool, u16, u16);

/// What an option asks for.
#[derive(Clone, Debug)]
enum Asked {
    /// An option of several values, by its place in [`LISTS`].
    List(usize, Vec<Item>),
    Host(Vec<Item>),
    Port(Vec<Item>),
    State(bool, usize),
    Mark(u32, u32),
    NoNat,
    /// More bytes than this.
    Bytes(u64),
}

/// How a flow is asked for a number, and how that is typed.
type Getter = fn(&Flow) -> Option<u16>;
type Text = fn(u16) -> String;

const LISTS: [(&str, Getter, Text); 10] = [
    ("-s", |flow| last(flow.orig.src), address),
    ("-d", |flow| last(flow.orig.dst), address),
    ("-r", |flow| last(flow.reply.src), address),
    ("-q", |flow| last(flow.reply.dst), address),
    (
        "--sport",
        |flow| port(flow, &flow.orig, Part::SrcPort),
        plain,
    ),
    (
        "--dport",
        |flow| port(flow, &flow.orig, Part::DstPort),
        plain,
    ),
    (
        "--reply-port-dst",
        |flow| port(flow, &flow.reply, Part::DstPort),
        plain,
    ),
    ("-w", |flow| Some(flow.zone.unwrap_or(0)), plain),
    (
        "--orig-zone",
        |flow| Some(flow.orig.zone.unwrap_or(0)),
        plain,
    ),
    ("-p", |flow| flow.orig.protocol.map(u16::from), plain),
];

const STATES: [&str; 3] = ["SYN_SENT", "SYN_RECV", "ESTABLISHED"];

fn last(address: Option<IpAddr>) -> Option<u16> {
    match address? {
        IpAddr::V4(address) => Some(address.octets()[3].into()),
        IpAddr::V6(_) => None,
    }
}

fn port(flow: &Flow, tuple: &Tuple, part: Part) -> Option<u16> {
    let has_ports = flow.orig.protocol != Some(GRE.number);
    tuple.part(part).filter(|_| has_ports)
}

fn address(number: u16) -> String {
    format!("10.0.0.{number}")
}

fn plain(number: u16) -> String {
    number.to_string()
}

impl Asked {
    fn typed(&self) -> String {
        let list = |items: &[Item], text: Text| {
            let item = |(not, low, high): &Item| {
                let sign = if *not { "!" } else { "" };
                match low == high {
                    true => format!("{sign}{}", text(*low)),
                    false => format!("{sign}{}-{}", text(*low), text(*high)),
                }
            };
            items.iter().map(item).collect::<Vec<_>>().join(",")
        };
        match self {
            Asked::List(place, items) => {
                let (option, _, text) = LISTS[*place];
                format!("{option} {}", list(items, text))
            }
            Asked::Host(items) => format!("--host {}", list(items, address)),
            Asked::Port(items) => format!("--port {}", list(items, plain)),
            Asked::State(not, place) => {
                format!("--state {}{}", if *not { "!" } else { "" }, STATES[*place])
            }
            Asked::Mark(value, mask) => format!("-m {value}/{mask}"),
            Asked::NoNat => "--no-nat".to_owned(),
            Asked::Bytes(least) => format!("--bytes >{least}"),
        }
    }

    fn holds(&self, flow: &Flow) -> bool {
        let fits = |items: &[Item], value: Option<u16>| {
            let Some(value) = value else { return false };
            let within = |(_, low, high): &&Item| (*low..=*high).contains(&value);
            let (not, may): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|item| item.0);
            (may.is_empty() || may.iter().any(within)) && !not.iter().any(within)
        };
        let either = |items: &[Item], values: [Option<u16>; 4]| {
            let (not, may): (Vec<Item>, Vec<Item>) = items.iter().partition(|item| item.0);
            (may.is_empty() || values.iter().any(|value| fits(&may, *value)))
                && (not.is_empty() || values.iter().all(|value| fits(&not, *value)))
        };
        match self {
            Asked::List(place, items) => fits(items, LISTS[*place].1(flow)),
            Asked::Host(items) => {
                let (orig, reply) = (&flow.orig, &flow.reply);
                either(items, [orig.src, orig.dst, reply.src, reply.dst].map(last))
            }
            Asked::Port(items) => {
                let ports = [
                    (&flow.orig, Part::SrcPort),
                    (&flow.orig, Part::DstPort),
                    (&flow.reply, Part::SrcPort),
                    (&flow.reply, Part::DstPort),
                ];
                either(items, ports.map(|(tuple, part)| port(flow, tuple, part)))
            }
            Asked::State(not, place) => {
                let state = flow.info.state;
                state.is_some_and(|state| (state.name() == STATES[*place]) != *not)
            }
            Asked::Mark(value, mask) => flow.mark.is_some_and(|mark| mark & mask == *value),
            Asked::NoNat => flow.orig.src == flow.reply.dst,
            Asked::Bytes(least) => {
                let bytes = |counters: Option<Counters>| counters.map_or(0, |of| of.bytes);
                bytes(flow.orig_counters) + bytes(flow.reply_counters) > *least
            }
        }
    }
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let item = (any::<bool>(), 0u16..7, 0u16..4);
    let item = item.prop_map(|(not, low, more)| (not, low, low + if more > 1 { 0 } else { more }));
    prop::collection::vec(item, 1..4)
}

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        6 => (0..LISTS.len(), items()).prop_map(|(place, items)| Asked::List(place, items)),
        1 => items().prop_map(Asked::Host),
        1 => items().prop_map(Asked::Port),
        1 => (any::<bool>(), 0..STATES.len()).prop_map(|(not, place)| Asked::State(not, place)),
        1 => (0u32..4, 0u32..4).prop_map(|(value, mask)| Asked::Mark(value & mask, mask)),
        1 => Just(Asked::NoNat),
        1 => (0u64..6).prop_map(Asked::Bytes),
    ]
}

prop_compose! {
    fn some_flow()(
        protocol in 0usize..4,
        [src, dst, to] in [0u8..7, 0u8..7, 0u8..7],
        [sport, dport] in [0u16..7, 0u16..7],
        [zone, orig_zone] in [prop::option::of(0u16..7), prop::option::of(0u16..7)],
        mark in prop::option::of(0u32..4),
        state in 1u8..4,
        bytes in prop::option::of(0u64..4),
    ) -> Flow<'static> {
        let protocol = [&TCP, &UDP, &ICMP, &GRE][protocol];
        let host = |number| Some(Ipv4Addr::new(10, 0, 0, number).into());
        let tuple = |src, dst, ports: [u16; 2]| {
            let mut tuple = Tuple {
                present: true,
                src: host(src),
                dst: host(dst),
                protocol: Some(protocol.number),
                ..Tuple::default()
            };
            if protocol != &ICMP {
                tuple.set_part(Part::SrcPort, ports[0]);
                tuple.set_part(Part::DstPort, ports[1]);
            }
            tuple
        };
        let mut flow = Flow {
            family: Family::IPV4,
            orig: tuple(src, dst, [sport, dport]),
            reply: tuple(dst, to, [dport, sport]),
            status: Some(Status::SRC_NAT_DONE),
            zone,
            mark,
            orig_counters: bytes.map(|bytes| Counters { packets: 1, bytes }),
            ..Flow::default()
        };
        flow.orig.zone = orig_zone;
        if protocol == &TCP {
            flow.info = in_state(&TCP, state);
        }
        flow
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_filter_selects_what_its_words_say(
        asked in prop::collection::vec(asked(), 1..4),
        flows in prop::collection::vec(some_flow(), 20),
    ) {
        let words: Vec<String> = asked.iter().map(Asked::typed).collect();
        let line = format!("-L {}", words.join(" "));
        let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
        // The last of several such options counts, so each is typed once.
        let once = |at: usize| words[..at].contains(&words[at]) && words[at].starts_with(b"-");
        prop_assume!(!(0..words.len()).any(once));
        // Some options have no protocol in common with those that are named.
        let Ok(mut line_read) = hall::line(Letters::new(&words), &mut Vec::new()) else {
            return Ok(());
        };
        let filter = filter(&mut line_read);
        for flow in &flows {
            let holds = asked.iter().all(|asked| asked.holds(flow));
            prop_assert_eq!(filter.matches(flow), holds, "{}: {:?}", line, flow);
        }
    }
}
