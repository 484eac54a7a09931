//! What a command wants -> the bytes of requests, which are appended to a buffer so that many can travel in one send.

use super::attr::{nest, put, walk};
use super::constants::*;
use super::kernel_filter::Hints;
use super::message::{HEADER_LENGTH, NFGENMSG_LENGTH};
use crate::flow::protocol::{DCCP, ICMP, ICMPV6, SCTP, TCP};
use crate::flow::{Family, Field, Flow, ProtocolInfo, Tuple};
use netlink_packet_core::{
    Emitable, NLA_F_NESTED, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST, NetlinkBuffer,
    NetlinkHeader,
};
use netlink_packet_netfilter::{NetfilterHeader, NetfilterProtoFamily, NetfilterSubsystem};
use std::net::IpAddr;

/// Which entries a dump asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dump {
    Flows,
    /// Flows, whose counters become zero.
    FlowsZeroingCounters,
    /// Flows that are deleted but still in use.
    Dying,
    /// Flows of which no packet has left yet.
    Unconfirmed,
    Expectations,
    /// Statistics of flows, by CPU.
    Stats,
    /// Statistics of expectations, by CPU.
    ExpectationStats,
}

/// An address and a port that NAT shall map to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NatMapping {
    pub address: IpAddr,
    pub port: Option<u16>,
}

/// The NAT that a new flow is to have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Nat {
    pub src: Option<NatMapping>,
    pub dst: Option<NatMapping>,
}

/// The labels that a flow is to have: with a mask only those bits of them change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    pub bits: Option<Vec<u8>>,
    pub mask: Option<Vec<u8>>,
}

/// What a request is about: its message type, flags beside NLM_F_REQUEST, and family.
struct Head {
    subsystem: NetfilterSubsystem,
    kind: u8,
    flags: u16,
    family: Family,
    version: u8,
}

const EXPECTATIONS: NetfilterSubsystem = NetfilterSubsystem::Other(NFNL_SUBSYS_CTNETLINK_EXP);

/// Flags of a TCP flow that was not seen from its beginning, by bit and mask: IP_CT_TCP_FLAG_SACK_PERM and
/// _BE_LIBERAL, so that window tracking, which knows nothing of the connection, lets its packets through.
const TCP_FLAGS: u8 = 0x02 | 0x08;

/// IP_CT_TCP_FLAG_CLOSE_INIT, without which the kernel takes a closing connection for one of its own.
const TCP_FLAG_CLOSE_INIT: u8 = 0x04;

/// TCP's state TIME_WAIT; those after it are of closed connections too.
const TCP_TIME_WAIT: u8 = 7;

pub fn dump(out: &mut Vec<u8>, what: Dump, family: Family, hints: &Hints) {
    let (subsystem, kind) = match what {
        Dump::Flows => (NetfilterSubsystem::Conntrack, IPCTNL_MSG_CT_GET),
        Dump::FlowsZeroingCounters => (NetfilterSubsystem::Conntrack, IPCTNL_MSG_CT_GET_CTRZERO),
        Dump::Dying => (NetfilterSubsystem::Conntrack, IPCTNL_MSG_CT_GET_DYING),
        Dump::Unconfirmed => (NetfilterSubsystem::Conntrack, IPCTNL_MSG_CT_GET_UNCONFIRMED),
        Dump::Stats => (NetfilterSubsystem::Conntrack, IPCTNL_MSG_CT_GET_STATS_CPU),
        Dump::Expectations => (EXPECTATIONS, IPCTNL_MSG_EXP_GET),
        Dump::ExpectationStats => (EXPECTATIONS, IPCTNL_MSG_EXP_GET_STATS_CPU),
    };
    let head = Head {
        subsystem,
        kind,
        flags: NLM_F_DUMP,
        family,
        version: 0,
    };
    request(out, head, |out| hints.write(out));
}

/// Asks how many flows there are.
pub fn count(out: &mut Vec<u8>) {
    request(
        out,
        conntrack(IPCTNL_MSG_CT_GET_STATS, 0, Family::ANY),
        |_| {},
    );
}

