//! Stories of what ends a command, or stands in its way: signals, readers that stand still, threads that are not to be had.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::harness::namespace::Namespace;
use crate::harness::program::Program;

use super::standing::{Standing, send};
use super::stories::{MANY, count, flows, load, ours};
use super::watching;

fn interrupted(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::SIGINT as i32)
}

pub fn delete_says_how_far_it_came(namespace: &Namespace) {
    load(namespace, &flows(MANY));
    let standing = Standing::start(namespace, &["-D", "-p", "udp"]);
    standing.signal(Signal::SIGINT);
    let (rows, stderr, status) = standing.read();
    let summary = format!("{rows} flow entries have been deleted.");
    assert!(rows > 0 && rows < MANY, "{rows} rows");
    assert!(stderr.contains(&summary), "{rows} rows, {stderr}");
    assert!(interrupted(status), "{status}");
    assert_eq!(count(namespace), MANY - rows);
}

pub fn update_says_how_far_it_came(namespace: &Namespace) {
    load(namespace, &flows(MANY));
    let standing = Standing::start(namespace, &["-U", "-p", "udp", "-m", "7"]);
    standing.signal(Signal::SIGTERM);
    let (rows, stderr, status) = standing.read();
    let summary = format!("{rows} flow entries have been updated.");
    assert!(stderr.contains(&summary), "{rows} rows, {stderr}");
    assert_eq!(status.signal(), Some(Signal::SIGTERM as i32));
    assert_eq!(ours(namespace, "-L -m 7").lines().count(), rows);
}

pub fn load_says_how_far_it_came(namespace: &Namespace) {
    load(namespace, &flows(MANY));
    let file = scratch("interrupted.load");
    fs::write(&file, "-D -s 10.1.0.0\n-D -p udp\n-F\n").expect("a load file");
    let name = file.to_str().expect("a readable path");
    let standing = Standing::start(namespace, &["-R", name]);
    standing.signal(Signal::SIGINT);
    let (_, stderr, status) = standing.read();
    assert!(stderr.contains("1 of 3 lines carried out."), "{stderr}");
    assert!(interrupted(status), "{status}");
    assert!(count(namespace) > 0);
}

pub fn second_signal_ends_it(namespace: &Namespace) {
    load(namespace, &flows(MANY));
    let mut standing = Standing::start(namespace, &["-D", "-p", "udp"]);
    // Signals that come before the first was handled are one.
    let status = loop {
        standing.signal(Signal::SIGINT);
        thread::sleep(Duration::from_millis(20));
        if let Some(status) = standing.child.try_wait().expect("a child") {
            break status;
        }
    };
    assert!(interrupted(status), "{status}");
}

/// A signal that whoever started it wants ignored is ignored.
pub fn ignored_signal_is_ignored(namespace: &Namespace) {
    load(namespace, &flows(MANY));
    let program = Program::Ours.path();
    let program = program.to_str().expect("a readable path");
    let mut command = namespace.enter();
    command.args(["sh", "-c", "trap '' INT; exec \"$@\"", "sh", program, "-D"]);
    let standing = Standing::of(command);
    standing.signal(Signal::SIGINT);
    let (rows, stderr, status) = standing.read();
    assert_eq!((rows, status.code()), (MANY, Some(0)), "{stderr}");
}

/// The watcher stands still while all of a burst and the signal reach it.
pub fn waiting_events_are_shown(namespace: &Namespace) {
    let (rows, stderr) = watching::watched(namespace, &["-e", "NEW"], |watcher| {
        send(watcher, Signal::SIGSTOP);
        load(namespace, &flows(watching::BURST));
        send(watcher, Signal::SIGINT);
        send(watcher, Signal::SIGCONT);
    });
    assert_eq!(rows.len(), watching::BURST, "{stderr}");
    let summary = format!("{} flow events have been shown.", watching::BURST);
    assert!(stderr.contains(&summary), "{stderr}");
}

/// Without a second thread everything works, and nothing is done halfway.
pub fn threads_are_not_needed(namespace: &Namespace) {
    let Some(shim) = shim_without_threads() else {
        return;
    };
    load(namespace, &flows(MANY));
    let run = |arguments: &str| {
        let mut command: Command = namespace.bounded();
        let preload = format!("LD_PRELOAD={}", shim.display_text());
        command.args(["env", &preload]).arg(Program::Ours.path());
        let output = command.args(arguments.split(' ')).output();
        let output = output.expect("our program");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (
            String::from_utf8_lossy(&output.stdout).lines().count(),
            stderr,
            output.status.code(),
        )
    };
    let deleted = format!("{MANY} flow entries have been deleted.");
    for (arguments, rows, said) in [
        ("-L", MANY, format!("{MANY} flow entries have been shown.")),
        (
            "-U -m 5",
            MANY,
            format!("{MANY} flow entries have been updated."),
        ),
        ("-D -m 5", MANY, deleted),
    ] {
        let (shown, stderr, status) = run(arguments);
        assert_eq!((shown, status), (rows, Some(0)), "{arguments}: {stderr}");
        assert!(stderr.contains(&said), "{arguments}: {stderr}");
    }
}

/// What stands in for pthread_create and never has a thread.
struct Shim(PathBuf);

impl Shim {
    fn display_text(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }
}

/// None without a C compiler.
fn shim_without_threads() -> Option<Shim> {
    let (source, shim) = (scratch("no-threads.c"), scratch("no-threads.so"));
    fs::write(&source, "int pthread_create(void) { return 11; }\n").expect("a scratch file");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(&shim)
        .arg(&source);
    let compiled = compiler.status().is_ok_and(|status| status.success());
    compiled.then_some(Shim(shim))
}

fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()))
}

/// Only what the command still needs is kept of root's capabilities.
pub fn capabilities_are_given_up(namespace: &Namespace) {
    const NET_ADMIN: u64 = 1 << 12;
    const OF_EVENTS: u64 = NET_ADMIN | 1 << 19 | 1 << 2;
    load(namespace, &flows(MANY));
    let kept = |id: u32| {
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("a running program");
        let field = |key: &str| {
            let mut lines = status.lines();
            let value = lines.find_map(|line| line.strip_prefix(key));
            value.expect("a field of the status").trim().to_owned()
        };
        let bits = |key| u64::from_str_radix(&field(key), 16).expect("a mask");
        assert_eq!(field("NoNewPrivs:"), "1");
        assert_eq!(bits("CapPrm:"), bits("CapEff:"));
        bits("CapEff:")
    };
    let standing = Standing::start(namespace, &["-D", "-p", "udp"]);
    assert_eq!(kept(standing.child.id()), NET_ADMIN);
    standing.signal(Signal::SIGINT);
    standing.read();
    watching::watched(namespace, &["-e", "NEW"], |watcher| {
        assert_eq!(kept(watcher.id()), OF_EVENTS);
    });
}
