//! Both programs listen in one namespace while its table is changed, and are then interrupted.

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::case::Case;
use crate::harness::compare::{self, Outcome};
use crate::harness::differences::{EVENTS, IGNORED};
use crate::harness::namespace::Namespace;
use crate::harness::program::Program;

/// Ends a program that hangs, and passes on the signal that we send to it.
const PATIENCE: [&str; 4] = ["timeout", "--foreground", "--kill-after=1", "20"];

/// How long a program may take to begin to listen, or to read what waits for it.
const READY: Duration = Duration::from_secs(5);

/// How long a program may take to print what it has read.
const PRINTED: Duration = Duration::from_millis(50);

const CHANGES: &str = "events/changes.load";

pub fn on_one_table(case: &Case, namespace: &Namespace) -> Result<(), Failed> {
    let listeners = [Program::Ours, Program::Reference].map(|program| {
        let mut base = namespace.enter();
        base.args(PATIENCE);
        let mut command = case.command(program, base);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("a program that listens")
    });
    let [ours, reference] = change(namespace, listeners);
    compare::same(&ours, &reference, &[IGNORED, EVENTS])
}

/// Changes the table as soon as all listen, or have refused to.
fn change(namespace: &Namespace, mut listeners: [Child; 2]) -> [Outcome; 2] {
    wait_until(|| {
        let ended = listeners
            .iter_mut()
            .map(has_ended)
            .filter(|ended| *ended)
            .count();
        ended + sockets(namespace, |socket| socket.groups != 0) >= listeners.len()
    });
    if listeners.iter_mut().all(has_ended) {
        return listeners.map(outcome);
    }
    let reference = Program::Reference.path();
    namespace.run(&[reference.to_str().expect("a readable path"), "-R", CHANGES]);
    wait_until(|| sockets(namespace, |socket| socket.waiting != 0) == 0);
    thread::sleep(PRINTED);
    for child in &mut listeners {
        if !has_ended(child) {
            kill(Pid::from_raw(child.id() as i32), Signal::SIGINT)
                .expect("a program that still runs");
        }
    }
    listeners.map(outcome)
}

fn outcome(child: Child) -> Outcome {
    child
        .wait_with_output()
        .expect("a program that listened")
        .into()
}

fn has_ended(child: &mut Child) -> bool {
    child.try_wait().is_ok_and(|status| status.is_some())
}

fn wait_until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() && start.elapsed() < READY {
        thread::sleep(Duration::from_millis(5));
    }
}

/// A line of /proc/net/netlink.
struct NetlinkSocket {
    /// The multicast groups that it has joined.
    groups: u32,
    /// The bytes that nobody has read yet.
    waiting: u32,
}

/// NETLINK_NETFILTER
const NETFILTER: &str = "12";

fn sockets(namespace: &Namespace, which: fn(&NetlinkSocket) -> bool) -> usize {
    let table = namespace.proc("net/netlink");
    let netfilter = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, NETFILTER, _, groups, waiting, ..] = fields[..] else {
            return None;
        };
        Some(NetlinkSocket {
            groups: u32::from_str_radix(groups, 16).ok()?,
            waiting: waiting.parse().ok()?,
        })
    });
    netfilter.filter(which).count()
}
