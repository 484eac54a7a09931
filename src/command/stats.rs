//! `-S`: what each CPU counted.

use super::run::{Command, Exit};
use crate::context::Context;
use crate::error::Error;
use crate::flow::Family;
use crate::flow::stats::CpuStats;
use crate::format::{Show, Style};
use crate::netlink::dump::Dump;
use crate::netlink::kernel_filter::Hints;
use crate::netlink::message::Content;
use crate::netlink::{self, decode, reading};
use crate::task::{Entries, Task, Verb};
use std::fs;

/// Where the kernel says it to those who may not ask, in columns, below /proc.
const STATS_FILE: &str = "net/stat/nf_conntrack";

#[derive(Debug)]
pub struct Stats {
    pub entries: Entries,
    pub show: Show,
}

impl Command for Stats {
    fn task(&self) -> Task {
        Task {
            verb: Verb::Stats,
            entries: self.entries,
        }
    }

    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let style = self.show.style;
        let what = match self.entries {
            Entries::Flows => Dump::Stats,
            Entries::Expectations => Dump::ExpectationStats,
        };
        let asked = reading::one(what, Family::ANY, &Hints::default(), |content| {
            let (Content::Flow(body) | Content::Expectation(body)) = content else {
                return Ok(());
            };
            let stats = decode::cpu_stats(what, &body).map_err(netlink::Error::from)?;
            cx.out.row(|buffer| style.cpu(buffer, &stats))
        });
        if asked.is_err() {
            from_file(style, cx)?;
        }
        asked.map(|()| Exit::DONE)
    }
}

/// The file has a line of names and then a line of hexadecimal numbers for each CPU.
fn from_file(style: &dyn Style, cx: &mut Context) -> Result<(), Error> {
    let text = fs::read_to_string(cx.proc.join(STATS_FILE)).unwrap_or_default();
    let mut lines = text.lines();
    let names = lines.next().unwrap_or_default().split_ascii_whitespace();
    let names: Vec<&str> = names.collect();
    for (cpu, line) in lines.enumerate() {
        let numbers = line.split_ascii_whitespace();
        let numbers = numbers.map(|number| u32::from_str_radix(number, 16).unwrap_or(0));
        let stats = CpuStats {
            cpu: cpu as u16,
            counters: names.iter().copied().zip(numbers).collect(),
        };
        cx.out.row(|buffer| style.cpu(buffer, &stats))?;
    }
    Ok(())
}
