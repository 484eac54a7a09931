//! The status bits of a flow (CTA_STATUS).

/// A set of IPS_ bits, as in `linux/netfilter/nf_conntrack_common.h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status(pub u32);

impl Status {
    pub const EXPECTED: Status = Status(1 << 0);
    pub const SEEN_REPLY: Status = Status(1 << 1);
    pub const ASSURED: Status = Status(1 << 2);
    pub const CONFIRMED: Status = Status(1 << 3);
    pub const SRC_NAT_DONE: Status = Status(1 << 7);
    pub const DST_NAT_DONE: Status = Status(1 << 8);
    pub const FIXED_TIMEOUT: Status = Status(1 << 10);
    /// Handed to a flow table (since Linux 4.16).
    pub const OFFLOAD: Status = Status(1 << 14);
    /// Handed to hardware (since Linux 5.3).
    pub const HW_OFFLOAD: Status = Status(1 << 15);

    /// The bits by their names in the kernel's header, from the lowest on.
    pub const NAMES: &[&str] = &[
        "EXPECTED",
        "SEEN_REPLY",
        "ASSURED",
        "CONFIRMED",
        "SRC_NAT",
        "DST_NAT",
        "SEQ_ADJUST",
        "SRC_NAT_DONE",
        "DST_NAT_DONE",
        "DYING",
        "FIXED_TIMEOUT",
        "TEMPLATE",
        "UNTRACKED",
        "HELPER",
        "OFFLOAD",
        "HW_OFFLOAD",
    ];

    pub fn contains(self, bits: Status) -> bool {
        self.0 & bits.0 == bits.0
    }

    pub fn intersects(self, bits: Status) -> bool {
        self.0 & bits.0 != 0
    }

    pub fn union(self, bits: Status) -> Status {
        Status(self.0 | bits.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_the_kernel() {
        for (status, bits) in [
            (Status::EXPECTED, 0x1),
            (Status::SEEN_REPLY, 0x2),
            (Status::ASSURED, 0x4),
            (Status::CONFIRMED, 0x8),
            (Status::SRC_NAT_DONE, 0x80),
            (Status::DST_NAT_DONE, 0x100),
            (Status::FIXED_TIMEOUT, 0x400),
            (Status::OFFLOAD, 0x4000),
            (Status::HW_OFFLOAD, 0x8000),
        ] {
            assert_eq!(status.0, bits);
        }
    }

    #[test]
    fn a_set_may_contain_another_or_share_bits_with_it() {
        let both = Status::ASSURED.union(Status::SEEN_REPLY);
        let other = Status::ASSURED.union(Status::EXPECTED);
        assert!(both.contains(Status::ASSURED) && !both.contains(other));
        assert!(both.intersects(other) && !both.intersects(Status::EXPECTED));
    }
}
