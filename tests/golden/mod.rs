//! Netlink messages and what 1.4.9 printed for them, replayed without a kernel.
//!
//! A file holds datagrams (`@receive`, in hexadecimal, or `errno N` for a failed read) and command lines (`@run`), each
//! with what 1.4.9 printed and how it ended, see harness/outcome.rs. shim.c stands between a program and its netlink
//! sockets and hands it the datagrams, and stops the clock (`@now`), so it is the whole program that runs here, with or without privileges.
//! `@differs NAME` behind that: 1.4.9 is wrong there, see harness/differences.rs, and what follows is what ours prints
//! instead, and how it ends.
//!
//! A new file needs its datagrams and command lines; 1.4.9 writes the rest:
//!
//!     CONNTRACK_REFERENCE=/usr/sbin/conntrack cargo test --test suite -- record
//!
//! Where ours is to differ, `@differs NAME` is put below the `@run`, and this writes what stands below that, for the
//! trials whose name contains a text:
//!
//!     cargo test --test suite -- expect golden::sctp-states

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::harness::compare::Other;
use crate::harness::outcome::Outcome;
use crate::harness::program::{self, Program};
use crate::harness::script::Script;
use crate::harness::trials::{self, Group};
use crate::harness::words;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

/// Ages are counted up to this moment, at which the clock stands still where a file names no other.
const NOW: &str = "1800000000.123456000";

/// A record whose length has this bit set is no datagram but an errno, see shim.c.
const FAILURE: u32 = 1 << 31;

/// Nothing runs here, and nothing is set aside.
const RECORDED: Other = Other {
    name: "1.4.9",
    ignored: &[],
    apart: 0,
};
const STATED: Other = Other {
    name: "stated",
    ..RECORDED
};

/// What a script has the kernel and the clock say.
#[derive(Clone)]
struct Scene {
    records: Vec<u8>,
    now: String,
}

/// A command line of a script, and what 1.4.9 did.
struct Run {
    line: usize,
    arguments: String,
    expected: Outcome,
    /// The name of the difference, and what our program does.
    differs: Option<(String, Outcome)>,
}

pub fn groups() -> Vec<Group> {
    let of_script = |script: &Script| {
        let scene = Scene::of(script);
        let trial = |run: Run| {
            let scene = scene.clone();
            let name = trial_name(script, &run);
            trials::trial(name, run.arguments.clone(), move || trial(&run, &scene))
        };
        Group {
            name: format!("golden::{}", script.name),
            missing: SHIM.as_ref().err().map(String::as_str),
            trials: runs(script).into_iter().map(trial).collect(),
        }
    };
    Script::all("golden").iter().map(of_script).collect()
}

/// The differences from 1.4.9 that golden files show.
pub fn differences() -> impl Iterator<Item = String> {
    let runs = Script::all("golden")
        .into_iter()
        .flat_map(|script| runs(&script));
    runs.filter_map(|run| run.differs.map(|(name, _)| name))
}

fn trial(run: &Run, scene: &Scene) -> Result<(), String> {
    let shim = SHIM.as_ref()?;
    let ours = replay(Program::Ours, shim, &run.arguments, scene);
    let agreement = RECORDED.same(&ours, &run.expected);
    match &run.differs {
        Some(_) if program::stand_in().is_some() => Ok(()),
        Some((name, _)) if agreement.is_ok() => {
            Err(format!("both agree, although {name} says that they do not"))
        }
        Some((_, stated)) => STATED.same(&ours, stated),
        None => agreement,
    }
}

/// Has 1.4.9 write down what it makes of every script.
pub fn record() -> Result<(), String> {
    program::missing_reference().map_or(Ok(()), Err)?;
    rewrite(|shim, _, run, scene| {
        run.expected = replay(Program::Reference, shim, &run.arguments, scene);
    })
}

/// Writes down what ours does where it deliberately disagrees.
pub fn expect(filter: &str) -> Result<(), String> {
    rewrite(|shim, script, run, scene| {
        let asked = trial_name(script, run).contains(filter);
        if let Some((_, stated)) = run.differs.as_mut().filter(|_| asked) {
            *stated = replay(Program::Ours, shim, &run.arguments, scene);
        }
    })
}

fn rewrite(mut renew: impl FnMut(&Path, &Script, &mut Run, &Scene)) -> Result<(), String> {
    let shim = SHIM.as_ref()?;
    for script in Script::all("golden") {
        let scene = Scene::of(&script);
        let mut text = script.comments.clone();
        for name in ["now", "receive"] {
            text.extend(script.each(name).map(|rest| format!("@{name} {rest}\n")));
        }
        for mut run in runs(&script) {
            renew(shim, &script, &mut run, &scene);
            text += &run.expected.to_blocks(&format!("run {}", run.arguments));
            if let Some((name, stated)) = &run.differs {
                text += &stated.to_blocks(&format!("differs {name}"));
            }
        }
        fs::write(&script.path, text).expect("a writable script");
    }
    Ok(())
}

fn trial_name(script: &Script, run: &Run) -> String {
    format!("golden::{}:{}", script.name, run.line)
}

fn runs(script: &Script) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for block in &script.blocks {
        match (block.name.as_str(), runs.last_mut()) {
            ("run", _) => runs.push(Run {
                line: block.line,
                arguments: block.rest.clone(),
                expected: Outcome::begun(block),
                differs: None,
            }),
            ("differs", Some(run)) => {
                run.differs = Some((block.rest.clone(), Outcome::begun(block)));
            }
            ("now" | "receive", None) => {}
            (name, run) => {
                let outcome = run.map(|run| match &mut run.differs {
                    Some((_, stated)) => stated,
                    None => &mut run.expected,
                });
                let known = outcome.is_some_and(|outcome| outcome.continued(block));
                assert!(known, "{}: @{name}", script.path.display());
            }
        }
    }
    runs
}

impl Scene {
    fn of(script: &Script) -> Self {
        Self {
            records: script.each("receive").flat_map(said).collect(),
            now: script.each("now").next().unwrap_or(NOW).to_owned(),
        }
    }
}

/// What the kernel says, in the format of shim.c.
fn said(text: &str) -> Vec<u8> {
    match text.strip_prefix("errno ") {
        Some(number) => (FAILURE | number.parse::<u32>().expect("an errno"))
            .to_le_bytes()
            .to_vec(),
        None => {
            let bytes = words::hexadecimal(text);
            [&(bytes.len() as u32).to_le_bytes()[..], &bytes].concat()
        }
    }
}

/// Runs a program in a scene.
fn replay(program: Program, shim: &Path, arguments: &str, scene: &Scene) -> Outcome {
    let file = scratch("records");
    fs::write(&file, &scene.records).expect("a scratch file");
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=1", "20"])
        .arg(program.path())
        .args(words::split(arguments))
        .current_dir(DIRECTORY)
        .env("LD_PRELOAD", shim)
        .env("REPLAY", &file)
        .env("NOW", &scene.now)
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
        Ok(output) if output.status.success() => {
            let place = PathBuf::from(format!("{SCRATCH}/shim.so"));
            fs::rename(&shim, &place).expect("a place for the shim");
            Ok(place)
        }
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
