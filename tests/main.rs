//! Every test that needs more than one function: `cargo test --test suite`.
//!
//! twin       the same command by conntrack 1.4.9 and by ours, compared byte for byte: a case is a line in twin/
//! live       real packets, NAT, zones, labels and helpers, and what our program says about them
//! golden     netlink messages with the text that 1.4.9 printed for them, replayed without a kernel
//! documents  what the manual and the README say of the same things
//! shells     what bash, zsh and fish complete lines with
//! endurance  an hour, or a minute, of everything at once: no trial, but `suite soak MINUTES PROGRAM`, see tests/soak
//!
//! A trial is named after its file and the line in it, `twin::load:70`, and says what it tried where it fails. Twin and
//! live trials make user and network namespaces of their own. Where the machine forbids that, or 1.4.9 is not to be
//! had, one trial for each of their files is counted as ignored, with the reason, and how many there would be.
//!
//! A passed trial is a dot, as there are thousands of them; `--format pretty` tells their names.
//!
//! `suite inside JOB SCRIPT` is this program called by itself within a namespace, see harness/inside.rs; `suite record`
//! writes what 1.4.9 does into golden files, and `suite expect [FILTER]` what ours does where it deliberately differs,
//! see golden/mod.rs and harness/stated.rs; `suite seeds` writes what fuzz/run begins with.

mod documents;
mod endurance;
mod golden;
mod harness;
mod live;
mod shells;
mod twin;

use harness::trials::{self, Group};
use libtest_mimic::{Arguments, FormatSetting};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["inside", "soak", script] => endurance::inside(script),
        ["inside", job, script] => harness::inside::run(job, script),
        ["seeds", directory] => done(harness::seeds::write(directory)),
        ["record"] => done(golden::record()),
        ["soak", minutes, program] => done(endurance::run(minutes, program)),
        ["expect"] => done(golden::expect("").and_then(|()| twin::expect(""))),
        ["expect", filter] => done(golden::expect(filter).and_then(|()| twin::expect(filter))),
        _ => test(Arguments::from_args()),
    }
}

fn done(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn test(mut arguments: Arguments) -> ExitCode {
    let groups: Vec<Group> = [
        vec![documents::group()],
        golden::groups(),
        live::groups(),
        shells::groups(),
        twin::groups(),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !arguments.quiet && arguments.format.is_none() && !arguments.list {
        arguments.format = Some(FormatSetting::Terse);
        print!("{}", trials::impossible(&groups, &arguments));
    }
    libtest_mimic::run(&arguments, trials::possible(groups)).exit_code()
}
