//! Jobs that this program does for itself from within a namespace: `suite inside JOB`, its script on standard input.

use std::process::ExitCode;

use super::{flows, netlink};

struct Job {
    name: &'static str,
    run: fn(&str, &[String]) -> Result<(), String>,
}

const JOBS: [Job; 1] = [Job {
    name: "load",
    run: load,
}];

pub fn run(name: &str, rest: &[String]) -> ExitCode {
    let job = JOBS
        .iter()
        .find(|job| job.name == name)
        .expect("a job of ours");
    let script = std::io::read_to_string(std::io::stdin()).expect("a script");
    match (job.run)(&script, rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Creates what a text of flows.rs describes.
fn load(script: &str, _: &[String]) -> Result<(), String> {
    flows::parse(script).try_for_each(|(line, message)| {
        netlink::create(&message).map_err(|error| format!("{line}: {error}"))
    })
}
