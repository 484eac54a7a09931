//! A flow -> the requests that make, change and delete it -> the same flow; and its row in `-o save` -> a line of a load
//! file -> the request that makes the same flow, as far as the row carries it.

#![no_main]

use arbitrary::Arbitrary;
use conntrack_cli::cli::load;
use conntrack_cli::command::create::Create;
use conntrack_cli::command::load::{LineOfFile, Load};
use conntrack_cli::command::passage::Place;
use conntrack_cli::flow::protocol::{self, DCCP, ICMP, ICMPV6, SCTP};
use conntrack_cli::flow::{
    Attributes, Endpoint, Family, Flow, Labels, Nat, Part, ProtocolInfo, State, Status, Tuple,
};
use conntrack_cli::format::{OUTPUTS, Occasion, Output, Row, Show};
use conntrack_cli::netlink::message::{Content, messages};
use conntrack_cli::netlink::{decode, request};
use libfuzzer_sys::fuzz_target;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a flow is made of. Addresses and ports are those of both tuples, as they are in the original direction.
#[derive(Arbitrary, Debug)]
struct Seen {
    addresses: Addresses,
    /// Below 8 one of the protocols that are known by name, else a protocol's number.
    protocol: u8,
    ports: [u16; 2],
    /// What NAT made of them, where it did.
    translated_ports: [Option<u16>; 2],
    status: Option<u32>,
    timeout: u32,
    mark: Option<u32>,
    zones: [Option<u16>; 3],
    state: u8,
    vtags: [u32; 2],
    is_server: bool,
    labels: Option<[u32; 4]>,
}

#[derive(Arbitrary, Debug)]
enum Addresses {
    V4([Ipv4Addr; 2], [Option<Ipv4Addr>; 2]),
    V6([Ipv6Addr; 2], [Option<Ipv6Addr>; 2]),
}

/// The status bits that a saved row names.
const SAVED: [Status; 4] = [
    Status::EXPECTED,
    Status::SEEN_REPLY,
    Status::ASSURED,
    Status::FIXED_TIMEOUT,
];

fuzz_target!(|seen: Seen| {
    let flow = seen.flow();
    let labels = Labels {
        bits: seen
            .labels
            .map(|words| words.map(u32::to_ne_bytes).concat()),
        mask: None,
    };
    through_requests(&flow, &labels);
    through_a_saved_row(&flow);
});

fn through_requests(flow: &Flow, labels: &Labels) {
    let sent = Flow {
        labels: labels.bits.as_deref(),
        ..flow.clone()
    };
    let mut bytes = Vec::new();
    request::create(&mut bytes, flow, labels, &Nat::default(), true);
    request::update(&mut bytes, flow, labels);
    request::delete(&mut bytes, flow);
    let created = sent.clone();
    let updated = Flow {
        reply: Tuple::default(),
        ..sent
    };
    let deleted = Flow {
        family: flow.family,
        orig: flow.orig,
        zone: flow.zone,
        ..Flow::default()
    };
    let flows = messages(&bytes).map(|message| match message.unwrap().content() {
        Ok(Content::Flow(body)) => decode::flow(&body, Attributes::USUAL).unwrap(),
        content => panic!("{content:?}"),
    });
    assert_eq!(flows.collect::<Vec<_>>(), [created, updated, deleted]);
}

fn through_a_saved_row(flow: &Flow<'static>) {
    let mut row = Vec::new();
    saved().flow(
        &mut row,
        &Row {
            flow,
            occasion: Occasion::Listed,
        },
    );
    let loaded = load::read_from(&row[..], "file".into(), &mut Vec::new());
    let loaded = loaded.unwrap_or_else(|error| panic!("{error}: {}", row.escape_ascii()));
    let mut expected = Load::new("file".into(), None);
    let place = Place {
        number: 1,
        bytes: 0..0,
    };
    expected.add(place, LineOfFile::Create(carried(flow)));
    let [loaded, expected] = [loaded, expected].map(|load| format!("{load:?}"));
    assert_eq!(loaded, expected, "{}", row.escape_ascii());
}

fn saved() -> Show {
    let save = OUTPUTS.iter().find(|(name, _)| *name == "save");
    match save {
        Some((_, Output::Style(style))) => Show {
            style: *style,
            ..Show::default()
        },
        _ => panic!("no style is called save"),
    }
}

