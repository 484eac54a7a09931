//! Both programs listen in one namespace while its table is changed, and are then interrupted.

use std::process::{Child, Command, Stdio};
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
use crate::harness::traffic::Traffic;

/// Ends a program that hangs, and passes on the signal that we send to it.
const PATIENCE: [&str; 4] = ["timeout", "--foreground", "--kill-after=1", "20"];

/// How long a program may take to begin to listen, or to read what waits for it.
const READY: Duration = Duration::from_secs(5);

/// How long a program may take to print what it has read.
const PRINTED: Duration = Duration::from_millis(50);

const CHANGES: &str = "events/changes.load";

/// Real connections of every kind, which open, change and close.
const CONNECTIONS: &str = "tcp 10.0.0.1:4001 > 10.0.0.2:80 close
tcp 10.0.0.1:4002 > 10.0.0.2:80 reset
tcp [fd00::1]:4003 > [fd00::2]:443
udp 10.0.0.1:4004 > 10.0.0.2:53
udp 10.0.0.1:4005 > 10.0.0.2:9 unanswered
packet 1 10.0.0.1 > 10.0.0.2 0800f7fd00010001
packet 47 10.0.0.1 > 10.0.0.2 00000800
";

/// Both watch the same changes that a program makes.
pub fn on_one_table(case: &Case, namespace: &Namespace) -> Result<(), Failed> {
    let listen = |program| case.command(program, patient(namespace));
    watch(namespace, listen, || {
        let reference = Program::Reference.path();
        namespace.run(&[reference.to_str().expect("a readable path"), "-R", CHANGES]);
    })
}

/// Both watch the same real connections, and their end.
pub fn of_real_connections() -> Result<(), Failed> {
    let namespace = Namespace::new()?;
    namespace.sysctl("net.netfilter.nf_conntrack_events", "1");
    let listen = |program: Program| {
        let mut command = patient(&namespace);
        command.arg(program.path()).args(["-E", "-o", "id"]);
        command
    };
    watch(&namespace, listen, || {
        drop(Traffic::new(&namespace, CONNECTIONS));
        let reference = Program::Reference.path();
        namespace.run(&[reference.to_str().expect("a readable path"), "-F"]);
    })
}

fn patient(namespace: &Namespace) -> Command {
    let mut command = namespace.enter();
    command.args(PATIENCE);
    command
}

fn watch(
    namespace: &Namespace,
    listen: impl Fn(Program) -> Command,
    change: impl FnOnce(),
) -> Result<(), Failed> {
    let listeners = [Program::Ours, Program::Reference].map(|program| {
        let mut command = listen(program);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("a program that listens")
    });
    let [ours, reference] = while_listening(namespace, listeners, change);
    compare::same(&ours, &reference, &[IGNORED, EVENTS])
}

/// Changes the table as soon as all listen, or have refused to.
fn while_listening(
    namespace: &Namespace,
    mut listeners: [Child; 2],
    change: impl FnOnce(),
) -> [Outcome; 2] {
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
    change();
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
