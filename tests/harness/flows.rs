//! A small language for what stands in a table, a line a flow or an expectation:
//!
//!     tcp 10.0.0.1:1000 > 10.0.0.2:80 state=ESTABLISHED status=SEEN_REPLY|ASSURED mark=7
//!     icmp 10.0.0.1 > 10.0.0.2 type=8 code=0 id=5
//!     tcp [fd00::1]:1000 > [fd00::2]:80 , [fd00::2]:80 > [fd00::3]:2000 timeout=300
//!     expect tcp 10.0.0.2:0 > 10.0.0.1:2000 , 255.255.255.255:0 > 255.255.255.255:65535 , 10.0.0.1:9 > 10.0.0.2:21
//!
//! A flow is its protocol (a name, or a number), the original tuple and, where it is not the mirror of that one, the
//! reply tuple; an expectation the expected tuple, its mask and its master. Then words of the table WORDS, in any
//! order. The port of a GRE tuple is its key.

use std::net::IpAddr;

use netlink_packet_netfilter::NetfilterProtoFamily as Family;

use super::netlink::{Attributes, Message, Subject};

const PROTOCOLS: [(&str, u8); 7] = [
    ("icmp", 1),
    ("tcp", 6),
    ("udp", 17),
    ("gre", 47),
    ("icmpv6", 58),
    ("sctp", 132),
    ("udplite", 136),
];

/// A word `name=value`: the attribute it fills, and how its value is written there.
struct Word {
    name: &'static str,
    path: &'static [u16],
    encode: fn(&str) -> Vec<u8>,
}

const fn word(name: &'static str, path: &'static [u16], encode: fn(&str) -> Vec<u8>) -> Word {
    Word { name, path, encode }
}

const FLOW_WORDS: &[Word] = &[
    word("status", &[3], status),
    word("helper", &[5, 1], name),
    word("timeout", &[7], be32),
    word("mark", &[8], be32),
    word("zone", &[18], be16),
    word("orig-zone", &[1, 3], be16),
    word("reply-zone", &[2, 3], be16),
    word("labels", &[22], labels),
    word("snat", &[6, 1], address),
    word("snat-port", &[6, 3, 1], be16),
    word("dnat", &[13, 1], address),
    word("snat6", &[6, 4], address),
    word("dnat6", &[13, 4], address),
    word("dnat-port", &[13, 3, 1], be16),
];

const TCP_WORDS: &[Word] = &[word("state", &[4, 1, 1], |name| state(&TCP_STATES, name))];

const SCTP_WORDS: &[Word] = &[
    word("state", &[4, 3, 1], |name| state(&SCTP_STATES, name)),
    word("orig-vtag", &[4, 3, 2], be32),
    word("reply-vtag", &[4, 3, 3], be32),
];

const EXPECT_WORDS: &[Word] = &[
    word("timeout", &[4], be32),
    word("helper", &[6], name),
    word("zone", &[7], be16),
    word("flags", &[8], be32),
    word("class", &[9], be32),
    word("function", &[11], name),
];

/// What a line says where it does not say otherwise: a timeout that no trial outlives, and what the kernel insists on.
const FLOW_DEFAULTS: &[(&str, &str)] = &[("timeout", "100000")];
const SCTP_DEFAULTS: &[(&str, &str)] = &[
    ("state", "ESTABLISHED"),
    ("orig-vtag", "1"),
    ("reply-vtag", "2"),
];

const TCP_STATES: [&str; 10] = [
    "NONE",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSE",
    "SYN_SENT2",
];

const SCTP_STATES: [&str; 10] = [
    "NONE",
    "CLOSED",
    "COOKIE_WAIT",
    "COOKIE_ECHOED",
    "ESTABLISHED",
    "SHUTDOWN_SENT",
    "SHUTDOWN_RECD",
    "SHUTDOWN_ACK_SENT",
    "HEARTBEAT_SENT",
    "HEARTBEAT_ACKED",
];

