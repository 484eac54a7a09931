//! A `-E` that runs for the whole time, of which every row is read and counted.

use std::io::BufReader;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::harness::process;

use super::command::{self, each_line, number};
use super::counts::{Counts, Tally};
use super::ledger::Ledger;
use super::rows;
use super::vitals::{Vitals, state};
use super::watcher::{self, Seen, Watcher};
use super::xml::Document;

/// How long its rows may take to come.
const PATIENCE: Duration = Duration::from_secs(15);

/// How much its memory may vary once it has seen some work, in KiB.
const FLAT: u64 = 1024;

const LOSS: &str = "We have hit ENOBUFS!";

pub struct Listener {
    arguments: &'static str,
    child: Child,
    readers: Vec<JoinHandle<()>>,
    read: Arc<Read>,
    /// What it has not shown, as far as that is known already.
    missed: Counts,
    /// How many losses it had reported by then.
    reported: u64,
    /// Losses that it has reported, in events.
    lost: u64,
    vitals: Vec<Vitals>,
}

/// What it has said so far.
#[derive(Default)]
struct Read {
    tally: Tally,
    rows: AtomicU64,
    losses: AtomicU64,
    document: Mutex<Document>,
    /// The last that it said on standard error.
    last: Mutex<String>,
}

impl Listener {
    pub fn start(program: &Path, arguments: &'static str) -> Self {
        let mut child = command::mortal(program)
            .arg("-E")
            .args(arguments.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program that listens");
        let read = Arc::new(Read::default());
        let stdout = BufReader::new(child.stdout.take().expect("a piped stdout"));
        let stderr = BufReader::new(child.stderr.take().expect("a piped stderr"));
        let is_xml = arguments.contains("xml");
        let [theirs, others] = [&read, &read].map(Arc::clone);
        let readers = vec![
            thread::spawn(move || each_line(stdout, |line| theirs.row(line, is_xml))),
            thread::spawn(move || each_line(stderr, |line| others.message(line))),
        ];
        Self {
            arguments,
            child,
            readers,
            read,
            missed: Counts::default(),
            reported: 0,
            lost: 0,
            vitals: Vec::new(),
        }
    }

    pub fn signal(&self, signal: Signal) {
        command::signal(&self.child, signal);
    }

    pub fn listens(&self) -> bool {
        watcher::listens(self.child.id())
    }

    /// How many rows are still to come. One with a small buffer is meant to fall behind.
    pub fn lag(&self, seen: &Counts) -> u64 {
        if self.arguments.contains("-b") {
            return 0;
        }
        let accounted = self.missed.plus(&self.read.tally.now());
        seen.total().saturating_sub(accounted.total())
    }

    /// Compares its rows with the events, while nothing much happens; takes its vitals.
    pub fn check(&mut self, watcher: &Watcher, overran: bool, ledger: &Ledger) {
        const LOST: &str = "-E: no event is lost without being reported";
        let ended = self.child.try_wait().ok().flatten();
        ledger.check("-E: runs all the time", ended.is_none(), || {
            format!(
                "-E {}: {ended:?} {}",
                self.arguments,
                state(self.child.id())
            )
        });
        let patience = if ended.is_none() {
            PATIENCE
        } else {
            Duration::ZERO
        };
        let deadline = Instant::now() + patience;
        let missing = |seen: &Seen, read: &Read, missed: &Counts| {
            seen.counts.since(&missed.plus(&read.tally.now()))
        };
        let mut now = missing(&watcher.seen(), &self.read, &self.missed);
        // Events that come meanwhile may be counted by one of the two only; so may rows be on their way.
        while now != Counts::default() && Instant::now() < deadline && self.reported() == 0 {
            thread::sleep(Duration::from_millis(50));
            now = missing(&watcher.seen(), &self.read, &self.missed);
        }
        if now != Counts::default() && self.reported() > 0 {
            self.settle();
            now = missing(&watcher.seen(), &self.read, &self.missed);
        }
        let reported = self.reported();
        match now == Counts::default() {
            _ if overran => ledger.undecided(LOST),
            true => ledger.check(LOST, true, String::new),
            false => ledger.check(LOST, reported > 0, || {
                let missing = now.differences();
                format!(
                    "-E {}, missing of {missing}; {}",
                    self.arguments,
                    state(self.child.id())
                )
            }),
        }
        if reported > 0 && !overran {
            self.lost += now.total();
        }
        self.reported += reported;
        self.missed = self.missed.plus(&now);
        self.vitals.push(Vitals::of(self.child.id()));
    }

    /// Ends it, and compares its last words with what was read.
    pub fn end(mut self, ledger: &Ledger) -> String {
        self.signal(Signal::SIGINT);
        let status = self.ended();
        for reader in self.readers.drain(..) {
            reader.join().ok();
        }
        let rows = self.read.rows.load(Ordering::Relaxed);
        let last = self.read.last.lock().expect("its last words").clone();
        ledger.check(
            "-E: a signal ends it at once, with status 0",
            status.ends_with(": 0"),
            || format!("-E {}: {status}", self.arguments),
        );
        let said = number(&last, " flow events have been shown").unwrap_or(0);
        ledger.same(
            "-E: the summary says how many rows there were",
            &[("said", said), ("rows", rows)],
        );
        let losses = self.read.losses.load(Ordering::Relaxed);
        let overran = number(&last, " times.").unwrap_or(0);
        ledger.same(
            "-E: the summary says how often its buffer overran",
            &[("said", overran), ("reported", losses)],
        );
        if self.arguments.contains("xml") {
            let document = self.read.document.lock().expect("a document");
            ledger.check(
                "-E: its XML is well-formed, and closed at the end",
                document.is_whole(),
                || format!("{:?}", document.wrong),
            );
        }
        self.check_vitals(ledger);
        self.line(rows, losses)
    }

    fn ended(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.to_string();
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().ok();
        "it did not end".to_owned()
    }

    fn check_vitals(&self, ledger: &Ledger) {
        let same = |what: fn(&Vitals) -> usize| {
            let first = self.vitals.first().map(what);
            self.vitals.iter().all(|vitals| Some(what(vitals)) == first)
        };
        ledger.check(
            "-E: no file descriptor is left over",
            same(|v| v.descriptors),
            || {
                format!(
                    "-E {}: {:?}",
                    self.arguments,
                    self.range(|v| v.descriptors as u64)
                )
            },
        );
        ledger.check("-E: no thread is left over", same(|v| v.threads), || {
            format!(
                "-E {}: {:?}",
                self.arguments,
                self.range(|v| v.threads as u64)
            )
        });
        let (least, most) = self.range(|v| v.memory);
        ledger.check(
            "-E: memory is flat to 1 MiB after the first quarter",
            least > 0 && most - least <= FLAT,
            || format!("-E {}: {least} to {most} KiB", self.arguments),
        );
    }

    /// The least and the most of something after the first quarter of the time.
    fn range(&self, what: fn(&Vitals) -> u64) -> (u64, u64) {
        let later = || self.vitals[self.vitals.len() / 4..].iter().map(what);
        (later().min().unwrap_or(0), later().max().unwrap_or(0))
    }

    /// Its line in the table at the end.
    fn line(&self, rows: u64, losses: u64) -> String {
        let first = self.vitals.first().map_or(0, |vitals| vitals.memory);
        let (least, most) = self.range(|v| v.memory);
        let name = format!("-E {}", self.arguments);
        let memory = format!("{first}, {least}..{most}");
        let last = self
            .vitals
            .last()
            .map_or((0, 0), |v| (v.descriptors, v.threads));
        let lost = self.lost;
        format!(
            "{name:<34} {rows:>10} {losses:>8} {lost:>8} {memory:>19} {:>4} {:>8}",
            last.0, last.1
        )
    }

    /// How many losses it has reported since the last check.
    fn reported(&self) -> u64 {
        self.read.losses.load(Ordering::Relaxed) - self.reported
    }

    /// Waits until no more rows come.
    fn settle(&self) {
        process::wait_for_standstill(self.child.id());
        let mut before = u64::MAX;
        let mut rows = self.read.rows.load(Ordering::Relaxed);
        while rows != before {
            thread::sleep(Duration::from_millis(200));
            before = std::mem::replace(&mut rows, self.read.rows.load(Ordering::Relaxed));
        }
    }
}

impl Read {
    fn row(&self, line: &[u8], is_xml: bool) {
        if is_xml {
            self.document.lock().expect("a document").line(line);
        }
        if let Some((Some(event), class)) = rows::read(line) {
            self.tally.add(event, class);
            self.rows.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn message(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        self.losses
            .fetch_add(u64::from(line.contains(LOSS)), Ordering::Relaxed);
        let mut last = self.last.lock().expect("its last words");
        if line.contains(" times.") || line.contains(" have been shown") {
            last.push_str(&line);
        }
    }
}
