//! A flow that a helper expects to see, such as the data connection that an FTP control connection announced.

use super::tuple::{Family, Tuple};

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
}

/// A set of NF_CT_EXPECT_ bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpectationFlags(pub u32);

/// The flags that rows name, by their bits.
const NAMES: [(u32, &str); 3] = [
    (1 << 0, "PERMANENT"),
    (1 << 1, "INACTIVE"),
    (1 << 2, "USERSPACE"),
];

impl ExpectationFlags {
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let set = NAMES.iter().filter(move |(bit, _)| self.0 & bit != 0);
        set.map(|(_, name)| *name)
    }
}