/// Deletes every flow, or every one of a family. The kernel looks at the family only in a message of version 1.
pub fn flush(out: &mut Vec<u8>, family: Option<Family>) {
    let version = family.map_or(0, |_| 1);
    let head = conntrack(IPCTNL_MSG_CT_DELETE, 0, family.unwrap_or_default());
    request(out, Head { version, ..head }, |_| {});
}

pub fn flush_expectations(out: &mut Vec<u8>) {
    let head = Head {
        subsystem: EXPECTATIONS,
        kind: IPCTNL_MSG_EXP_DELETE,
        flags: 0,
        family: Family::ANY,
        version: 0,
    };
    request(out, head, |_| {});
}

/// Creates a flow; where it exists already, changes it or, with `exclusive`, is refused.
pub fn create(out: &mut Vec<u8>, flow: &Flow, labels: &Labels, nat: &Nat, exclusive: bool) {
    let flags = NLM_F_CREATE | if exclusive { NLM_F_EXCL } else { 0 };
    request(
        out,
        conntrack(IPCTNL_MSG_CT_NEW, flags, flow.family),
        |out| {
            write_tuple(out, CTA_TUPLE_ORIG, &flow.orig);
            write_tuple(out, CTA_TUPLE_REPLY, &flow.reply);
            properties(out, flow);
            for (kind, mapping) in [(CTA_NAT_SRC, nat.src), (CTA_NAT_DST, nat.dst)] {
                if let Some(mapping) = mapping {
                    nest(out, kind, |out| nat_mapping(out, mapping));
                }
            }
            labels.write(out);
        },
    );
}

/// Changes an existing flow, which its original tuple and zone name, in what else `flow` has.
pub fn update(out: &mut Vec<u8>, flow: &Flow, labels: &Labels) {
    request(out, conntrack(IPCTNL_MSG_CT_NEW, 0, flow.family), |out| {
        write_tuple(out, CTA_TUPLE_ORIG, &flow.orig);
        properties(out, flow);
        labels.write(out);
    });
}

/// Deletes the flow of this tuple, zone and id. The kernel refuses where another flow has taken the tuple.
pub fn delete(out: &mut Vec<u8>, flow: &Flow) {
    request(
        out,
        conntrack(IPCTNL_MSG_CT_DELETE, 0, flow.family),
        |out| {
            write_tuple(out, CTA_TUPLE_ORIG, &flow.orig);
            write_u16(out, CTA_ZONE, flow.zone);
            write_u32(out, CTA_ID, flow.id);
        },
    );
}

/// Asks for the flow of a tuple, which is the original one unless only that of the reply is known.
pub fn get(out: &mut Vec<u8>, flow: &Flow) {
    request(out, conntrack(IPCTNL_MSG_CT_GET, 0, flow.family), |out| {
        match flow.orig.present {
            true => write_tuple(out, CTA_TUPLE_ORIG, &flow.orig),
            false => write_tuple(out, CTA_TUPLE_REPLY, &flow.reply),
        }
        write_u16(out, CTA_ZONE, flow.zone);
    });
}

/// What makes an expectation: the flow that expects, what it expects, and which bits of that count.
#[derive(Debug)]
pub struct NewExpectation {
    pub family: Family,
    pub master: Tuple,
    pub tuple: Tuple,
    pub mask: Tuple,
    /// Seconds.
    pub timeout: u32,
}

pub fn create_expectation(out: &mut Vec<u8>, new: &NewExpectation) {
    let flags = NLM_F_CREATE | NLM_F_EXCL;
    request(
        out,
        expectation(IPCTNL_MSG_EXP_NEW, flags, new.family),
        |out| {
            write_tuple(out, CTA_EXPECT_TUPLE, &new.tuple);
            write_tuple(out, CTA_EXPECT_MASTER, &new.master);
            write_tuple(out, CTA_EXPECT_MASK, &new.mask);
            write_u32(out, CTA_EXPECT_TIMEOUT, Some(new.timeout));
        },
    );
}

