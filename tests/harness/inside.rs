//! Jobs that this program does for itself from within a namespace: `suite inside JOB SCRIPT`.

use std::process::ExitCode;

use super::{flows, netlink, packets};

type Job = (&'static str, fn(&str));

const JOBS: [Job; 4] = [
    ("load", load),
    ("tcp-flags", |_| tcp_flags()),
    ("serve", |_| packets::serve()),
    ("traffic", packets::send),
];

/// A job that fails panics, which tells whoever started it.
pub fn run(name: &str, script: &str) -> ExitCode {
    let (_, job) = JOBS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a job of ours");
    job(script);
    ExitCode::SUCCESS
}

/// Creates what a text of flows.rs describes.
fn load(script: &str) {
    for (line, message) in flows::parse(script) {
        netlink::create(&message).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

/// CTA_PROTOINFO_TCP_FLAGS_ORIGINAL as an attribute of two bytes, of which the first has the flags.
const FLAGS_ATTRIBUTE: [u8; 4] = [6, 0, 4, 0];

/// IP_CT_TCP_FLAG_BE_LIBERAL
const BE_LIBERAL: u8 = 8;

/// Says of each TCP flow how its windows are checked.
fn tcp_flags() {
    let flows = netlink::dump().expect("a list of flows");
    for flow in flows.windows(FLAGS_ATTRIBUTE.len() + 1) {
        if flow.starts_with(&FLAGS_ATTRIBUTE) {
            let liberal = flow[FLAGS_ATTRIBUTE.len()] & BE_LIBERAL != 0;
            println!("{}", if liberal { "liberal" } else { "strict" });
        }
    }
}