/// What a saved row carries of a flow: where NAT made the reply tuple's addresses, they are left to NAT.
fn carried(flow: &Flow<'static>) -> Create {
    let (orig, mut reply) = (flow.orig, flow.reply);
    let settled = |bit| flow.status.is_none_or(|status| status.contains(bit));
    let mut nat = Nat::default();
    let from = port(&orig, &reply, [Part::SrcPort, Part::DstPort]);
    if settled(Status::SRC_NAT_DONE) && (reply.dst != orig.src || from.is_some()) {
        nat.src = Some(Endpoint {
            address: reply.dst,
            port: from,
        });
        reply.dst = orig.src;
    }
    let to = port(&orig, &reply, [Part::DstPort, Part::SrcPort]);
    if settled(Status::DST_NAT_DONE) && (reply.src != orig.dst || to.is_some()) {
        nat.dst = Some(Endpoint {
            address: reply.src,
            port: to,
        });
        reply.src = orig.dst;
    }
    let named = |status: Status| {
        let bits = SAVED.into_iter().filter(|bit| status.contains(*bit));
        bits.fold(Status::CONFIRMED, Status::union)
    };
    Create {
        flow: Flow {
            reply,
            status: flow.status.map(named),
            mark: flow.mark.filter(|mark| *mark != 0),
            ..flow.clone()
        },
        labels: Labels::default(),
        nat,
        overwrite: true,
    }
}

/// The port behind NAT, where it is another one.
fn port(orig: &Tuple, reply: &Tuple, [sent, answered]: [Part; 2]) -> Option<u16> {
    let port = reply.part(answered);
    port.filter(|_| port != orig.part(sent))
}

impl Seen {
    fn flow(&self) -> Flow<'static> {
        let protocol = protocol::ALL.get(usize::from(self.protocol));
        let number = protocol.map_or(self.protocol, |protocol| protocol.number);
        let (family, [src, dst], [to, from]) = self.addresses.both();
        let [orig_zone, reply_zone, zone] = self.zones;
        let [sport, dport] = self.ports;
        let mut orig = Tuple {
            present: true,
            src: Some(src),
            dst: Some(dst),
            protocol: Some(number),
            zone: orig_zone,
            ..Tuple::default()
        };
        let mut reply = Tuple {
            src: Some(from),
            dst: Some(to),
            zone: reply_zone,
            ..orig
        };
        for shown in protocol::by_number(number).map_or(&[][..], |known| known.parts) {
            let (there, back) = match shown.part {
                Part::SrcPort => (sport, self.translated_ports[1].unwrap_or(dport)),
                Part::DstPort => (dport, self.translated_ports[0].unwrap_or(sport)),
                Part::IcmpType => asked_and_answered(family, number),
                Part::IcmpCode => (dport & 0xff, dport & 0xff),
                Part::IcmpId => (sport, sport),
            };
            orig.set_part(shown.part, there);
            reply.set_part(shown.part, back);
        }
        Flow {
            family,
            orig,
            reply,
            status: self.status.map(Status),
            timeout: Some(self.timeout),
            mark: self.mark,
            zone,
            info: self.info(number),
            ..Flow::default()
        }
    }

    fn info(&self, number: u8) -> ProtocolInfo {
        let known = protocol::by_number(number).filter(|known| !known.states.is_empty());
        let Some(protocol) = known else {
            return ProtocolInfo::default();
        };
        let [orig_vtag, reply_vtag] = self.vtags.map(|vtag| (protocol == &SCTP).then_some(vtag));
        ProtocolInfo {
            state: Some(State {
                protocol,
                number: self.state % protocol.states.len() as u8,
            }),
            orig_vtag,
            reply_vtag,
            role: (protocol == &DCCP).then_some(self.is_server.into()),
        }
    }
}

impl Addresses {
    /// Source and destination, and what NAT made of each.
    fn both(&self) -> (Family, [IpAddr; 2], [IpAddr; 2]) {
        match *self {
            Addresses::V4([src, dst], [to, from]) => (
                Family::IPV4,
                [src.into(), dst.into()],
                [to.unwrap_or(src).into(), from.unwrap_or(dst).into()],
            ),
            Addresses::V6([src, dst], [to, from]) => (
                Family::IPV6,
                [src.into(), dst.into()],
                [to.unwrap_or(src).into(), from.unwrap_or(dst).into()],
            ),
        }
    }
}

/// The types of an echo and of its answer; of none in the family that does not have the protocol.
fn asked_and_answered(family: Family, number: u8) -> (u16, u16) {
    match family {
        Family::IPV4 if number == ICMP.number => (8, 0),
        Family::IPV6 if number == ICMPV6.number => (128, 129),
        _ => (8, 255),
    }
}