/// Asks for the expectation of a tuple.
pub fn get_expectation(out: &mut Vec<u8>, family: Family, tuple: &Tuple) {
    request(out, expectation(IPCTNL_MSG_EXP_GET, 0, family), |out| {
        write_tuple(out, CTA_EXPECT_TUPLE, tuple);
    });
}

pub fn delete_expectation(out: &mut Vec<u8>, family: Family, tuple: &Tuple) {
    request(out, expectation(IPCTNL_MSG_EXP_DELETE, 0, family), |out| {
        write_tuple(out, CTA_EXPECT_TUPLE, tuple);
    });
}

fn conntrack(kind: u8, flags: u16, family: Family) -> Head {
    Head {
        subsystem: NetfilterSubsystem::Conntrack,
        kind,
        flags,
        family,
        version: 0,
    }
}

fn expectation(kind: u8, flags: u16, family: Family) -> Head {
    Head {
        subsystem: EXPECTATIONS,
        kind,
        flags,
        family,
        version: 0,
    }
}

/// Appends a message; the socket numbers it when it is sent.
fn request(out: &mut Vec<u8>, head: Head, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    let family = NetfilterProtoFamily::from(head.family.0);
    let netfilter = NetfilterHeader::new(family, head.version, 0);
    out.resize(start + HEADER_LENGTH + netfilter.buffer_len(), 0);
    netfilter.emit(&mut out[start + HEADER_LENGTH..]);
    fill(out);
    let mut netlink = NetlinkHeader::default();
    netlink.message_type = u16::from(u8::from(head.subsystem)) << 8 | u16::from(head.kind);
    netlink.flags = NLM_F_REQUEST | head.flags;
    netlink.length = (out.len() - start) as u32;
    netlink.emit(&mut out[start..]);
}

/// Everything of a flow that stands outside its tuples and can be set.
fn properties(out: &mut Vec<u8>, flow: &Flow) {
    write_u32(out, CTA_STATUS, flow.status.map(|status| status.0));
    write_u32(out, CTA_TIMEOUT, flow.timeout);
    write_u32(out, CTA_MARK, flow.mark);
    if flow.info != ProtocolInfo::default() {
        nest(out, CTA_PROTOINFO, |out| protocol_info(out, &flow.info));
    }
    write_u16(out, CTA_ZONE, flow.zone);
}

impl Labels {
    fn write(&self, out: &mut Vec<u8>) {
        for (kind, bits) in [(CTA_LABELS, &self.bits), (CTA_LABELS_MASK, &self.mask)] {
            if let Some(bits) = bits {
                put(out, kind, bits);
            }
        }
    }
}

pub fn write_tuple(out: &mut Vec<u8>, kind: u16, tuple: &Tuple) {
    nest(out, kind, |out| {
        nest(out, CTA_TUPLE_IP, |out| {
            let [v4, v6] = [
                [CTA_IP_V4_SRC, CTA_IP_V4_DST],
                [CTA_IP_V6_SRC, CTA_IP_V6_DST],
            ];
            for (side, value) in [tuple.src, tuple.dst].into_iter().enumerate() {
                match value {
                    Some(IpAddr::V4(address)) => put(out, v4[side], &address.octets()),
                    Some(IpAddr::V6(address)) => put(out, v6[side], &address.octets()),
                    None => {}
                }
            }
        });
        nest(out, CTA_TUPLE_PROTO, |out| protocol_fields(out, tuple));
        write_u16(out, CTA_TUPLE_ZONE, tuple.zone);
    });
}

fn protocol_fields(out: &mut Vec<u8>, tuple: &Tuple) {
    const ICMP_FIELDS: [(Field, u16, u16); 3] = [
        (Field::IcmpType, CTA_PROTO_ICMP_TYPE, CTA_PROTO_ICMPV6_TYPE),
        (Field::IcmpCode, CTA_PROTO_ICMP_CODE, CTA_PROTO_ICMPV6_CODE),
        (Field::IcmpId, CTA_PROTO_ICMP_ID, CTA_PROTO_ICMPV6_ID),
    ];
    if let Some(number) = tuple.protocol {
        put(out, CTA_PROTO_NUM, &[number]);
    }
    write_u16(out, CTA_PROTO_SRC_PORT, tuple.field(Field::SrcPort));
    write_u16(out, CTA_PROTO_DST_PORT, tuple.field(Field::DstPort));
    for (field, v4, v6) in ICMP_FIELDS {
        let kind = match tuple.protocol {
            Some(number) if number == ICMP.number => v4,
            Some(number) if number == ICMPV6.number => v6,
            _ => continue,
        };
        match (field, tuple.field(field)) {
            (Field::IcmpId, id) => write_u16(out, kind, id),
            (_, Some(value)) => put(out, kind, &[value as u8]),
            (_, None) => {}
        }
    }
}

