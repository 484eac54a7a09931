//! A flow that a helper expects to see, such as the data connection that an FTP control connection announced.

use super::tuple::{Direction, Family, Tuple};

/// One entry of the expectation table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation<'a> {
    pub family: Family,
    /// The flow whose helper made it (CTA_EXPECT_MASTER).
    pub master: Tuple,
    /// What is expected (CTA_EXPECT_TUPLE).
    pub tuple: Tuple,
    /// Which bits of it count (CTA_EXPECT_MASK).
    pub mask: Tuple,
    /// Seconds left; signed, for the kernel also sends what has run out (CTA_EXPECT_TIMEOUT).
    pub timeout: Option<i32>,
    /// CTA_EXPECT_ZONE.
    pub zone: Option<u16>,
    /// CTA_EXPECT_FLAGS.
    pub flags: Option<ExpectationFlags>,
    /// CTA_EXPECT_CLASS, a number of the helper's own.
    pub class: Option<u32>,
    /// CTA_EXPECT_HELP_NAME, without its terminating zero.
    pub helper: Option<&'a [u8]>,
    /// The kernel's number for it (CTA_EXPECT_ID).
    pub id: Option<u32>,
    /// What the kernel calls when it comes true, by name (CTA_EXPECT_FN).
    pub function: Option<&'a [u8]>,
    /// The NAT that awaits it (CTA_EXPECT_NAT).
    pub nat_direction: Option<Direction>,
    pub nat: Tuple,
}

/// A set of NF_CT_EXPECT_ bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpectationFlags(pub u32);

impl ExpectationFlags {
    /// The bits by their names, from the lowest on.
    pub const NAMES: &[&str] = &["PERMANENT", "INACTIVE", "USERSPACE"];

    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let named = (0..).zip(Self::NAMES);
        let set = named.filter(move |(bit, _)| self.0 >> bit & 1 == 1);
        set.map(|(_, name)| *name)
    }
}
