//! The programs that are compared, each as the words which call it.

use crate::{Result, raw, wait};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub type Program = Vec<String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The reader that does nothing but receive.
    Raw,
    Ours,
    /// 1.4.9.
    Reference,
}

impl Who {
    pub const ALL: [Who; 3] = [Who::Raw, Who::Ours, Who::Reference];

    pub fn name(self) -> &'static str {
        match self {
            Who::Raw => "raw",
            Who::Ours => "ours",
            Who::Reference => "1.4.9",
        }
    }
}

pub struct Programs {
    raw: Program,
    ours: Program,
    reference: Option<Program>,
}

const VERSION: &str = "conntrack v1.4.9 ";

impl Programs {
    pub fn find() -> Result<Programs> {
        let this = std::env::current_exe()?;
        let ours = Path::new(env!("CARGO_BIN_EXE_conntrack"));
        Ok(Programs {
            raw: vec![installed(&this, raw::ROLE)?, raw::ROLE.to_owned()],
            ours: vec![installed(ours, "conntrack")?],
            reference: reference().map(unwrap).transpose()?,
        })
    }

    /// The program, where it is to be had.
    pub fn of(&self, who: Who) -> Option<&Program> {
        match who {
            Who::Raw => Some(&self.raw),
            Who::Ours => Some(&self.ours),
            Who::Reference => self.reference.as_ref(),
        }
    }
}

/// A copy, as a package installs one: in the memory of the system a file that the linker wrote lies in smaller pieces, with
/// which a program takes up to a tenth of a millisecond longer to begin.
fn installed(program: &Path, name: &str) -> Result<String> {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench.{name}"));
    fs::copy(program, &copy)?;
    Ok(copy.display().to_string())
}

fn reference() -> Option<PathBuf> {
    let named = std::env::var_os("CONNTRACK_REFERENCE").map(PathBuf::from);
    let program = named.unwrap_or_else(|| PathBuf::from("conntrack"));
    let version = Command::new(&program).arg("-V").output().ok()?;
    version
        .stdout
        .starts_with(VERSION.as_bytes())
        .then_some(program)
}

/// A wrapper script takes longer to start than what it wraps, which would be unfair to 1.4.9 where programs end at once.
/// So the program is called as it finds itself called once it runs.
fn unwrap(program: PathBuf) -> Result<Program> {
    const WATCH: &str = "-E";
    let mut child = Command::new(program)
        .arg(WATCH)
        .stdout(Stdio::null())
        .spawn()?;
    let listening = wait::for_listener();
    let words = fs::read(format!("/proc/{}/cmdline", child.id()));
    child.kill()?;
    child.wait()?;
    listening?;
    let words = String::from_utf8(words?)?;
    Ok(words
        .split_terminator('\0')
        .filter(|word| *word != WATCH)
        .map(str::to_owned)
        .collect())
}
