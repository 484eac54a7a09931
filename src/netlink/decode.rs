//! What the kernel sent -> flows, expectations and statistics.
//!
//! An attribute that is unknown is passed over, for newer kernels send more. One of the wrong size makes the whole
//! message [`Malformed`]: a row made of half a message could send an operator after the wrong connection.

use super::attr::{Attr, walk};
use super::encode::Dump;
use super::message::Body;
use super::{Malformed, constants::*};
use crate::flow::expectation::ExpectationFlags;
use crate::flow::protocol::{self, Protocol};
use crate::flow::stats::CpuStats;
use crate::flow::{
    Counters, Expectation, Family, Field, Flow, ProtocolInfo, State, Status, Timestamp, Tuple,
};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The counters of flows by their attributes, from 1 on. The last ones have no names in the kernel's headers yet.
const FLOW_STATS: [&str; 19] = [
    "searched",
    "found",
    "new",
    "invalid",
    "ignore",
    "delete",
    "delete_list",
    "insert",
    "insert_failed",
    "drop",
    "early_drop",
    "error",
    "search_restart",
    "clash_resolve",
    "chaintoolong",
    "unknown1",
    "unknown2",
    "unknown3",
    "unknown4",
];

/// The counters of expectations, likewise.
const EXPECTATION_STATS: [&str; 3] = ["expect_new", "expect_create", "expect_delete"];

type Result<T> = std::result::Result<T, Malformed>;

/// Decodes the attributes behind the `nfgenmsg` header of a flow.
pub fn flow(family: Family, attributes: &[u8]) -> Result<Flow<'_>> {
    let mut flow = Flow {
        family,
        ..Flow::default()
    };
    for attr in walk(attributes) {
        let attr = attr?;
        match attr.kind {
            CTA_TUPLE_ORIG => flow.orig = tuple(attr.value)?,
            CTA_TUPLE_REPLY => flow.reply = tuple(attr.value)?,
            CTA_STATUS => flow.status = Some(Status(attr.u32()?)),
            CTA_PROTOINFO => flow.info = protocol_info(attr.value)?,
            CTA_HELP => flow.helper = text_in(attr.value, CTA_HELP_NAME)?,
            CTA_TIMEOUT => flow.timeout = Some(attr.u32()?),
            CTA_MARK => flow.mark = Some(attr.u32()?),
            CTA_COUNTERS_ORIG => flow.orig_counters = counters(attr.value)?,
            CTA_COUNTERS_REPLY => flow.reply_counters = counters(attr.value)?,
            CTA_USE => flow.uses = Some(attr.u32()?),
            CTA_ID => flow.id = Some(attr.u32()?),
            CTA_SECMARK => flow.secmark = Some(attr.u32()?),
            CTA_SECCTX => flow.secctx = text_in(attr.value, CTA_SECCTX_NAME)?,
            CTA_ZONE => flow.zone = Some(attr.u16()?),
            CTA_TIMESTAMP => flow.timestamp = timestamp(attr.value)?,
            CTA_TIMESTAMP_EVENT => flow.event_time = Some(attr.u64()?),
            CTA_LABELS => flow.labels = Some(attr.value),
            _ => {}
        }
    }
    Ok(flow)
}

/// Decodes the attributes behind the `nfgenmsg` header of an expectation.
pub fn expectation(family: Family, attributes: &[u8]) -> Result<Expectation<'_>> {
    let mut expectation = Expectation {
        family,
        ..Expectation::default()
    };
    for attr in walk(attributes) {
        let attr = attr?;
        match attr.kind {
            CTA_EXPECT_MASTER => expectation.master = tuple(attr.value)?,
            CTA_EXPECT_TUPLE => expectation.tuple = tuple(attr.value)?,
            CTA_EXPECT_MASK => expectation.mask = tuple(attr.value)?,
            CTA_EXPECT_TIMEOUT => expectation.timeout = Some(attr.u32()?.cast_signed()),
            CTA_EXPECT_HELP_NAME => expectation.helper = Some(attr.text()),
            CTA_EXPECT_ZONE => expectation.zone = Some(attr.u16()?),
            CTA_EXPECT_FLAGS => expectation.flags = Some(ExpectationFlags(attr.u32()?)),
            CTA_EXPECT_CLASS => expectation.class = Some(attr.u32()?),
            _ => {}
        }
    }
    Ok(expectation)
}

/// The number of entries that CT_GET_STATS answers.
pub fn entry_count(attributes: &[u8]) -> Result<u32> {
    find(attributes, CTA_STATS_GLOBAL_ENTRIES)?
        .ok_or(Malformed)?
        .u32()
}

