//! Both programs listen in one namespace while its table is changed, and are then interrupted.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::case::Case;
use crate::harness::compare::Other;
use crate::harness::namespace::Namespace;
use crate::harness::outcome::Outcome;
use crate::harness::process;
use crate::harness::program::Program;
use crate::harness::traffic::Traffic;
use crate::harness::trims::EVENTS;

use super::{Encounter, Scene};

/// A program that hangs must not hang the suite: so long it may take to begin to listen, to read what waits for it, and
/// to end.
const PATIENCE: Duration = Duration::from_secs(60);

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
pub fn on_one_table(case: &Case, scene: &Scene) -> Encounter {
    let stage = scene.table.stage();
    let listen = |program| case.command(program, stage.namespace.enter());
    let [ours, reference] = watch(&stage.namespace, listen, || {
        let reference = Program::Reference.path();
        let program = reference.to_str().expect("a readable path");
        stage.namespace.run(&[program, "-R", CHANGES]);
    });
    Encounter::of(case, &ours, &reference, EVENTS, stage.age())
}

/// Both watch the same real connections, and their end.
pub fn of_real_connections() -> Result<(), String> {
    let begun = Instant::now();
    let namespace = Namespace::new()?;
    namespace.sysctl("net.netfilter.nf_conntrack_events", "1");
    let listen = |program: Program| {
        let mut command = namespace.enter();
        command.arg(program.path()).args(["-E", "-o", "id"]);
        command
    };
    let [ours, reference] = watch(&namespace, listen, || {
        drop(Traffic::new(&namespace, CONNECTIONS));
        let reference = Program::Reference.path();
        namespace.run(&[reference.to_str().expect("a readable path"), "-F"]);
    });
    let other = Other {
        name: "conntrack 1.4.9",
        ignored: EVENTS,
        apart: begun.elapsed().as_secs() + 1,
    };
    other.same(&ours, &reference)
}

fn watch(
    namespace: &Namespace,
    listen: impl Fn(Program) -> Command,
    change: impl FnOnce(),
) -> [Outcome; 2] {
    let listeners = [Program::Ours, Program::Reference].map(|program| {
        let mut command = listen(program);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("a program that listens")
    });
    while_listening(namespace, listeners, change)
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
    for child in &mut listeners {
        if !has_ended(child) {
            process::wait_for_standstill(child.id());
            kill(Pid::from_raw(child.id() as i32), Signal::SIGINT)
                .expect("a program that still runs");
        }
    }
    listeners.map(outcome)
}

fn outcome(mut child: Child) -> Outcome {
    wait_until(|| has_ended(&mut child));
    child.kill().ok();
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
    while !done() && start.elapsed() < PATIENCE {
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
