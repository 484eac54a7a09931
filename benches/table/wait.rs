//! Waiting for a program that begins to listen.

use crate::Result;
use anyhow::ensure;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a program may take until it listens.
const PATIENCE: Duration = Duration::from_secs(5);

pub const PAUSE: Duration = Duration::from_millis(10);

/// Waits until some socket in the namespace has joined a group of netfilter's.
pub fn for_listener() -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !fs::read_to_string("/proc/net/netlink")?
        .lines()
        .any(is_listener)
    {
        ensure!(Instant::now() < deadline, "nobody listens");
        sleep(PAUSE);
    }
    Ok(())
}

/// The line of a socket has its protocol in the second column and its groups in the fourth.
fn is_listener(line: &str) -> bool {
    let columns: Vec<&str> = line.split_ascii_whitespace().collect();
    columns.get(1) == Some(&"12") && columns.get(3).is_some_and(|groups| *groups != "00000000")
}
