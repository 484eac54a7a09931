//! The attributes that a flow's message may have, by their numbers in `linux/netfilter/nfnetlink_conntrack.h`.

pub const CTA_TUPLE_ORIG: u16 = 1;
pub const CTA_TUPLE_REPLY: u16 = 2;
pub const CTA_STATUS: u16 = 3;
pub const CTA_PROTOINFO: u16 = 4;
pub const CTA_HELP: u16 = 5;
pub const CTA_NAT_SRC: u16 = 6;
pub const CTA_TIMEOUT: u16 = 7;
pub const CTA_MARK: u16 = 8;
pub const CTA_COUNTERS_ORIG: u16 = 9;
pub const CTA_COUNTERS_REPLY: u16 = 10;
pub const CTA_USE: u16 = 11;
pub const CTA_ID: u16 = 12;
pub const CTA_NAT_DST: u16 = 13;
pub const CTA_TUPLE_MASTER: u16 = 14;
pub const CTA_SEQ_ADJ_ORIG: u16 = 15;
pub const CTA_SEQ_ADJ_REPLY: u16 = 16;
pub const CTA_SECMARK: u16 = 17;
pub const CTA_ZONE: u16 = 18;
pub const CTA_SECCTX: u16 = 19;
pub const CTA_TIMESTAMP: u16 = 20;
pub const CTA_MARK_MASK: u16 = 21;
pub const CTA_LABELS: u16 = 22;
pub const CTA_LABELS_MASK: u16 = 23;
pub const CTA_SYNPROXY: u16 = 24;
pub const CTA_FILTER: u16 = 25;
pub const CTA_STATUS_MASK: u16 = 26;
pub const CTA_TIMESTAMP_EVENT: u16 = 27;

/// No number of the kernel's, but one for what lies deeper in CTA_PROTOINFO than most have to look: all that the tracker of
/// TCP says beyond its state.
pub const TCP_DETAILS: u16 = 31;

/// Some of them, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes(u32);

impl Attributes {
    pub const NONE: Attributes = Attributes(0);
    pub const ALL: Attributes = Attributes(u32::MAX);
    /// What rows for people and requests are made of.
    pub const USUAL: Attributes = Attributes::ALL.without(Attributes::of(&[
        CTA_TUPLE_MASTER,
        CTA_SEQ_ADJ_ORIG,
        CTA_SEQ_ADJ_REPLY,
        CTA_SYNPROXY,
        TCP_DETAILS,
    ]));

    pub const fn of(kinds: &[u16]) -> Attributes {
        let mut bits = 0;
        let mut i = 0;
        while i < kinds.len() {
            bits |= 1 << kinds[i];
            i += 1;
        }
        Attributes(bits)
    }

    /// Whether an attribute is one of them; one of a higher number than any here is not.
    pub fn has(self, kind: u16) -> bool {
        1u32.checked_shl(kind.into())
            .is_some_and(|bit| self.0 & bit != 0)
    }

    pub const fn intersects(self, others: Attributes) -> bool {
        self.0 & others.0 != 0
    }

    pub const fn union(self, others: Attributes) -> Attributes {
        Attributes(self.0 | others.0)
    }

    pub const fn without(self, others: Attributes) -> Attributes {
        Attributes(self.0 & !others.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_in_and_nothing_else() {
        let some = Attributes::of(&[CTA_MARK, CTA_ZONE]);
        for (kind, has) in [
            (CTA_MARK, true),
            (CTA_ZONE, true),
            (CTA_USE, false),
            (40, false),
            (u16::MAX, false),
        ] {
            assert_eq!(some.has(kind), has, "{kind}");
        }
        assert_eq!(some.union(Attributes::of(&[CTA_MARK])), some);
        assert!(!some.without(Attributes::of(&[CTA_MARK])).has(CTA_MARK));
        assert!(Attributes::ALL.has(CTA_TIMESTAMP_EVENT) && !Attributes::ALL.has(32));
    }
}
