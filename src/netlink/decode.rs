//! What the kernel sent -> flows, expectations and statistics.
//!
//! An attribute that is unknown is passed over, for newer kernels send more. One of the wrong size makes the whole
//! message [`Malformed`]: a row made of half a message could send an operator after the wrong connection.

use super::attr::{Attr, find, walk};
use super::constants::*;
use super::dump::Dump;
use super::error::Malformed;
use super::message::Body;
use super::{protoinfo, tuple};
use crate::flow::expectation::ExpectationFlags;
use crate::flow::stats::CpuStats;
use crate::flow::{
    Attributes, Counters, Direction, Expectation, Flow, Shift, Status, SynProxy, Timestamp,
};

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

/// Decodes what is wanted of a flow.
pub fn flow<'a>(body: &Body<'a>, wanted: Attributes) -> Result<Flow<'a>> {
    let mut flow = named(body);
    read(body, wanted, &mut flow)?;
    Ok(flow)
}

/// A flow of which nothing is decoded yet.
pub fn named<'a>(body: &Body<'a>) -> Flow<'a> {
    Flow {
        family: body.family,
        ..Flow::default()
    }
}

/// Decodes some of the attributes, and does not look into the others.
pub fn read<'a>(body: &Body<'a>, wanted: Attributes, flow: &mut Flow<'a>) -> Result<()> {
    let details = wanted.has(TCP_DETAILS);
    let looked_into = match details {
        true => wanted.union(Attributes::of(&[CTA_PROTOINFO])),
        false => wanted,
    };
    for attr in walk(body.attributes) {
        let attr = attr?;
        if !looked_into.has(attr.kind) {
            continue;
        }
        match attr.kind {
            CTA_TUPLE_ORIG => flow.orig = tuple::read(attr.value)?,
            CTA_TUPLE_REPLY => flow.reply = tuple::read(attr.value)?,
            CTA_STATUS => flow.status = Some(Status(attr.u32()?)),
            CTA_PROTOINFO => {
                flow.info = protoinfo::read(attr.value)?;
                if details {
                    flow.tcp = protoinfo::read_tcp(attr.value)?;
                }
            }
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
            CTA_TUPLE_MASTER => flow.master = tuple::read(attr.value)?,
            CTA_SEQ_ADJ_ORIG => flow.orig_shift = Some(shift(attr.value)?),
            CTA_SEQ_ADJ_REPLY => flow.reply_shift = Some(shift(attr.value)?),
            CTA_SYNPROXY => flow.synproxy = Some(synproxy(attr.value)?),
            _ => {}
        }
    }
    Ok(())
}

