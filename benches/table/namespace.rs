//! A namespace with a table of its own, and room for as many entries as are asked for.

use crate::arguments::Arguments;
use crate::{Result, flows};
use anyhow::bail;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The name under which the program calls itself once it is inside.
pub const ROLE: &str = "inside";

/// The limits of every table, which only the first network namespace can change, and what a large table needs.
const LIMITS: [(&str, u64); 2] = [(MAXIMUM, 4_000_000), ("nf_conntrack_buckets", 524_288)];

const MAXIMUM: &str = "nf_conntrack_max";

/// A limit that was raised, and what it was before.
struct Raised {
    name: &'static str,
    before: String,
}

/// Calls this program again from within the namespace, which vanishes with it.
///
/// Without privileges it takes a user namespace to make one. Root makes do without: in a user namespace the kernel would
/// not let a socket's buffer exceed net.core.rmem_max, and `-E` is to be measured as root runs it.
pub fn enter(mut arguments: Arguments) -> Result<()> {
    // On Ctrl-C the benchmark inside ends, and then we do, with the limits as they were.
    SigSet::from(Signal::SIGINT).thread_block()?;
    let is_root = nix::unistd::geteuid().is_root();
    let _raised = if is_root { raise()? } else { Vec::new() };
    let allowed = flows::most_entries(fs::read_to_string(path(MAXIMUM))?.trim().parse()?);
    if arguments.entries > allowed {
        println!("{MAXIMUM} allows for {allowed} entries only; run as root, this raises it.");
        arguments.entries = allowed;
    }
    let user: &[&str] = if is_root {
        &[]
    } else {
        &["--user", "--map-root-user"]
    };
    let status = Command::new("unshare")
        .arg("--net")
        .args(user)
        .arg(std::env::current_exe()?)
        .arg(ROLE)
        .args(arguments.write())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        bail!("the benchmark inside its namespace: {status}")
    }
}

/// What comes first inside: Ctrl-C, by which `-E` is ended too, is no longer blocked, which programs inherit; and
/// whatever ends the program outside ends this one.
pub fn settle() -> Result<()> {
    SigSet::from(Signal::SIGINT).thread_unblock()?;
    Ok(set_pdeathsig(Signal::SIGKILL)?)
}

/// Makes the kernel announce every flow, which it else may leave out while nobody listens.
pub fn announce_events() -> Result<()> {
    Ok(fs::write(path("nf_conntrack_events"), "1")?)
}

fn raise() -> Result<Vec<Raised>> {
    let mut raised = Vec::new();
    for (name, enough) in LIMITS {
        let before = fs::read_to_string(path(name))?;
        if before.trim().parse::<u64>()? < enough {
            fs::write(path(name), enough.to_string())?;
            raised.push(Raised { name, before });
        }
    }
    Ok(raised)
}

impl Drop for Raised {
    fn drop(&mut self) {
        if let Err(error) = fs::write(path(self.name), &self.before) {
            eprintln!("{} stays raised: {error}", self.name);
        }
    }
}

fn path(name: &str) -> impl AsRef<Path> {
    format!("/proc/sys/net/netfilter/{name}")
}
