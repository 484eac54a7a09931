//! What NAT made of a flow, which shows where its reply tuple is not the mirror of its original one.

use super::{Field, Flow, Status};
use std::net::IpAddr;

/// One side of a flow, before and after NAT.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// Whether the kernel has settled this side's NAT; a flow of unknown status may have had any.
    settled: bool,
    pub before: Endpoint,
    pub after: Endpoint,
}

/// An address and a port.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Endpoint {
    pub address: Option<IpAddr>,
    pub port: Option<u16>,
}

impl Side {
    /// Source NAT shows in where the answer goes. What ICMP has for a port is its id.
    pub fn source(flow: &Flow) -> Side {
        let has_ports = flow.orig.field(Field::SrcPort).is_some();
        let (sent, answered) = match has_ports {
            true => (Field::SrcPort, Field::DstPort),
            false => (Field::IcmpId, Field::IcmpId),
        };
        Side {
            settled: flow
                .status
                .is_none_or(|status| status.contains(Status::SRC_NAT_DONE)),
            before: Endpoint {
                address: flow.orig.src,
                port: flow.orig.field(sent),
            },
            after: Endpoint {
                address: flow.reply.dst,
                port: flow.reply.field(answered),
            },
        }
    }

    /// Destination NAT shows in where the answer comes from.
    pub fn destination(flow: &Flow) -> Side {
        Side {
            settled: flow
                .status
                .is_none_or(|status| status.contains(Status::DST_NAT_DONE)),
            before: Endpoint {
                address: flow.orig.dst,
                port: flow.orig.field(Field::DstPort),
            },
            after: Endpoint {
                address: flow.reply.src,
                port: flow.reply.field(Field::SrcPort),
            },
        }
    }

    /// Whether NAT changed the address or the port.
    pub fn is_translated(&self) -> bool {
        self.settled && self.before != self.after
    }
}
