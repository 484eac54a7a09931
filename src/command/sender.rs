//! The processes behind events.

use crate::flow::Sender;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a name is remembered: looking one up takes longer than many events, but a port may get another owner.
const MEMORY: Duration = Duration::from_millis(100);

/// Looks up the name of a process by the port of its netlink socket.
#[derive(Default)]
pub struct Senders {
    last: Option<(u32, Option<String>, Instant)>,
}

impl Senders {
    /// The kernel itself has port 0.
    pub fn find(&mut self, proc: &Path, port: u32) -> Option<Sender<'_>> {
        if port == 0 {
            return None;
        }
        let known = self
            .last
            .take()
            .filter(|(of, _, at)| *of == port && at.elapsed() < MEMORY);
        let (_, name, _) = self
            .last
            .insert(known.unwrap_or_else(|| (port, name_of(proc, port), Instant::now())));
        Some(Sender {
            port,
            name: name.as_deref(),
        })
    }
}

/// The owner of a port is the process that has its socket open, most likely the one whose id the port is.
fn name_of(proc: &Path, port: u32) -> Option<String> {
    let link = format!("socket:[{}]", inode(proc, port)?);
    let owner = proc.join(port.to_string());
    let others = fs::read_dir(proc).ok()?.flatten().map(|entry| entry.path());
    let process = std::iter::once(owner)
        .chain(others)
        .find(|process| has_open(process, &link))?;
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, rest) = stat.split_once('(')?;
    Some(rest.rsplit_once(')')?.0.to_owned())
}

/// The inode of a socket, from a table whose columns are socket, protocol, port, and last the inode.
fn inode(proc: &Path, port: u32) -> Option<String> {
    const NETLINK_NETFILTER: &str = "12";
    let port = port.to_string();
    fs::read_to_string(proc.join("net/netlink"))
        .ok()?
        .lines()
        .find_map(|line| {
            let mut columns = line.split_ascii_whitespace().skip(1);
            let found = columns.next() == Some(NETLINK_NETFILTER) && columns.next() == Some(&port);
            found.then(|| columns.last().map(str::to_owned)).flatten()
        })
}

fn has_open(process: &Path, link: &str) -> bool {
    let files = fs::read_dir(process.join("fd"))
        .into_iter()
        .flatten()
        .flatten();
    files
        .into_iter()
        .any(|file| fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == link))
}
