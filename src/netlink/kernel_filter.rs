//! As much of a filter as the kernel can check while it dumps its table.
//!
//! It is a hint: a kernel ignores what it does not know (tuples before Linux 5.8, status before 5.15, zone before 6.8),
//! so whoever asks checks each flow again.

use super::attr::{nest, put, put_u16, put_u32};
use super::constants::*;
use super::tuple;
use crate::flow::Tuple;

/// What flows must have. Empty where every flow will do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    pub orig: Tuple,
    pub reply: Tuple,
    /// Value and mask.
    pub mark: Option<(u32, u32)>,
    /// Value and mask.
    pub status: Option<(u32, u32)>,
    pub zone: Option<u16>,
}

impl Hints {
    pub fn is_empty(&self) -> bool {
        !self.has_tuples() && self.mark.is_none() && self.status.is_none() && self.zone.is_none()
    }

    /// Whether tuples are compared, which the kernel does for one family at a time.
    pub fn has_tuples(&self) -> bool {
        tuple::filter_flags(&self.orig) != 0 || tuple::filter_flags(&self.reply) != 0
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if let Some((value, mask)) = self.mark {
            put_u32(out, CTA_MARK, Some(value));
            put_u32(out, CTA_MARK_MASK, Some(mask));
        }
        if let Some((value, mask)) = self.status {
            put_u32(out, CTA_STATUS, Some(value));
            put_u32(out, CTA_STATUS_MASK, Some(mask));
        }
        put_u16(out, CTA_ZONE, self.zone);
        if !self.has_tuples() {
            return;
        }
        let directions = [
            (CTA_TUPLE_ORIG, CTA_FILTER_ORIG_FLAGS, &self.orig),
            (CTA_TUPLE_REPLY, CTA_FILTER_REPLY_FLAGS, &self.reply),
        ];
        for (kind, _, tuple) in directions {
            if tuple::filter_flags(tuple) != 0 {
                tuple::write(out, kind, tuple);
            }
        }
        // Unlike other numbers of ctnetlink, the flags are in host byte order.
        nest(out, CTA_FILTER, |out| {
            for (_, kind, tuple) in directions {
                put(out, kind, &tuple::filter_flags(tuple).to_ne_bytes());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Part;
    use crate::netlink::attr::{find, walk};

    fn written(hints: &Hints) -> Vec<u8> {
        let mut out = Vec::new();
        hints.write(&mut out);
        out
    }

    /// The kinds of the attributes at the top.
    fn kinds(bytes: &[u8]) -> Vec<u16> {
        walk(bytes).map(|attr| attr.unwrap().kind).collect()
    }

    fn tcp_to(port: u16) -> Tuple {
        let mut tuple = Tuple {
            protocol: Some(6),
            ..Tuple::default()
        };
        tuple.set_part(Part::DstPort, port);
        tuple
    }

    #[test]
    fn nothing_asked_is_nothing_sent() {
        let hints = Hints::default();
        assert!(hints.is_empty() && written(&hints).is_empty());
    }

    #[test]
    fn values_travel_with_their_masks() {
        let hints = Hints {
            mark: Some((5, 7)),
            status: Some((2, 6)),
            zone: Some(3),
            ..Hints::default()
        };
        let bytes = written(&hints);
        assert!(!hints.is_empty() && !hints.has_tuples());
        for (kind, value) in [
            (CTA_MARK, 5),
            (CTA_MARK_MASK, 7),
            (CTA_STATUS, 2),
            (CTA_STATUS_MASK, 6),
        ] {
            assert_eq!(find(&bytes, kind).unwrap().unwrap().u32(), Ok(value));
        }
        assert_eq!(find(&bytes, CTA_ZONE).unwrap().unwrap().u16(), Ok(3));
        for hints in [
            Hints {
                mark: None,
                status: None,
                ..hints.clone()
            },
            Hints {
                mark: None,
                zone: None,
                ..hints.clone()
            },
            Hints {
                status: None,
                zone: None,
                ..hints.clone()
            },
        ] {
            assert!(!hints.is_empty(), "{hints:?}");
        }
    }

    #[test]
    fn only_tuples_with_something_to_compare_are_sent() {
        let orig = Hints {
            orig: tcp_to(80),
            ..Hints::default()
        };
        let reply = Hints {
            reply: tcp_to(80),
            ..Hints::default()
        };
        for (hints, tuple, flags) in [
            (orig, CTA_TUPLE_ORIG, [0b10_1000, 0]),
            (reply, CTA_TUPLE_REPLY, [0, 0b10_1000]),
        ] {
            let bytes = written(&hints);
            assert!(hints.has_tuples() && !hints.is_empty());
            assert_eq!(kinds(&bytes), [tuple, CTA_FILTER]);
            let filter = find(&bytes, CTA_FILTER).unwrap().unwrap().value;
            let of = |kind| find(filter, kind).unwrap().unwrap().array();
            let sent = [CTA_FILTER_ORIG_FLAGS, CTA_FILTER_REPLY_FLAGS]
                .map(|kind| u32::from_ne_bytes(of(kind).unwrap()));
            assert_eq!(sent, flags);
        }
    }
}
