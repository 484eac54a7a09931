//! Programs that stand still because nobody reads what they print.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::harness::namespace::Namespace;
use crate::harness::process;
use crate::harness::program::Program;

/// A program of ours, and what it has printed before it stood still because nobody read on.
pub struct Standing {
    pub child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Standing {
    pub fn start(namespace: &Namespace, arguments: &[&str]) -> Self {
        let mut command = namespace.enter();
        // What runs the tests in the background may have us ignore SIGINT, and programs that we start with us.
        command.args(["env", "--default-signal=INT"]);
        command.arg(Program::Ours.path()).args(arguments);
        Self::of(command)
    }

    pub fn of(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("our program");
        let mut stdout = BufReader::new(child.stdout.take().expect("a piped stdout"));
        stdout.fill_buf().expect("a first row");
        process::wait_for_standstill(child.id());
        Self { child, stdout }
    }

    pub fn signal(&self, signal: Signal) {
        send(&self.child, signal);
    }

    /// Reads on: the number of rows, what stands on standard error, and how it ended.
    pub fn read(mut self) -> (usize, String, ExitStatus) {
        let rows = self.stdout.lines().map_while(Result::ok).count();
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().expect("a piped stderr");
        pipe.read_to_string(&mut stderr).expect("readable text");
        (rows, stderr, self.child.wait().expect("its end"))
    }
}

pub fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id() as i32), signal).expect("a program that still runs");
}
