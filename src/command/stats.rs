//! `-S`: what each CPU counted.

use crate::error::Error;
use crate::flow::Family;
use crate::flow::stats::CpuStats;
use crate::format::{self, Entries};
use crate::netlink::encode::{self, Dump};
use crate::netlink::kernel_filter::Hints;
use crate::netlink::message::Content;
use crate::netlink::socket::Socket;
use crate::netlink::{self, decode};
use crate::output::Output;
use std::fs;

/// Where the kernel says it to those who may not ask, in columns.
const STATS_FILE: &str = "/proc/net/stat/nf_conntrack";

#[derive(Debug)]
pub struct Stats {
    pub entries: Entries,
}

impl Stats {
    pub fn run(self, out: &mut Output) -> Result<(), Error> {
        let what = match self.entries {
            Entries::Flows => Dump::Stats,
            Entries::Expectations => Dump::ExpectationStats,
        };
        let mut request = Vec::new();
        encode::dump(&mut request, what, Family::ANY, &Hints::default());
        let asked = Socket::open().map_err(Error::from).and_then(|mut socket| {
            socket.dump(&mut request, |content| {
                let (Content::Flow(body) | Content::Expectation(body)) = content else {
                    return Ok(());
                };
                let stats = decode::cpu_stats(what, &body).map_err(netlink::Error::from)?;
                out.row(|buffer| format::cpu_stats(buffer, &stats))
            })
        });
        if asked.is_err() {
            from_file(out)?;
        }
        out.flush()?;
        asked
    }
}

/// The file has a line of names and then a line of hexadecimal numbers for each CPU.
fn from_file(out: &mut Output) -> Result<(), Error> {
    let text = fs::read_to_string(STATS_FILE).unwrap_or_default();
    let mut lines = text.lines();
    let names: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_ascii_whitespace()
        .collect();
    for (cpu, line) in lines.enumerate() {
        let numbers = line.split_ascii_whitespace();
        let numbers = numbers.map(|number| u32::from_str_radix(number, 16).unwrap_or(0));
        let counters = names.iter().copied().zip(numbers).collect();
        let stats = CpuStats {
            cpu: cpu as u16,
            counters,
        };
        out.row(|buffer| format::cpu_stats(buffer, &stats))?;
    }
    Ok(())
}
