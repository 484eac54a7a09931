//! What a process has taken and not given back, and what it is at.

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

/// What a process is at that does not do what it should.
pub fn state(id: u32) -> String {
    const TOLD: [&str; 3] = ["State:", "ShdPnd:", "SigBlk:"];
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let told = |line: &&str| TOLD.iter().any(|key| line.starts_with(key));
    let lines: Vec<&str> = status.lines().filter(told).collect();
    lines.join(" ").replace('\t', " ")
}
