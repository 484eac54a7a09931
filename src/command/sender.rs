//! The processes behind events.

use crate::flow::Sender;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a name is remembered: looking one up takes longer than many events, but a port may get another owner.
const MEMORY: Duration = Duration::from_millis(100);

/// How many names are remembered; the oldest makes room for another.
const MOST: usize = 16;

/// Looks up the name of a process by the port of its netlink socket.
#[derive(Default)]
pub struct Senders {
    known: Vec<Known>,
}

struct Known {
    port: u32,
    name: Option<Vec<u8>>,
    since: Instant,
}

impl Senders {
    /// The kernel itself has port 0.
    pub fn find(&mut self, proc: &Path, port: u32) -> Option<Sender<'_>> {
        if port == 0 {
            return None;
        }
        self.known.retain(|known| known.since.elapsed() < MEMORY);
        let place = self.known.iter().position(|known| known.port == port);
        let place = place.unwrap_or_else(|| {
            self.known.truncate(MOST - 1);
            self.known.insert(
                0,
                Known {
                    port,
                    name: name_of(proc, port),
                    since: Instant::now(),
                },
            );
            0
        });
        Some(Sender {
            port,
            name: self.known[place].name.as_deref(),
        })
    }
}

/// The owner of a port is the process that has its socket open, most likely the one whose id the port is.
fn name_of(proc: &Path, port: u32) -> Option<Vec<u8>> {
    let link = format!("socket:[{}]", inode(proc, port)?);
    let owner = proc.join(port.to_string());
    let others = fs::read_dir(proc).ok()?.flatten().map(|entry| entry.path());
    let process = std::iter::once(owner)
        .chain(others)
        .find(|process| has_open(process, &link))?;
    name_in(&fs::read(process.join("stat")).ok()?)
}

/// What stands between the first `(` and the last `)`.
fn name_in(stat: &[u8]) -> Option<Vec<u8>> {
    let start = stat.iter().position(|byte| *byte == b'(')? + 1;
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    stat.get(start..end).map(<[u8]>::to_vec)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_any_bytes() {
        for (stat, name) in [
            (&b"7 (sh) S 1"[..], Some(&b"sh"[..])),
            (b"7 (a) b) S 1", Some(b"a) b")),
            (b"7 (x\n-F) S 1", Some(b"x\n-F")),
            (b"7 (\xff) S 1", Some(b"\xff")),
            (b"7 () S 1", Some(b"")),
            (b"", None),
            (b")(", None),
        ] {
            assert_eq!(name_in(stat).as_deref(), name);
        }
    }
}
