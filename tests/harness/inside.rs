//! Jobs that this program does for itself from within a namespace: `suite inside JOB SCRIPT`.

use std::process::ExitCode;

use super::{flows, netlink, packets};

type Job = (&'static str, fn(&str));

const JOBS: [Job; 3] = [
    ("load", load),
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