/// The counters of one CPU, of which the `nfgenmsg` header's resource id is the number.
pub fn cpu_stats(what: Dump, body: &Body) -> Result<CpuStats<'static>> {
    let names: &[&str] = match what {
        Dump::ExpectationStats => &EXPECTATION_STATS,
        _ => &FLOW_STATS,
    };
    let mut stats = CpuStats {
        cpu: body.resource,
        counters: Vec::new(),
    };
    for attr in walk(body.attributes) {
        let attr = attr?;
        if let Some(name) = names.get(usize::from(attr.kind).wrapping_sub(1)) {
            stats.counters.push((name, attr.u32()?));
        }
    }
    Ok(stats)
}

fn tuple(nest: &[u8]) -> Result<Tuple> {
    let mut tuple = Tuple {
        present: true,
        ..Tuple::default()
    };
    for attr in walk(nest) {
        let attr = attr?;
        match attr.kind {
            CTA_TUPLE_IP => addresses(attr.value, &mut tuple)?,
            CTA_TUPLE_PROTO => protocol_fields(attr.value, &mut tuple)?,
            CTA_TUPLE_ZONE => tuple.zone = Some(attr.u16()?),
            _ => {}
        }
    }
    Ok(tuple)
}

fn addresses(nest: &[u8], tuple: &mut Tuple) -> Result<()> {
    for attr in walk(nest) {
        let attr = attr?;
        match attr.kind {
            CTA_IP_V4_SRC => tuple.src = Some(Ipv4Addr::from(attr.array()?).into()),
            CTA_IP_V4_DST => tuple.dst = Some(Ipv4Addr::from(attr.array()?).into()),
            CTA_IP_V6_SRC => tuple.src = Some(Ipv6Addr::from(attr.array::<16>()?).into()),
            CTA_IP_V6_DST => tuple.dst = Some(Ipv6Addr::from(attr.array::<16>()?).into()),
            _ => {}
        }
    }
    Ok(())
}

fn protocol_fields(nest: &[u8], tuple: &mut Tuple) -> Result<()> {
    for attr in walk(nest) {
        let attr = attr?;
        match attr.kind {
            CTA_PROTO_NUM => tuple.protocol = Some(attr.u8()?),
            CTA_PROTO_SRC_PORT => tuple.set_field(Field::SrcPort, attr.u16()?),
            CTA_PROTO_DST_PORT => tuple.set_field(Field::DstPort, attr.u16()?),
            CTA_PROTO_ICMP_ID | CTA_PROTO_ICMPV6_ID => tuple.set_field(Field::IcmpId, attr.u16()?),
            CTA_PROTO_ICMP_TYPE | CTA_PROTO_ICMPV6_TYPE => {
                tuple.set_field(Field::IcmpType, attr.u8()?.into())
            }
            CTA_PROTO_ICMP_CODE | CTA_PROTO_ICMPV6_CODE => {
                tuple.set_field(Field::IcmpCode, attr.u8()?.into())
            }
            _ => {}
        }
    }
    Ok(())
}

fn protocol_info(nest: &[u8]) -> Result<ProtocolInfo> {
    let mut info = ProtocolInfo::default();
    for attr in walk(nest) {
        let attr = attr?;
        match attr.kind {
            CTA_PROTOINFO_TCP => {
                info.state = state(&protocol::TCP, attr.value, CTA_PROTOINFO_TCP_STATE)?
            }
            CTA_PROTOINFO_DCCP => {
                info.state = state(&protocol::DCCP, attr.value, CTA_PROTOINFO_DCCP_STATE)?;
                info.role = find(attr.value, CTA_PROTOINFO_DCCP_ROLE)?
                    .map(Attr::u8)
                    .transpose()?;
            }
            CTA_PROTOINFO_SCTP => {
                let vtag = |kind| find(attr.value, kind)?.map(Attr::u32).transpose();
                info.state = state(&protocol::SCTP, attr.value, CTA_PROTOINFO_SCTP_STATE)?;
                info.orig_vtag = vtag(CTA_PROTOINFO_SCTP_VTAG_ORIGINAL)?;
                info.reply_vtag = vtag(CTA_PROTOINFO_SCTP_VTAG_REPLY)?;
            }
            _ => {}
        }
    }
    Ok(info)
}

fn state(protocol: &'static Protocol, nest: &[u8], kind: u16) -> Result<Option<State>> {
    let number = find(nest, kind)?.map(Attr::u8).transpose()?;
    Ok(number.map(|number| State { protocol, number }))
}