/// enum ip_conntrack_status of the kernel, bit by bit.
const STATUS_BITS: [&str; 16] = [
    "EXPECTED",
    "SEEN_REPLY",
    "ASSURED",
    "CONFIRMED",
    "SRC_NAT",
    "DST_NAT",
    "SEQ_ADJUST",
    "SRC_NAT_DONE",
    "DST_NAT_DONE",
    "DYING",
    "FIXED_TIMEOUT",
    "TEMPLATE",
    "UNTRACKED",
    "HELPER",
    "OFFLOAD",
    "HW_OFFLOAD",
];

/// CTA_TUPLE_ORIG, CTA_TUPLE_REPLY; CTA_EXPECT_TUPLE, CTA_EXPECT_MASK, CTA_EXPECT_MASTER.
const FLOW_TUPLES: &[u16] = &[1, 2];
const EXPECT_TUPLES: &[u16] = &[2, 3, 1];

/// The types that ICMP and ICMPv6 pair as question and answer.
const ICMP_PAIRS: [(u8, u8); 6] = [(8, 0), (13, 14), (15, 16), (17, 18), (128, 129), (139, 140)];

/// The messages of a text: blank lines and `#` comments say nothing.
pub fn parse(text: &str) -> impl Iterator<Item = (&str, Message)> {
    let says = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    text.lines().filter(says).map(|line| (line, message(line)))
}

fn message(line: &str) -> Message {
    let (subject, tuples, line) = match line.strip_prefix("expect ") {
        Some(rest) => (Subject::Expectation, EXPECT_TUPLES, rest),
        None => (Subject::Flow, FLOW_TUPLES, line),
    };
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let options = words.split_off(
        words
            .iter()
            .position(|word| word.contains('='))
            .unwrap_or(words.len()),
    );
    let mut options: Vec<(&str, &str)> = options
        .iter()
        .filter_map(|word| word.split_once('='))
        .collect();
    let protocol = protocol(words[0]);
    let known = known_words(subject, protocol, &mut options);

    let icmp = Icmp::take(&mut options);
    let given: Vec<[Endpoint; 2]> = words[1..].split(|word| *word == ",").map(ends).collect();
    let mut attributes = Attributes::default();
    for (place, &tuple) in tuples.iter().enumerate() {
        let [from, to] = given
            .get(place)
            .copied()
            .unwrap_or([given[0][1], given[0][0]]);
        let icmp = if place == 0 { icmp } else { icmp.answer() };
        put_tuple(&mut attributes, tuple, protocol, [from, to], icmp);
    }
    for (name, value) in options {
        let word = known.iter().rev().find(|word| word.name == name);
        let word = word.unwrap_or_else(|| panic!("unknown word `{name}' in `{line}'"));
        attributes.put(word.path, (word.encode)(value));
    }
    let family = if given[0][0].address.is_ipv4() {
        Family::IPv4
    } else {
        Family::IPv6
    };
    Message {
        subject,
        family,
        attributes,
    }
}

/// The words that this kind of line understands; the defaults of those that it does not say join it.
fn known_words(
    subject: Subject,
    protocol: u8,
    options: &mut Vec<(&str, &str)>,
) -> Vec<&'static Word> {
    let (words, own, defaults): (_, &[Word], &[_]) = match (subject, protocol) {
        (Subject::Expectation, _) => (EXPECT_WORDS, &[], &[]),
        (Subject::Flow, 6) => (FLOW_WORDS, TCP_WORDS, &[]),
        (Subject::Flow, 132) => (FLOW_WORDS, SCTP_WORDS, SCTP_DEFAULTS),
        (Subject::Flow, _) => (FLOW_WORDS, &[], &[]),
    };
    for default in FLOW_DEFAULTS.iter().chain(defaults) {
        if !options.iter().any(|(name, _)| *name == default.0) {
            options.push(*default);
        }
    }
    words.iter().chain(own).collect()
}

#[derive(Clone, Copy)]
struct Endpoint {
    address: IpAddr,
    port: Option<u16>,
}

/// `FROM > TO`
fn ends(words: &[&str]) -> [Endpoint; 2] {
    let [from, ">", to] = words else {
        panic!("`{words:?}' is not FROM > TO")
    };
    [endpoint(from), endpoint(to)]
}