fn protocol_info(out: &mut Vec<u8>, info: &ProtocolInfo) {
    let vtags = [
        (CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, info.orig_vtag),
        (CTA_PROTOINFO_SCTP_VTAG_REPLY, info.reply_vtag),
    ];
    match info.state {
        Some(state) if state.protocol == &TCP => nest(out, CTA_PROTOINFO_TCP, |out| {
            let closed = state.number >= TCP_TIME_WAIT;
            let flags = TCP_FLAGS | if closed { TCP_FLAG_CLOSE_INIT } else { 0 };
            put(out, CTA_PROTOINFO_TCP_STATE, &[state.number]);
            put(out, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, &[flags, flags]);
            put(out, CTA_PROTOINFO_TCP_FLAGS_REPLY, &[flags, flags]);
        }),
        Some(state) if state.protocol == &DCCP => nest(out, CTA_PROTOINFO_DCCP, |out| {
            put(out, CTA_PROTOINFO_DCCP_STATE, &[state.number]);
            if let Some(role) = info.role {
                put(out, CTA_PROTOINFO_DCCP_ROLE, &[role]);
            }
        }),
        state => nest(out, CTA_PROTOINFO_SCTP, |out| {
            if let Some(state) = state.filter(|state| state.protocol == &SCTP) {
                put(out, CTA_PROTOINFO_SCTP_STATE, &[state.number]);
            }
            for (kind, vtag) in vtags {
                write_u32(out, kind, vtag);
            }
        }),
    }
}

/// A range of one address and, where there is one, of one port.
fn nat_mapping(out: &mut Vec<u8>, mapping: NatMapping) {
    match mapping.address {
        IpAddr::V4(address) => put(out, CTA_NAT_V4_MINIP, &address.octets()),
        IpAddr::V6(address) => put(out, CTA_NAT_V6_MINIP, &address.octets()),
    }
    if mapping.port.is_some() {
        nest(out, CTA_NAT_PROTO, |out| {
            write_u16(out, CTA_PROTONAT_PORT_MIN, mapping.port);
            write_u16(out, CTA_PROTONAT_PORT_MAX, mapping.port);
        });
    }
}

pub fn write_u16(out: &mut Vec<u8>, kind: u16, value: Option<u16>) {
    if let Some(value) = value {
        put(out, kind, &value.to_be_bytes());
    }
}

pub fn write_u32(out: &mut Vec<u8>, kind: u16, value: Option<u32>) {
    if let Some(value) = value {
        put(out, kind, &value.to_be_bytes());
    }
}

/// Makes a request that creates a flow also change the one that exists.
pub fn allow_existing(request: &mut [u8]) {
    let mut header = NetlinkBuffer::new(request);
    header.set_flags(header.flags() & !NLM_F_EXCL);
}

/// Appends the request that deletes what a request created: its tuple and zone are the same.
pub fn delete_created(out: &mut Vec<u8>, created: &[u8]) {
    let attributes = HEADER_LENGTH + NFGENMSG_LENGTH;
    let family = Family(created[HEADER_LENGTH]);
    request(out, conntrack(IPCTNL_MSG_CT_DELETE, 0, family), |out| {
        for attr in walk(&created[attributes..]).flatten() {
            match attr.kind {
                CTA_TUPLE_ORIG => put(out, CTA_TUPLE_ORIG | NLA_F_NESTED, attr.value),
                CTA_ZONE => put(out, CTA_ZONE, attr.value),
                _ => {}
            }
        }
    });
}
