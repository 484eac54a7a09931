//! The kernel's own counters of connection tracking.

/// What one CPU counted, as pairs of a counter's name and its value, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CpuStats<'a> {
    pub cpu: u16,
    pub counters: Vec<(&'a str, u32)>,
}

/// How many entries a table has, and how many it may have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    pub entries: Option<u64>,
    pub maximum: Option<u64>,
    /// Of the hash table.
    pub buckets: Option<u64>,
}
