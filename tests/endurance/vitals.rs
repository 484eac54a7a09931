//! What a process has taken and not given back.

use std::fs;

#[derive(Clone, Copy)]
pub struct Vitals {
    pub descriptors: usize,
    pub threads: usize,
    /// What is resident of it, in KiB.
    pub memory: u64,
}

impl Vitals {
    pub fn of(id: u32) -> Self {
        let entries = |name| fs::read_dir(format!("/proc/{id}/{name}")).map_or(0, Iterator::count);
        let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
        let resident = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
        let memory = resident.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        Self {
            descriptors: entries("fd"),
            threads: entries("task"),
            memory: memory.unwrap_or(0),
        }
    }
}
