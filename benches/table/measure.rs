//! What one run of a program takes: a process of its own calls it, waits, and asks the kernel what its children used.

use crate::Result;
use anyhow::{Context, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::sys::time::TimeValLike;
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

/// The name under which the program calls itself to measure another.
pub const ROLE: &str = "measure";

/// Where a program's output goes if it is not a file: to a pipe from which it is read as fast as it comes.
pub const PIPE: &str = "|";
pub const NULL: &str = "/dev/null";

/// What the program says on standard error goes here. Nobody has to read it while the program runs.
const MESSAGES: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/bench.messages");

/// A large pipe's worth.
const PIPE_READ: usize = 1 << 20;

#[derive(Clone, Debug)]
pub struct Measurement {
    /// Seconds.
    pub wall: f64,
    /// Seconds of CPU time outside the kernel.
    pub user: f64,
    /// The most memory that was resident, in KiB.
    pub memory: f64,
    /// The status with which it ended, 1 at the most.
    pub status: f64,
    /// What was said on standard error.
    pub messages: String,
}

/// A program that runs and is being measured.
pub struct Run {
    measurer: Child,
    report: BufReader<ChildStdout>,
    program: Pid,
}

/// Measures a program from its start to its end.
pub fn measure(program: &[String], words: &[&str], output: &str) -> Result<Measurement> {
    Run::start(program, words, output)?.finish()
}

impl Run {
    pub fn start(program: &[String], words: &[&str], output: &str) -> Result<Run> {
        let mut measurer = Command::new(std::env::current_exe()?)
            .args([ROLE, output])
            .args(program)
            .args(words)
            .stdout(Stdio::piped())
            .stderr(File::create(MESSAGES)?)
            .spawn()?;
        let mut report = BufReader::new(measurer.stdout.take().context("no pipe")?);
        let mut id = String::new();
        report.read_line(&mut id)?;
        let program = Pid::from_raw(id.trim().parse()?);
        Ok(Run {
            measurer,
            report,
            program,
        })
    }

    /// Ends a program that does not end by itself, as Ctrl-C does.
    pub fn interrupt(self) -> Result<Measurement> {
        kill(self.program, Signal::SIGINT)?;
        self.finish()
    }

    /// Waits for a program that ends by itself.
    pub fn finish(mut self) -> Result<Measurement> {
        let mut report = String::new();
        self.report.read_to_string(&mut report)?;
        let status = self.measurer.wait()?;
        let messages = fs::read_to_string(MESSAGES)?;
        if !status.success() {
            bail!(messages);
        }
        let numbers: Vec<f64> = report
            .split_whitespace()
            .map(str::parse)
            .collect::<std::result::Result<_, _>>()?;
        let &[wall, user, memory, status] = numbers.as_slice() else {
            bail!("not four numbers");
        };
        Ok(Measurement {
            wall,
            user,
            memory,
            status,
            messages,
        })
    }
}

/// The measuring process. It prints the program's process id and then, when it has ended, what it took.
pub fn run(words: &[String]) -> Result<()> {
    let [output, program, arguments @ ..] = words else {
        bail!("nothing to measure");
    };
    let stdout = match output.as_str() {
        PIPE => Stdio::piped(),
        path => File::create(path)?.into(),
    };
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(stdout)
        .spawn()?;
    println!("{}", child.id());
    if let Some(mut pipe) = child.stdout.take() {
        let mut buffer = vec![0; PIPE_READ];
        while pipe.read(&mut buffer)? > 0 {}
    }
    let status = child.wait()?;
    let wall = start.elapsed().as_secs_f64();
    let Some(code @ 0..=1) = status.code() else {
        bail!("{}: {status}", words[1..].join(" "));
    };
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let user = used.user_time().num_microseconds() as f64 / 1e6;
    println!("{wall} {user} {} {code}", used.max_rss());
    Ok(())
}
