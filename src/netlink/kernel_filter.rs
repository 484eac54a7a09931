//! As much of a filter as the kernel can check while it dumps its table.
//!
//! It is a hint: a kernel ignores what it does not know (tuples before Linux 5.8, status before 5.15, zone before 6.8),
//! so whoever asks checks each flow again.

use super::attr::nest;
use super::constants::*;
use super::encode::{write_tuple, write_u16, write_u32};
use crate::flow::{Field, Tuple};

/// What flows must have. Empty where every flow will do.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    pub orig: Tuple,
    pub reply: Tuple,
    /// Value and mask.
    pub mark: Option<(u32, u32)>,
    /// Value and mask.
    pub status: Option<(u32, u32)>,
    pub zone: Option<u16>,
}

/// The bits of CTA_FILTER_ORIG_FLAGS and CTA_FILTER_REPLY_FLAGS.
mod flag {
    pub const IP_SRC: u32 = 1 << 0;
    pub const IP_DST: u32 = 1 << 1;
    pub const PROTO_NUM: u32 = 1 << 3;
    pub const SRC_PORT: u32 = 1 << 4;
    pub const DST_PORT: u32 = 1 << 5;
    pub const ICMP_TYPE: u32 = 1 << 6;
    pub const ICMP_CODE: u32 = 1 << 7;
    pub const ICMP_ID: u32 = 1 << 8;
    pub const ICMPV6_TYPE: u32 = 1 << 9;
    pub const ICMPV6_CODE: u32 = 1 << 10;
    pub const ICMPV6_ID: u32 = 1 << 11;
}

/// The flags of a field in ICMPv6 and in every other protocol.
const FIELDS: [(Field, u32, u32); Field::COUNT] = [
    (Field::SrcPort, flag::SRC_PORT, flag::SRC_PORT),
    (Field::DstPort, flag::DST_PORT, flag::DST_PORT),
    (Field::IcmpType, flag::ICMPV6_TYPE, flag::ICMP_TYPE),
    (Field::IcmpCode, flag::ICMPV6_CODE, flag::ICMP_CODE),
    (Field::IcmpId, flag::ICMPV6_ID, flag::ICMP_ID),
];

impl Hints {
    pub fn is_empty(&self) -> bool {
        !self.has_tuples() && self.mark.is_none() && self.status.is_none() && self.zone.is_none()
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        if let Some((value, mask)) = self.mark {
            write_u32(out, CTA_MARK, Some(value));
            write_u32(out, CTA_MARK_MASK, Some(mask));
        }
        if let Some((value, mask)) = self.status {
            write_u32(out, CTA_STATUS, Some(value));
            write_u32(out, CTA_STATUS_MASK, Some(mask));
        }
        write_u16(out, CTA_ZONE, self.zone);
        if !self.has_tuples() {
            return;
        }
        for (kind, tuple) in [(CTA_TUPLE_ORIG, &self.orig), (CTA_TUPLE_REPLY, &self.reply)] {
            if flags(tuple) != 0 {
                write_tuple(out, kind, tuple);
            }
        }
        nest(out, CTA_FILTER, |out| {
            write_flags(out, CTA_FILTER_ORIG_FLAGS, flags(&self.orig));
            write_flags(out, CTA_FILTER_REPLY_FLAGS, flags(&self.reply));
        });
    }

    /// Whether tuples are compared, which the kernel does for one family at a time.
    pub fn has_tuples(&self) -> bool {
        flags(&self.orig) != 0 || flags(&self.reply) != 0
    }
}

fn flags(tuple: &Tuple) -> u32 {
    let is_icmpv6 = tuple.protocol == Some(crate::flow::protocol::ICMPV6.number);
    let fields = FIELDS
        .into_iter()
        .filter(|(field, ..)| tuple.field(*field).is_some());
    let fields = fields.map(|(_, of_icmpv6, other)| if is_icmpv6 { of_icmpv6 } else { other });
    fields.fold(0, |flags, flag| flags | flag)
        | tuple.src.map_or(0, |_| flag::IP_SRC)
        | tuple.dst.map_or(0, |_| flag::IP_DST)
        | tuple.protocol.map_or(0, |_| flag::PROTO_NUM)
}

/// Unlike other numbers of ctnetlink, these are in host byte order.
fn write_flags(out: &mut Vec<u8>, kind: u16, flags: u32) {
    super::attr::put(out, kind, &flags.to_ne_bytes());
}
