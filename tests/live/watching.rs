//! Stories of -E: what it prints of what is done while it listens.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::namespace::Namespace;
use crate::harness::process;
use crate::harness::program::Program;

use super::stories::{MANY, flows, load, ours};

const EVENTS: &str = "net.netfilter.nf_conntrack_events";

/// More events than a socket's buffer of the usual size has room for: half of them.
pub const BURST: usize = 300;

/// What -E prints while something is done: its rows, and what stands on standard error.
pub fn watched(
    namespace: &Namespace,
    arguments: &[&str],
    act: impl FnOnce(&Child),
) -> (Vec<String>, String) {
    namespace.sysctl(EVENTS, "1");
    let mut watcher = namespace
        .enter()
        .arg(Program::Ours.path())
        .arg("-E")
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("our program");
    let stdout = BufReader::new(watcher.stdout.take().expect("a piped stdout"));
    let rows = thread::spawn(|| stdout.lines().map_while(Result::ok).collect());
    while !listens(namespace) {
        thread::sleep(Duration::from_millis(5));
    }
    act(&watcher);
    process::wait_for_standstill(watcher.id());
    signal(&watcher, Signal::SIGINT);
    let mut stderr = String::new();
    let mut pipe = watcher.stderr.take().expect("a piped stderr");
    pipe.read_to_string(&mut stderr).expect("readable text");
    watcher.wait().expect("our program's end");
    (rows.join().expect("a reader of rows"), stderr)
}

/// A program that was asked to end may have ended.
fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id() as i32), signal).ok();
}

/// The number of rows that -E prints of a burst of new flows during which it stands still, so that all of it has to wait
/// in its buffer, and what stands on standard error.
fn rows_of_burst(namespace: &Namespace, arguments: &[&str]) -> (usize, String) {
    let (rows, stderr) = watched(namespace, arguments, |watcher| {
        signal(watcher, Signal::SIGSTOP);
        load(namespace, &flows(BURST));
        signal(watcher, Signal::SIGCONT);
    });
    (rows.len(), stderr)
}

pub fn burst_is_shown_whole(namespace: &Namespace) {
    let (rows, stderr) = rows_of_burst(namespace, &["-e", "NEW"]);
    assert_eq!(rows, BURST, "{stderr}");
    assert!(!stderr.contains("ENOBUFS"), "{stderr}");
}

pub fn small_buffer_loses_events(namespace: &Namespace) {
    let (rows, stderr) = rows_of_burst(namespace, &["-e", "NEW", "-b", "0"]);
    assert!(rows > 0 && rows < BURST, "{rows} rows");
    assert!(stderr.contains("hit ENOBUFS"), "{stderr}");
    let overruns = "WARNING: The socket's buffer overran 1 times.";
    let shown = format!("{rows} flow events have been shown.");
    assert!(stderr.contains(overruns), "{stderr}");
    assert!(stderr.contains(&shown), "{stderr}");
}

/// A program is found by its name only while it runs, so this one waits for the reader of its rows.
pub fn process_name_is_shown_whole(namespace: &Namespace) {
    let rows = rows_of_a_process_named("x) (y", "userspace", namespace);
    let named = |row: &String| row.ends_with(" progname=x) (y");
    assert!(rows.iter().any(named), "{:?}", rows.first());
}

/// A name may not begin a line of its own, and not add an option to a row that is saved.
pub fn process_name_forges_nothing(namespace: &Namespace) {
    for (output, shown) in [
        ("userspace", r" progname=x\x0a-F -m 9"),
        ("save", r" progname=x\x0a-F\x20-m\x209"),
    ] {
        let rows = rows_of_a_process_named("x\n-F -m 9", output, namespace);
        assert!(
            rows.iter().any(|row| row.ends_with(shown)),
            "{:?}",
            rows.first()
        );
        assert!(!rows.iter().any(|row| row.starts_with("-F")));
    }
}

/// The rows that -E prints while a process of a name deletes flows.
fn rows_of_a_process_named(name: &str, output: &str, namespace: &Namespace) -> Vec<String> {
    let name = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_file(&name).ok();
    symlink(Program::Ours.path(), &name).expect("a name of our program");
    namespace.sysctl(EVENTS, "1");
    load(namespace, &flows(MANY));
    let (rows, _) = watched(namespace, &["-e", "DESTROY", "-o", output], |_| {
        let mut command = namespace.enter();
        command.arg(&name).arg("-D").stdout(Stdio::piped());
        let mut child = command.spawn().expect("our program");
        process::wait_for_standstill(child.id());
        child.kill().expect("a program that still runs");
        child.wait().expect("its end");
    });
    ours(namespace, "-F");
    rows
}

/// Whether a netlink socket of the namespace has joined a group.
fn listens(namespace: &Namespace) -> bool {
    let sockets = namespace.proc("net/netlink");
    sockets.lines().any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        matches!(columns[..], [_, "12", _, groups, ..] if groups != "00000000")
    })
}
