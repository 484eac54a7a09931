//! What a program did, as far as its caller can see, and how that stands in a file.
//!
//!     @run -L -p tcp --dport x    a block of some name begins it; below it, what stands on standard output
//!     @stderr
//!     conntrack v1.4.9 …
//!     @status 2                   `killed` by a signal; 0 where it is not given

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::differences;
use super::script::Block;
use super::trims::{self, Trim};
use super::words;

/// Both streams stand in the notation of `words::shown`, so that comparing them is comparing bytes.
#[derive(Clone)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    pub status: Option<i32>,
}

impl Outcome {
    /// Runs a command on a text, which is empty for most.
    pub fn of(command: &mut Command, stdin: &[u8]) -> Self {
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("a program under test");
        // A program need not read what it is given.
        child
            .stdin
            .take()
            .expect("a piped stdin")
            .write_all(stdin)
            .ok();
        child
            .wait_with_output()
            .expect("a program under test")
            .into()
    }

    /// Rows in an order that does not depend on how a namespace hashes, see `differences::sorted`.
    pub fn sorted(self) -> Self {
        Self {
            stdout: differences::sorted(&self.stdout),
            ..self
        }
    }

    /// Without what does not count.
    pub fn trimmed(&self, ignored: &[Trim]) -> Self {
        Self {
            stdout: trims::trimmed(&self.stdout, ignored),
            stderr: trims::trimmed(&self.stderr, ignored),
            status: self.status,
        }
    }

    /// What a block begins: a success, with something on standard output.
    pub fn begun(block: &Block) -> Self {
        Self {
            stdout: block.body.clone(),
            stderr: String::new(),
            status: Some(0),
        }
    }

    /// Takes what a further block says of it, or nothing.
    pub fn continued(&mut self, block: &Block) -> bool {
        match block.name.as_str() {
            "stderr" => self.stderr.clone_from(&block.body),
            "status" => self.status = block.rest.parse().ok(),
            _ => return false,
        }
        true
    }

    /// Its blocks, of which the first has the name and the rest of `head`.
    pub fn to_blocks(&self, head: &str) -> String {
        let mut text = format!("@{head}\n{}", self.stdout);
        if !self.stderr.is_empty() {
            text += &format!("@stderr\n{}", self.stderr);
        }
        match self.status {
            Some(0) => {}
            Some(status) => text += &format!("@status {status}\n"),
            None => text += "@status killed\n",
        }
        text
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            stdout: words::shown(&output.stdout),
            stderr: words::shown(&output.stderr),
            status: output.status.code(),
        }
    }
}