/// Packets and bytes, where both were sent. The 32-bit attributes are those of kernels before 2.6.27.
fn counters(nest: &[u8]) -> Result<Option<Counters>> {
    let (mut packets, mut bytes) = (None, None);
    for attr in walk(nest) {
        let attr = attr?;
        match attr.kind {
            CTA_COUNTERS_PACKETS => packets = packets.or(Some(attr.u64()?)),
            CTA_COUNTERS_BYTES => bytes = bytes.or(Some(attr.u64()?)),
            CTA_COUNTERS32_PACKETS => packets = Some(attr.u32()?.into()),
            CTA_COUNTERS32_BYTES => bytes = Some(attr.u32()?.into()),
            _ => {}
        }
    }
    Ok(packets
        .zip(bytes)
        .map(|(packets, bytes)| Counters { packets, bytes }))
}

fn timestamp(nest: &[u8]) -> Result<Timestamp> {
    let time = |kind| find(nest, kind)?.map(Attr::u64).transpose();
    Ok(Timestamp {
        start: time(CTA_TIMESTAMP_START)?,
        stop: time(CTA_TIMESTAMP_STOP)?,
    })
}

fn text_in(nest: &[u8], kind: u16) -> Result<Option<&[u8]>> {
    Ok(find(nest, kind)?.map(Attr::text))
}

fn find(nest: &[u8], kind: u16) -> Result<Option<Attr<'_>>> {
    for attr in walk(nest) {
        let attr = attr?;
        if attr.kind == kind {
            return Ok(Some(attr));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::encode::{self, Labels, Nat};
    use crate::netlink::message::{Content, messages};
    use proptest::prelude::*;

    /// A message of ctnetlink with these attributes.
    fn message(attributes: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&(20 + attributes.len() as u32).to_ne_bytes());
        bytes.extend_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
        bytes.extend_from_slice(attributes);
        bytes
    }

    fn decode_all(datagram: &[u8]) {
        for message in messages(datagram).flatten() {
            if let Ok(Content::Flow(body) | Content::Expectation(body)) = message.content() {
                let _ = flow(body.family, body.attributes);
                let _ = expectation(body.family, body.attributes);
                let _ = cpu_stats(Dump::Stats, &body);
                let _ = entry_count(body.attributes);
            }
        }
    }

    #[test]
    fn what_was_encoded_is_what_is_decoded() {
        let mut orig = Tuple {
            present: true,
            protocol: Some(6),
            zone: Some(9),
            ..Tuple::default()
        };
        orig.src = Some(Ipv4Addr::new(10, 0, 0, 1).into());
        orig.dst = Some(Ipv4Addr::new(10, 0, 0, 2).into());
        orig.set_field(Field::SrcPort, 1000);
        orig.set_field(Field::DstPort, 80);
        let sent = Flow {
            family: Family::IPV4,
            orig,
            reply: orig,
            status: Some(Status::ASSURED),
            timeout: Some(300),
            mark: Some(7),
            zone: Some(3),
            info: ProtocolInfo {
                state: Some(State {
                    protocol: &protocol::TCP,
                    number: 3,
                }),
                ..ProtocolInfo::default()
            },
            ..Flow::default()
        };
        let mut request = Vec::new();
        encode::create(
            &mut request,
            &sent,
            &Labels::default(),
            &Nat::default(),
            true,
        );
        let message = messages(&request).next().unwrap().unwrap();
        let Content::Flow(body) = message.content().unwrap() else {
            panic!("{message:?}")
        };
        assert_eq!(flow(body.family, body.attributes), Ok(sent));
    }

    #[test]
    fn an_attribute_of_the_wrong_size_is_malformed() {
        let mark_of_two_bytes = [6, 0, CTA_MARK as u8, 0, 0, 5, 0, 0];
        assert_eq!(flow(Family::IPV4, &mark_of_two_bytes), Err(Malformed));
        let longer_than_the_message = [12, 0, CTA_MARK as u8, 0, 0, 0, 0, 5];
        assert_eq!(flow(Family::IPV4, &longer_than_the_message), Err(Malformed));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            decode_all(&bytes);
            decode_all(&message(&bytes));
        }

        #[test]
        fn no_attributes_make_it_panic(
            attributes in prop::collection::vec(
                (0u16..30, prop::collection::vec(any::<u8>(), 0..40)), 0..8,
            ),
        ) {
            let mut bytes = Vec::new();
            for (kind, value) in attributes {
                crate::netlink::attr::put(&mut bytes, kind, &value);
            }
            decode_all(&message(&bytes));
        }
    }
}
