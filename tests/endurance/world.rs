//! What all who work here share: the program, the witness, those who listen, and the ledger.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use super::PARTS;
use super::command::{Interruption, Running, Said, mortal};
use super::ledger::Ledger;
use super::listener::Listener;
use super::watcher::{Seen, Watcher};

/// How long one waits for a listener.
const PATIENCE: Duration = Duration::from_secs(3);

pub struct World {
    pub program: PathBuf,
    pub watcher: Arc<Watcher>,
    pub listeners: Mutex<Vec<Listener>>,
    pub ledger: Ledger,
    /// Closed, by writing, while everything is compared.
    pub gate: RwLock<()>,
    pub running: Running,
    pub calls: AtomicU64,
    pub begun: Instant,
    /// How long it goes on.
    pub time: Duration,
    /// Whether it is to end before.
    pub stopped: Arc<AtomicBool>,
}

impl World {
    pub fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.begun.elapsed() >= self.time
    }

    /// How many parts of the time are over.
    pub fn part(&self) -> u32 {
        (self.begun.elapsed().as_secs_f32() / self.time.as_secs_f32() * PARTS as f32) as u32
    }

    /// Runs the program.
    pub fn call(&self, arguments: &str) -> Said {
        self.call_with(arguments, "", None)
    }

    /// Runs it on lines to load.
    pub fn load(&self, lines: &str) -> Said {
        self.call_with("-R -", lines, None)
    }

    pub fn call_with(
        &self,
        arguments: &str,
        stdin: &str,
        interruption: Option<Interruption>,
    ) -> Said {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut command = mortal(&self.program);
        command.args(arguments.split_whitespace());
        self.running.call(command, stdin, interruption)
    }

    /// What there was since an earlier moment.
    pub fn since(&self, before: &Seen) -> Seen {
        self.watcher.seen().since(before)
    }

    /// Compares numbers with what the witness saw, unless it missed something.
    pub fn compare(&self, name: &'static str, seen: &Seen, numbers: &[(&str, u64)]) {
        match seen.overruns {
            0 => self.ledger.same(name, numbers),
            _ => self.ledger.undecided(name),
        }
    }

    /// Waits until those who listen have caught up.
    pub fn pace(&self) {
        let deadline = Instant::now() + PATIENCE;
        let most = u64::from(self.watcher.room / 4);
        while Instant::now() < deadline && self.lag() > most {
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn lag(&self) -> u64 {
        let seen = self.watcher.glance().counts;
        let listeners = self.listeners.lock().expect("those who listen");
        let lags = listeners.iter().map(|listener| listener.lag(&seen));
        lags.max().unwrap_or(0)
    }
}
