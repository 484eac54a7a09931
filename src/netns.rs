//! Entering a network namespace: once, before a socket or a thread exists, so that nothing is half in one and half in another.

use crate::error::Error;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::Mode;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where names are kept, as `ip netns add` does.
const NAMES: &str = "/run/netns";

/// Makes the namespace of a name, a process id or a path ours. From then on sockets are opened there, and /proc shows its
/// tables and settings.
pub fn enter(named: &OsStr) -> Result<(), Error> {
    let entered = places(named, Path::new(NAMES))
        .into_iter()
        .map(|place| enter_file(&place))
        .find(|entered| *entered != Err(Errno::ENOENT));
    entered
        .unwrap_or(Err(Errno::ENOENT))
        .map_err(|errno| Error::Netns {
            named: named.as_bytes().into(),
            error: io::Error::from(errno),
        })
}

/// The files that may be meant, of which the first that exists is. What has a slash is a path, and nothing else.
fn places(named: &OsStr, names: &Path) -> Vec<PathBuf> {
    let bytes = named.as_bytes();
    if bytes.contains(&b'/') {
        return vec![named.into()];
    }
    let is_name = !matches!(bytes, b"" | b"." | b"..");
    let is_process = is_name && bytes.iter().all(u8::is_ascii_digit);
    let name = is_name.then(|| names.join(named));
    let process = is_process.then(|| Path::new("/proc").join(named).join("ns/net"));
    name.into_iter().chain(process).collect()
}

/// The kernel refuses what is no network namespace. Nobody waits for what is not even a file, such as a pipe.
fn enter_file(file: &Path) -> Result<(), Errno> {
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    setns(open(file, flags, Mode::empty())?, CloneFlags::CLONE_NEWNET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_before_a_process_and_a_path_has_a_slash() {
        for (named, expected) in [
            ("blue", &["/n/blue"][..]),
            ("17", &["/n/17", "/proc/17/ns/net"]),
            ("1x", &["/n/1x"]),
            ("./17", &["./17"]),
            ("/proc/17/ns/net", &["/proc/17/ns/net"]),
            ("..", &[]),
            (".", &[]),
            ("", &[]),
        ] {
            let found = places(OsStr::new(named), Path::new("/n"));
            let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(found, expected, "{named}");
        }
    }

    #[test]
    fn what_cannot_be_entered_is_said() {
        let refusal = |named: &str| enter(OsStr::new(named)).unwrap_err().to_string();
        let missing = "there is no network namespace `nowhere'";
        assert_eq!(refusal("nowhere"), missing);
        assert_eq!(refusal(""), "there is no network namespace `'");
        for other in ["/proc/self/ns/uts", "/dev/null", "/proc/self/status"] {
            let expected = format!("`{other}' is no network namespace");
            assert_eq!(refusal(other), expected);
        }
    }
}