/// Decodes the attributes behind the `nfgenmsg` header of an expectation.
pub fn expectation<'a>(body: &Body<'a>) -> Result<Expectation<'a>> {
    let mut expectation = Expectation {
        family: body.family,
        ..Expectation::default()
    };
    for attr in walk(body.attributes) {
        let attr = attr?;
        match attr.kind {
            CTA_EXPECT_MASTER => expectation.master = tuple::read(attr.value)?,
            CTA_EXPECT_TUPLE => expectation.tuple = tuple::read(attr.value)?,
            CTA_EXPECT_MASK => expectation.mask = tuple::read(attr.value)?,
            CTA_EXPECT_TIMEOUT => expectation.timeout = Some(attr.u32()? as i32),
            CTA_EXPECT_HELP_NAME => expectation.helper = Some(attr.text()),
            CTA_EXPECT_ZONE => expectation.zone = Some(attr.u16()?),
            CTA_EXPECT_FLAGS => expectation.flags = Some(ExpectationFlags(attr.u32()?)),
            CTA_EXPECT_CLASS => expectation.class = Some(attr.u32()?),
            CTA_EXPECT_ID => expectation.id = Some(attr.u32()?),
            CTA_EXPECT_FN => expectation.function = Some(attr.text()),
            CTA_EXPECT_NAT => expectation_nat(attr.value, &mut expectation)?,
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

/// The shifts are signed.
fn shift(nest: &[u8]) -> Result<Shift> {
    let mut shift = Shift::default();
    for attr in walk(nest) {
        let attr = attr?;
        match attr.kind {
            CTA_SEQADJ_CORRECTION_POS => shift.position = Some(attr.u32()?),
            CTA_SEQADJ_OFFSET_BEFORE => shift.before = Some(attr.u32()? as i32),
            CTA_SEQADJ_OFFSET_AFTER => shift.after = Some(attr.u32()? as i32),
            _ => {}
        }
    }
    Ok(shift)
}

fn synproxy(nest: &[u8]) -> Result<SynProxy> {
    let number = |kind| find(nest, kind)?.map(Attr::u32).transpose();
    Ok(SynProxy {
        isn: number(CTA_SYNPROXY_ISN)?,
        its: number(CTA_SYNPROXY_ITS)?,
        offset: number(CTA_SYNPROXY_TSOFF)?,
    })
}

fn expectation_nat(nest: &[u8], expectation: &mut Expectation) -> Result<()> {
    for attr in walk(nest) {
        let attr = attr?;
        match attr.kind {
            CTA_EXPECT_NAT_DIR => {
                expectation.nat_direction = Some(match attr.u32()? {
                    0 => Direction::Orig,
                    _ => Direction::Reply,
                });
            }
            CTA_EXPECT_NAT_TUPLE => expectation.nat = tuple::read(attr.value)?,
            _ => {}
        }
    }
    Ok(())
}

fn text_in(nest: &[u8], kind: u16) -> Result<Option<&[u8]>> {
    Ok(find(nest, kind)?.map(Attr::text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Family, Labels, Nat, protocol, sample};
    use crate::netlink::message::{Content, messages};
    use crate::netlink::{attr, request};
    use proptest::prelude::*;

    /// A message of ctnetlink with these attributes.
    fn message(attributes: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&(20 + attributes.len() as u32).to_ne_bytes());
        bytes.extend_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
        bytes.extend_from_slice(attributes);
        bytes
    }

    fn body(attributes: &[u8]) -> Body<'_> {
        Body {
            kind: IPCTNL_MSG_CT_NEW,
            family: Family::IPV4,
            resource: 0,
            attributes,
        }
    }

    fn decode_all(datagram: &[u8]) {
        for message in messages(datagram).flatten() {
            if let Ok(Content::Flow(body) | Content::Expectation(body)) = message.content() {
                let _ = flow(&body, Attributes::ALL);
                let _ = expectation(&body);
                let _ = cpu_stats(Dump::Stats, &body);
                let _ = entry_count(body.attributes);
            }
        }
    }

    #[test]
    fn what_was_encoded_is_what_is_decoded() {
        let mut sent = Flow {
            status: Some(Status::ASSURED),
            timeout: Some(300),
            mark: Some(7),
            zone: Some(3),
            info: sample::in_state(&protocol::TCP, 3),
            ..sample::flow(&protocol::TCP, "10.0.0.1:1000", "10.0.0.2:80", "10.0.0.9:1")
        };
        sent.orig.zone = Some(9);
        let mut bytes = Vec::new();
        request::create(&mut bytes, &sent, &Labels::default(), &Nat::default(), true);
        let message = messages(&bytes).next().unwrap().unwrap();
        let Content::Flow(body) = message.content().unwrap() else {
            panic!("{message:?}")
        };
        assert_eq!(flow(&body, Attributes::USUAL), Ok(sent));
    }

    #[test]
    fn an_attribute_of_the_wrong_size_is_malformed() {
        let mark_of_two_bytes = [6, 0, CTA_MARK as u8, 0, 0, 5, 0, 0];
        assert_eq!(
            flow(&body(&mark_of_two_bytes), Attributes::ALL),
            Err(Malformed)
        );
        let longer_than_the_message = [12, 0, CTA_MARK as u8, 0, 0, 0, 0, 5];
        assert_eq!(
            flow(&body(&longer_than_the_message), Attributes::ALL),
            Err(Malformed)
        );
    }

    #[test]
    fn what_is_not_wanted_is_not_looked_into() {
        let mut bytes = Vec::new();
        attr::put(&mut bytes, CTA_MARK, &[0, 5]);
        attr::put_u32(&mut bytes, CTA_TIMEOUT, Some(9));
        let body = body(&bytes);
        let mut flow = named(&body);
        read(&body, Attributes::of(&[CTA_TIMEOUT]), &mut flow).unwrap();
        assert_eq!((flow.timeout, flow.mark), (Some(9), None));
        assert_eq!(
            read(&body, Attributes::of(&[CTA_MARK]), &mut flow),
            Err(Malformed)
        );
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
                attr::put(&mut bytes, kind, &value);
            }
            decode_all(&message(&bytes));
        }
    }
}
