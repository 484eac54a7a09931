//! Flows for unit tests.

use super::{Family, Flow, Part, Protocol, ProtocolInfo, State, Tuple};
use std::net::SocketAddr;

/// A flow from one end to another, `ADDRESS:PORT` each, that is answered to a third: the first, unless NAT wrote another.
pub fn flow(protocol: &Protocol, src: &str, dst: &str, to: &str) -> Flow<'static> {
    let tuple = |src: &str, dst: &str| {
        let [src, dst] = [src, dst].map(|end| end.parse::<SocketAddr>().unwrap());
        let mut tuple = Tuple {
            present: true,
            src: Some(src.ip()),
            dst: Some(dst.ip()),
            protocol: Some(protocol.number),
            ..Tuple::default()
        };
        tuple.set_part(Part::SrcPort, src.port());
        tuple.set_part(Part::DstPort, dst.port());
        tuple
    };
    Flow {
        family: Family::IPV4,
        orig: tuple(src, dst),
        reply: tuple(dst, to),
        ..Flow::default()
    }
}

/// What a protocol's tracker knows of a flow in this state.
pub fn in_state(protocol: &'static Protocol, number: u8) -> ProtocolInfo {
    ProtocolInfo {
        state: Some(State { protocol, number }),
        ..ProtocolInfo::default()
    }
}