/// `10.0.0.1`, `10.0.0.1:80`, `fd00::1`, `[fd00::1]:80`
fn endpoint(text: &str) -> Endpoint {
    let plain = text.parse::<IpAddr>().map(|address| Endpoint {
        address,
        port: None,
    });
    plain.unwrap_or_else(|_| {
        let (address, port) = text
            .rsplit_once(':')
            .unwrap_or_else(|| panic!("`{text}' is not an endpoint"));
        let address = address
            .trim_matches(['[', ']'])
            .parse()
            .expect("an address");
        Endpoint {
            address,
            port: Some(port.parse().expect("a port")),
        }
    })
}

#[derive(Clone, Copy, Default)]
struct Icmp {
    kind: Option<u8>,
    code: u8,
    id: u16,
}

impl Icmp {
    /// These words stand in both tuples, so they are not attributes of one place like the others.
    fn take(options: &mut Vec<(&str, &str)>) -> Self {
        let mut icmp = Self::default();
        let is_icmp = options.iter().any(|(name, _)| *name == "type");
        options.retain(|(name, value)| {
            match *name {
                "type" => icmp.kind = Some(value.parse().expect("an ICMP type")),
                "code" => icmp.code = value.parse().expect("an ICMP code"),
                "id" if is_icmp => icmp.id = value.parse().expect("an ICMP id"),
                _ => return true,
            }
            false
        });
        icmp
    }

    fn answer(self) -> Self {
        let answer = |kind| {
            let turned = ICMP_PAIRS.iter().find_map(|&(ask, reply)| match kind {
                _ if kind == ask => Some(reply),
                _ if kind == reply => Some(ask),
                _ => None,
            });
            turned.unwrap_or(kind)
        };
        Self {
            kind: self.kind.map(answer),
            ..self
        }
    }
}

fn put_tuple(
    attributes: &mut Attributes,
    tuple: u16,
    protocol: u8,
    ends: [Endpoint; 2],
    icmp: Icmp,
) {
    for (place, end) in (1..).zip(ends) {
        let kind = if end.address.is_ipv4() {
            place
        } else {
            place + 2
        };
        attributes.put(&[tuple, 1, kind], octets(end.address));
    }
    attributes.put(&[tuple, 2, 1], vec![protocol]);
    for (place, end) in (2..).zip(ends) {
        if let Some(port) = end.port {
            attributes.put(&[tuple, 2, place], port.to_be_bytes().into());
        }
    }
    if let Some(kind) = icmp.kind {
        let first = if protocol == 1 { 4 } else { 7 };
        attributes.put(&[tuple, 2, first], icmp.id.to_be_bytes().into());
        attributes.put(&[tuple, 2, first + 1], vec![kind]);
        attributes.put(&[tuple, 2, first + 2], vec![icmp.code]);
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().into(),
        IpAddr::V6(address) => address.octets().into(),
    }
}

fn protocol(text: &str) -> u8 {
    let named = PROTOCOLS
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, number)| *number);
    named.unwrap_or_else(|| text.parse().expect("a protocol"))
}

fn address(text: &str) -> Vec<u8> {
    octets(text.parse().expect("an address"))
}

fn name(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

fn be16(text: &str) -> Vec<u8> {
    text.parse::<u16>().expect("16 bits").to_be_bytes().into()
}

fn be32(text: &str) -> Vec<u8> {
    text.parse::<u32>().expect("32 bits").to_be_bytes().into()
}

/// `SEEN_REPLY|ASSURED`. The kernel takes no flow that is not said to be CONFIRMED.
fn status(text: &str) -> Vec<u8> {
    let bit = |name| {
        1 << STATUS_BITS
            .iter()
            .position(|known| *known == name)
            .expect("a status bit")
    };
    text.split('|')
        .fold(bit("CONFIRMED"), |bits: u32, name| bits | bit(name))
        .to_be_bytes()
        .into()
}

/// Bit numbers: `0,5,127`
fn labels(text: &str) -> Vec<u8> {
    let bits = text
        .split(',')
        .map(|bit| bit.parse::<u32>().expect("a label's bit"));
    bits.fold(0u128, |map, bit| map | 1 << bit)
        .to_le_bytes()
        .into()
}

/// A name of the table, or the number itself where it has none.
fn state(names: &[&str], text: &str) -> Vec<u8> {
    let named = names.iter().position(|name| *name == text);
    vec![named.map_or_else(|| text.parse().expect("a state"), |place| place as u8)]
}
