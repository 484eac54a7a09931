//! The kernel's own counters of connection tracking.

/// What one CPU counted, as pairs of a counter's name and its value, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CpuStats<'a> {
    pub cpu: u16,
    pub counters: Vec<(&'a str, u32)>,
}
