//! A neighbour on the other end of a veth pair, and connections to it.
//!
//! We are 10.0.0.1, 10.0.0.3, fd00::1 and fd00::3, the neighbour 10.0.0.2, 10.0.0.4, fd00::2 and fd00::4. 10.0.0.99
//! is said to be there, but never answers.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use super::namespace::Namespace;

const LINK: &str = "near";

/// What `ip address add` is told on both sides. The second IPv6 address is deprecated, so that answers to the first one
/// come from there.
const OURS: [&str; 4] = [
    "10.0.0.1/24",
    "10.0.0.3/24",
    "fd00::1/64 nodad",
    "fd00::3/64 nodad preferred_lft 0",
];
const THEIRS: [&str; 4] = [
    "10.0.0.2/24",
    "10.0.0.4/24",
    "fd00::2/64 nodad",
    "fd00::4/64 nodad preferred_lft 0",
];

const SILENT: &str = "ip neighbour add 10.0.0.99 lladdr 02:00:00:00:00:99 dev near";

/// A neighbour, and connections to it that stay as they are until this is dropped.
pub struct Traffic {
    /// The other end of the link.
    pub neighbour: Namespace,
    processes: Vec<Child>,
}

impl Traffic {
    pub fn new(here: &Namespace, script: &str) -> Self {
        let neighbour = here.peer(LINK);
        for (namespace, addresses) in [(here, OURS), (&neighbour, THEIRS)] {
            for address in addresses {
                let add = format!("ip address add dev {LINK} {address}");
                namespace.run(&add.split(' ').collect::<Vec<_>>());
            }
        }
        here.run(&SILENT.split(' ').collect::<Vec<_>>());
        let processes = vec![
            start(&neighbour, "serve", ""),
            start(here, "traffic", script),
        ];
        Self {
            neighbour,
            processes,
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        for process in &mut self.processes {
            process.kill().ok();
            process.wait().ok();
        }
    }
}

/// Starts a job of inside.rs that says "ready" and then stays.
pub fn start(namespace: &Namespace, job: &str, script: &str) -> Child {
    let mut command = namespace.enter();
    command
        .arg(std::env::current_exe().expect("our own path"))
        .args(["inside", job, script]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a job in a namespace");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a piped stdout"))
        .read_line(&mut line)
        .ok();
    assert_eq!(line, "ready\n", "{job} in a namespace");
    child
}
