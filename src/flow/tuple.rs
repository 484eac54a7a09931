//! The addresses, protocol and ports by which the kernel knows one direction of a flow.

use super::protocol::Part;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A layer 3 protocol by its NFPROTO number, which for IPv4 and IPv6 is also its AF number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Family(pub u8);

impl Family {
    pub const ANY: Family = Family(0);
    pub const IPV4: Family = Family(2);
    pub const IPV6: Family = Family(10);

    pub fn of(address: IpAddr) -> Family {
        match address {
            IpAddr::V4(_) => Family::IPV4,
            IpAddr::V6(_) => Family::IPV6,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Family::IPV4 => "ipv4",
            Family::IPV6 => "ipv6",
            _ => "unknown",
        }
    }

    /// The address whose bits are all zero, which stands for one that is missing.
    pub fn unspecified(self) -> Option<IpAddr> {
        match self {
            Family::IPV4 => Some(Ipv4Addr::UNSPECIFIED.into()),
            Family::IPV6 => Some(Ipv6Addr::UNSPECIFIED.into()),
            _ => None,
        }
    }
}

/// A direction of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Orig,
    Reply,
}

/// One direction of a flow (the contents of CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, CTA_TUPLE_MASTER …).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// Whether the message had the attribute at all.
    pub present: bool,
    /// CTA_IP_V4_SRC or CTA_IP_V6_SRC.
    pub src: Option<IpAddr>,
    /// CTA_IP_V4_DST or CTA_IP_V6_DST.
    pub dst: Option<IpAddr>,
    /// CTA_PROTO_NUM.
    pub protocol: Option<u8>,
    /// CTA_TUPLE_ZONE (since Linux 4.3), where only this direction has one.
    pub zone: Option<u16>,
    /// Ports and their like, by [`Part`].
    pub parts: [Option<u16>; Part::COUNT],
}

impl Tuple {
    /// A port or its like, in host byte order.
    pub fn part(&self, part: Part) -> Option<u16> {
        self.parts[part as usize]
    }

    pub fn set_part(&mut self, part: Part, value: u16) {
        self.parts[part as usize] = Some(value);
    }
}
