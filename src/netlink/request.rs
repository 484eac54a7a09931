//! What a command wants -> the bytes of requests, which are appended to a buffer so that many can travel in one send.

use super::attr::{nest, put, put_u16, put_u32};
use super::constants::*;
use super::dump::Dump;
use super::kernel_filter::Hints;
use super::message::HEADER_LENGTH;
use super::{protoinfo, tuple};
use crate::flow::{Endpoint, Family, Flow, Labels, Nat, Tuple};
use netlink_packet_core::{
    Emitable, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST, NetlinkBuffer, NetlinkHeader,
};
use netlink_packet_netfilter::{NetfilterHeader, NetfilterProtoFamily, NetfilterSubsystem};
use std::net::IpAddr;

/// What a request is about.
struct Head {
    subsystem: NetfilterSubsystem,
    /// IPCTNL_MSG_…
    kind: u8,
    /// Beside NLM_F_REQUEST.
    flags: u16,
    family: Family,
    /// Of the `nfgenmsg` header.
    version: u8,
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

pub fn dump(out: &mut Vec<u8>, what: Dump, family: Family, hints: &Hints) {
    let (subsystem, kind) = what.message();
    let head = Head::new(subsystem, kind, NLM_F_DUMP, family);
    request(out, head, |out| hints.write(out));
}

/// Asks how many flows there are.
pub fn count(out: &mut Vec<u8>) {
    let head = Head::new(FLOWS, IPCTNL_MSG_CT_GET_STATS, 0, Family::ANY);
    request(out, head, |_| {});
}

/// Deletes every flow, or every one of a family. The kernel looks at the family only in a message of version 1.
pub fn flush(out: &mut Vec<u8>, family: Option<Family>) {
    let version = family.map_or(0, |_| 1);
    let family = family.unwrap_or_default();
    let head = Head::new(FLOWS, IPCTNL_MSG_CT_DELETE, 0, family);
    request(out, Head { version, ..head }, |_| {});
}

pub fn flush_expectations(out: &mut Vec<u8>) {
    let head = Head::new(EXPECTATIONS, IPCTNL_MSG_EXP_DELETE, 0, Family::ANY);
    request(out, head, |_| {});
}

/// Creates a flow; where it exists already, changes it or, with `exclusive`, is refused.
pub fn create(out: &mut Vec<u8>, flow: &Flow, labels: &Labels, nat: &Nat, exclusive: bool) {
    let flags = NLM_F_CREATE | if exclusive { NLM_F_EXCL } else { 0 };
    let head = Head::new(FLOWS, IPCTNL_MSG_CT_NEW, flags, flow.family);
    request(out, head, |out| {
        tuple::write(out, CTA_TUPLE_ORIG, &flow.orig);
        tuple::write(out, CTA_TUPLE_REPLY, &flow.reply);
        properties(out, flow);
        for (kind, target) in [(CTA_NAT_SRC, nat.src), (CTA_NAT_DST, nat.dst)] {
            if let Some(target) = target {
                nest(out, kind, |out| nat_target(out, target));
            }
        }
        put_labels(out, labels);
    });
}

/// Changes an existing flow, which its original tuple and zone name, in what else `flow` has.
pub fn update(out: &mut Vec<u8>, flow: &Flow, labels: &Labels) {
    let head = Head::new(FLOWS, IPCTNL_MSG_CT_NEW, 0, flow.family);
    request(out, head, |out| {
        tuple::write(out, CTA_TUPLE_ORIG, &flow.orig);
        properties(out, flow);
        put_labels(out, labels);
    });
}

/// Deletes the flow of this tuple, zone and id. The kernel refuses where another flow has taken the tuple.
pub fn delete(out: &mut Vec<u8>, flow: &Flow) {
    let head = Head::new(FLOWS, IPCTNL_MSG_CT_DELETE, 0, flow.family);
    request(out, head, |out| {
        tuple::write(out, CTA_TUPLE_ORIG, &flow.orig);
        put_u16(out, CTA_ZONE, flow.zone);
        put_u32(out, CTA_ID, flow.id);
    });
}

/// Asks for the flow of a tuple, which is the original one unless only that of the reply is known.
pub fn get(out: &mut Vec<u8>, flow: &Flow) {
    let head = Head::new(FLOWS, IPCTNL_MSG_CT_GET, 0, flow.family);
    request(out, head, |out| {
        match flow.orig.present {
            true => tuple::write(out, CTA_TUPLE_ORIG, &flow.orig),
            false => tuple::write(out, CTA_TUPLE_REPLY, &flow.reply),
        }
        put_u16(out, CTA_ZONE, flow.zone);
    });
}

pub fn create_expectation(out: &mut Vec<u8>, new: &NewExpectation) {
    let flags = NLM_F_CREATE | NLM_F_EXCL;
    let head = Head::new(EXPECTATIONS, IPCTNL_MSG_EXP_NEW, flags, new.family);
    request(out, head, |out| {
        tuple::write(out, CTA_EXPECT_TUPLE, &new.tuple);
        tuple::write(out, CTA_EXPECT_MASTER, &new.master);
        tuple::write(out, CTA_EXPECT_MASK, &new.mask);
        put_u32(out, CTA_EXPECT_TIMEOUT, Some(new.timeout));
    });
}

/// Asks for the expectation of a tuple.
pub fn get_expectation(out: &mut Vec<u8>, family: Family, expected: &Tuple) {
    let head = Head::new(EXPECTATIONS, IPCTNL_MSG_EXP_GET, 0, family);
    request(out, head, |out| {
        tuple::write(out, CTA_EXPECT_TUPLE, expected);
    });
}

pub fn delete_expectation(out: &mut Vec<u8>, family: Family, expected: &Tuple) {
    let head = Head::new(EXPECTATIONS, IPCTNL_MSG_EXP_DELETE, 0, family);
    request(out, head, |out| {
        tuple::write(out, CTA_EXPECT_TUPLE, expected);
    });
}

/// Makes a request that creates a flow also change the one that exists.
pub fn allow_existing(request: &mut [u8]) {
    let mut header = NetlinkBuffer::new(request);
    header.set_flags(header.flags() & !NLM_F_EXCL);
}

impl Head {
    fn new(subsystem: NetfilterSubsystem, kind: u8, flags: u16, family: Family) -> Head {
        Head {
            subsystem,
            kind,
            flags,
            family,
            version: 0,
        }
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
    put_u32(out, CTA_STATUS, flow.status.map(|status| status.0));
    put_u32(out, CTA_TIMEOUT, flow.timeout);
    put_u32(out, CTA_MARK, flow.mark);
    protoinfo::write(out, &flow.info);
    put_u16(out, CTA_ZONE, flow.zone);
}

fn put_labels(out: &mut Vec<u8>, labels: &Labels) {
    for (kind, bits) in [(CTA_LABELS, &labels.bits), (CTA_LABELS_MASK, &labels.mask)] {
        if let Some(bits) = bits {
            put(out, kind, bits);
        }
    }
}

/// A range of one address and, where there is one, of one port.
fn nat_target(out: &mut Vec<u8>, target: Endpoint) {
    match target.address {
        Some(IpAddr::V4(address)) => put(out, CTA_NAT_V4_MINIP, &address.octets()),
        Some(IpAddr::V6(address)) => put(out, CTA_NAT_V6_MINIP, &address.octets()),
        None => {}
    }
    if target.port.is_some() {
        nest(out, CTA_NAT_PROTO, |out| {
            put_u16(out, CTA_PROTONAT_PORT_MIN, target.port);
            put_u16(out, CTA_PROTONAT_PORT_MAX, target.port);
        });
    }
}
