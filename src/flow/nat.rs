//! What NAT made of a flow, which shows where its reply tuple is not the mirror of its original one.

use super::{Flow, Part, Status};
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

/// The NAT that a new flow is to have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Nat {
    pub src: Option<Endpoint>,
    pub dst: Option<Endpoint>,
}

impl Side {
    /// Source NAT shows in where the answer goes. What ICMP has for a port is its id.
    pub fn source(flow: &Flow) -> Side {
        let has_ports = flow.orig.part(Part::SrcPort).is_some();
        let (sent, answered) = match has_ports {
            true => (Part::SrcPort, Part::DstPort),
            false => (Part::IcmpId, Part::IcmpId),
        };
        Side {
            settled: flow
                .status
                .is_none_or(|status| status.contains(Status::SRC_NAT_DONE)),
            before: Endpoint {
                address: flow.orig.src,
                port: flow.orig.part(sent),
            },
            after: Endpoint {
                address: flow.reply.dst,
                port: flow.reply.part(answered),
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
                port: flow.orig.part(Part::DstPort),
            },
            after: Endpoint {
                address: flow.reply.src,
                port: flow.reply.part(Part::SrcPort),
            },
        }
    }

    /// Whether NAT changed the address or the port.
    pub fn is_translated(&self) -> bool {
        self.settled && self.before != self.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Tuple;
    use std::net::Ipv4Addr;

    fn tuple(src: u8, dst: u8, ports: Option<(u16, u16)>, id: Option<u16>) -> Tuple {
        let address = |last| Some(Ipv4Addr::new(10, 0, 0, last).into());
        let mut tuple = Tuple {
            src: address(src),
            dst: address(dst),
            ..Tuple::default()
        };
        if let Some((sport, dport)) = ports {
            tuple.set_part(Part::SrcPort, sport);
            tuple.set_part(Part::DstPort, dport);
        }
        if let Some(id) = id {
            tuple.set_part(Part::IcmpId, id);
        }
        tuple
    }

    #[test]
    fn a_side_is_translated_where_the_reply_is_no_mirror_and_the_kernel_says_so() {
        let both = Status::SRC_NAT_DONE.union(Status::DST_NAT_DONE);
        let ports = |sport, dport| Some((sport, dport));
        let orig = tuple(1, 2, ports(5, 80), None);
        let ping = tuple(1, 2, None, Some(7));
        for (orig, reply, status, source, destination) in [
            (
                orig,
                tuple(2, 1, ports(80, 5), None),
                Some(both),
                false,
                false,
            ),
            (
                orig,
                tuple(2, 9, ports(80, 5), None),
                Some(both),
                true,
                false,
            ),
            (
                orig,
                tuple(9, 1, ports(80, 5), None),
                Some(both),
                false,
                true,
            ),
            (
                orig,
                tuple(2, 1, ports(80, 6), None),
                Some(both),
                true,
                false,
            ),
            (
                orig,
                tuple(2, 1, ports(81, 5), None),
                Some(both),
                false,
                true,
            ),
            (
                orig,
                tuple(8, 9, ports(80, 5), None),
                Some(Status::SRC_NAT_DONE),
                true,
                false,
            ),
            (
                orig,
                tuple(8, 9, ports(80, 5), None),
                Some(Status::DST_NAT_DONE),
                false,
                true,
            ),
            (
                orig,
                tuple(8, 9, ports(80, 5), None),
                Some(Status::default()),
                false,
                false,
            ),
            (orig, tuple(8, 9, ports(80, 5), None), None, true, true),
            (ping, tuple(2, 1, None, Some(7)), Some(both), false, false),
            (ping, tuple(2, 1, None, Some(8)), Some(both), true, false),
        ] {
            let flow = Flow {
                orig,
                reply,
                status,
                ..Flow::default()
            };
            assert_eq!(Side::source(&flow).is_translated(), source, "{flow:?}");
            assert_eq!(
                Side::destination(&flow).is_translated(),
                destination,
                "{flow:?}"
            );
        }
    }
}
