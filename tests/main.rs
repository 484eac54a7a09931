//! Every test that needs more than one function: `cargo test --test suite`.
//!
//! twin    the same command by conntrack 1.4.9 and by ours, compared byte for byte: a case is a line in twin/
//! live    real packets, NAT, zones, labels and helpers, and what our program says about them
//! golden  netlink messages with the text that 1.4.9 printed for them, replayed without a kernel
//!
//! Twin and live trials make user and network namespaces of their own. Where the machine forbids that, or 1.4.9 is not
//! to be had, they are counted as ignored, with the reason.
//!
//! `suite inside JOB SCRIPT` is this program called by itself within a namespace, see harness/inside.rs; `suite record`
//! and `suite differs` write golden files, see golden/mod.rs.

mod golden;
mod harness;
mod live;
mod twin;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["inside", job, script] => return harness::inside::run(job, script),
        ["record"] => return golden::record(),
        ["differs", name, filter] => return golden::differs(name, filter),
        _ => {}
    }
    let trials: Vec<Trial> = [golden::trials(), live::trials(), twin::trials()]
        .into_iter()
        .flatten()
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
