//! Netlink messages and what 1.4.9 printed for them, replayed without a kernel.
//!
//! A file holds datagrams (`@receive`, in hexadecimal, or `errno N` for a failed read) and command lines (`@run`), each
//! with what 1.4.9 printed (the lines below it, `@stderr`) and how it ended (`@status`, where it is not 0). shim.c stands
//! between a program and its netlink sockets and hands it the datagrams, so it is the whole program that runs here,
//! with or without privileges. `@differs NAME` after a `@run`: 1.4.9 is wrong there, see harness/differences.rs, and the
//! lines below it are what ours prints instead.
//!
//! A new file needs its datagrams and command lines; 1.4.9 writes the rest:
//!
//!     CONNTRACK_REFERENCE=/usr/sbin/conntrack cargo test --test suite -- record
//!
//! and what ours prints instead, where the two disagree in the trials whose name contains a text:
//!
//!     cargo test --test suite -- differs NAME 'golden::sctp-states -L -o xml'

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use libtest_mimic::{Completion, Failed, Trial};

use crate::harness::compare::{self, Outcome};
use crate::harness::differences;
use crate::harness::program::{self, Program};
use crate::harness::script::Script;
use crate::harness::words;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

/// Ages are counted up to this moment, at which the clock stands still.
const NOW: &str = "1800000000.123456000";

/// A record whose length has this bit set is no datagram but an errno, see shim.c.
const FAILURE: u32 = 1 << 31;

/// A command line of a script, and what 1.4.9 did.
struct Run {
    arguments: String,
    expected: Outcome,
    /// The name of the difference, and what our program prints.
    differs: Option<(String, String)>,
}

pub fn trials() -> Vec<Trial> {
    let of_script = |script: &Script| {
        let records = records(script);
        let trial = |run: Run| {
            let records = records.clone();
            let name = trial_name(script, &run);
            Trial::ignorable_test(name, move || trial(&run, &records))
        };
        runs(script).into_iter().map(trial).collect::<Vec<_>>()
    };
    Script::all("golden").iter().flat_map(of_script).collect()
}

fn trial(run: &Run, records: &[u8]) -> Result<Completion, Failed> {
    let shim = match &*SHIM {
        Ok(shim) => shim,
        Err(reason) => return Ok(Completion::ignored_with(reason)),
    };
    let ours = replay(Program::Ours, shim, &run.arguments, records);
    let agreement = compare::same(&ours, &run.expected, &[]);
    let Some((name, stdout)) = &run.differs else {
        return agreement.map(|()| Completion::Completed);
    };
    let judgement = differences::judge(Some(name), agreement)?;
    if &ours.stdout == stdout || program::stand_in().is_some() {
        return Ok(judgement);
    }
    Err(format!(
        "{name}: ours printed neither what 1.4.9 does nor what it should:\n{}",
        ours.stdout
    )
    .into())
}

/// Has 1.4.9 write down what it makes of every script.
pub fn record() -> ExitCode {
    if let Some(reason) = program::missing_reference() {
        eprintln!("{reason}");
        return ExitCode::FAILURE;
    }
    rewrite(|shim, _, run, records| {
        run.expected = replay(Program::Reference, shim, &run.arguments, records)
    });
    ExitCode::SUCCESS
}

/// Writes down what ours prints where it deliberately disagrees.
pub fn differs(name: &str, filter: &str) -> ExitCode {
    rewrite(|shim, script, run, records| {
        let ours = replay(Program::Ours, shim, &run.arguments, records);
        if trial_name(script, run).contains(filter)
            && compare::same(&ours, &run.expected, &[]).is_err()
        {
            run.differs = Some((name.to_owned(), ours.stdout));
        }
    });
    ExitCode::SUCCESS
}

fn rewrite(mut renew: impl FnMut(&Path, &Script, &mut Run, &[u8])) {
    let shim = SHIM.as_ref().expect("the shim");
    for script in Script::all("golden") {
        let records = records(&script);
        let mut text = script.comments.clone();
        text.extend(
            script
                .each("receive")
                .map(|datagram| format!("@receive {datagram}\n")),
        );
        for mut run in runs(&script) {
            renew(shim, &script, &mut run, &records);
            text.push_str(&run.to_text());
        }
        fs::write(&script.path, text).expect("a writable script");
    }
}

impl Run {
    /// Its blocks in a script.
    fn to_text(&self) -> String {
        let Outcome {
            stdout,
            stderr,
            status,
        } = &self.expected;
        let mut text = format!("@run {}\n{stdout}", self.arguments);
        text.extend(
            self.differs
                .iter()
                .map(|(name, stdout)| format!("@differs {name}\n{stdout}")),
        );
        text.extend((!stderr.is_empty()).then(|| format!("@stderr\n{stderr}")));
        text.extend(
            status
                .filter(|status| *status != 0)
                .map(|status| format!("@status {status}\n")),
        );
        text
    }
}

fn trial_name(script: &Script, run: &Run) -> String {
    format!("golden::{} {}", script.name, run.arguments)
}

fn runs(script: &Script) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for block in &script.blocks {
        match (block.name.as_str(), runs.last_mut()) {
            ("run", _) => runs.push(Run {
                arguments: block.rest.clone(),
                expected: Outcome {
                    stdout: block.body.clone(),
                    stderr: String::new(),
                    status: Some(0),
                },
                differs: None,
            }),
            ("stderr", Some(run)) => run.expected.stderr = block.body.clone(),
            ("status", Some(run)) => run.expected.status = block.rest.parse().ok(),
            ("differs", Some(run)) => run.differs = Some((block.rest.clone(), block.body.clone())),
            ("receive", None) => {}
            (name, _) => panic!("{}: @{name}", script.path.display()),
        }
    }
    runs
}

/// The datagrams of a script in the format of shim.c.
fn records(script: &Script) -> Vec<u8> {
    let record = |text: &str| match text.strip_prefix("errno ") {
        Some(number) => (FAILURE | number.parse::<u32>().expect("an errno"))
            .to_le_bytes()
            .to_vec(),
        None => {
            let bytes = words::hexadecimal(text);
            [&(bytes.len() as u32).to_le_bytes()[..], &bytes].concat()
        }
    };
    script.each("receive").flat_map(record).collect()
}

/// Runs a program that gets these records instead of what the kernel would say.
fn replay(program: Program, shim: &Path, arguments: &str, records: &[u8]) -> Outcome {
    let file = scratch("records");
    fs::write(&file, records).expect("a scratch file");
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=1", "20"])
        .arg(program.path())
        .args(words::split(arguments))
        .current_dir(DIRECTORY)
        .env("LD_PRELOAD", shim)
        .env("REPLAY", &file)
        .env("NOW", NOW)
        .env("TZ", "UTC");
    let outcome = Outcome::of(&mut command, b"");
    fs::remove_file(&file).ok();
    outcome
}

/// Where Rust links there is a C compiler; without one the trials are counted as ignored.
static SHIM: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let shim = scratch("shim.so");
    let compiler = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(&shim)
        .args([&format!("{DIRECTORY}/shim.c"), "-ldl"])
        .output();
    match compiler {
        Ok(output) if output.status.success() => Ok(shim),
        Ok(output) => Err(format!(
            "no shim: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => Err(format!("no shim without a C compiler: {error}")),
    }
});

/// A file of this process alone.
fn scratch(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    PathBuf::from(format!("{SCRATCH}/{}-{number}-{name}", std::process::id()))
}
