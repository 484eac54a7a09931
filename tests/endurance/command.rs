//! One run of the program, and what it said.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::counts::CLASSES;
use super::rows;
use super::vitals::state;

/// A program that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Nobody who ends in order says more than this, in bytes.
const MOST_MESSAGES: u64 = 1 << 16;

/// Programs that run, and since when.
#[derive(Default)]
pub struct Running(Mutex<Vec<(u32, Instant, String)>>);

/// Signals, and what is waited for until they are sent.
pub struct Interruption<'a> {
    pub wait: &'a (dyn Fn(&Child) + Sync),
    pub signals: &'a [Signal],
}

pub struct Said {
    /// Rows of flows, by their class.
    pub classes: [u64; CLASSES],
    pub status: ExitStatus,
    pub stderr: String,
}

/// Dies with whoever started it, but not of the signals that end the soak early, which go to a whole group.
pub fn mortal(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command.process_group(0);
    command
}

pub fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id() as i32), signal).ok();
}

impl Running {
    /// Runs it on a text, and interrupts it where that is wanted.
    pub fn call(
        &self,
        mut command: Command,
        stdin: &str,
        interruption: Option<Interruption>,
    ) -> Said {
        let pipes = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = pipes.spawn().expect("a program");
        self.enter(child.id(), format!("{:?}", command.get_args()));
        let mut classes = [0; CLASSES];
        let mut stderr = Vec::new();
        let mut input = child.stdin.take().expect("a piped stdin");
        let output = BufReader::new(child.stdout.take().expect("a piped stdout"));
        let messages = child.stderr.take().expect("a piped stderr");
        thread::scope(|scope| {
            let child = &child;
            if let Some(interruption) = interruption {
                scope.spawn(move || {
                    (interruption.wait)(child);
                    for number in interruption.signals {
                        signal(child, *number);
                    }
                });
            }
            scope.spawn(|| messages.take(MOST_MESSAGES).read_to_end(&mut stderr));
            // A program need not read what it is given.
            input.write_all(stdin.as_bytes()).ok();
            drop(input);
            each_line(output, |line| {
                if let Some((_, class)) = rows::read(line) {
                    classes[class] += 1;
                }
            });
        });
        self.leave(child.id());
        Said {
            classes,
            status: child.wait().expect("its end"),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// Ends whatever hangs, and says what that was.
    pub fn end_hanging(&self) -> Vec<String> {
        let mut running = self.0.lock().expect("what runs");
        let hanging = running
            .iter_mut()
            .filter(|(_, since, _)| since.elapsed() > PATIENCE);
        let end = |(id, since, what): &mut (u32, Instant, String)| {
            *since = Instant::now();
            let told = format!("{what} {}", state(*id));
            kill(Pid::from_raw(*id as i32), Signal::SIGKILL).ok();
            told
        };
        hanging.map(end).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.lock().expect("what runs").is_empty()
    }

    fn enter(&self, id: u32, what: String) {
        self.0
            .lock()
            .expect("what runs")
            .push((id, Instant::now(), what));
    }

    /// From here on its id may be that of another process.
    fn leave(&self, id: u32) {
        self.0
            .lock()
            .expect("what runs")
            .retain(|(known, ..)| *known != id);
    }
}

impl Said {
    pub fn rows(&self) -> u64 {
        self.classes.iter().sum()
    }

    /// The number that it says before some words, 0 where it says none.
    pub fn number(&self, before: &str) -> u64 {
        number(&self.stderr, before).unwrap_or(0)
    }
}

/// The last number that stands before some words.
pub fn number(text: &str, before: &str) -> Option<u64> {
    let head = text.rsplit_once(before)?.0;
    head.rsplit(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

pub fn each_line(mut from: impl BufRead, mut each: impl FnMut(&[u8])) {
    let mut line = Vec::new();
    while from
        .read_until(b'\n', &mut line)
        .is_ok_and(|length| length > 0)
    {
        each(&line);
        line.clear();
    }
}
