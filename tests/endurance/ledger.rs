//! What was checked, how often, and what did not hold.

use std::fmt::Write;
use std::sync::Mutex;
use std::time::Instant;

/// Of each check so many failures are told in full.
const TOLD: u64 = 5;

pub struct Ledger {
    begun: Instant,
    checks: Mutex<Vec<Check>>,
}

struct Check {
    name: &'static str,
    held: u64,
    undecided: u64,
    failed: u64,
}

impl Ledger {
    pub fn new() -> Self {
        Self {
            begun: Instant::now(),
            checks: Mutex::default(),
        }
    }

    /// Something that must hold; `told` says what was found instead.
    pub fn check(&self, name: &'static str, holds: bool, told: impl FnOnce() -> String) {
        let failed = self.enter(name, |check| match holds {
            true => check.held += 1,
            false => check.failed += 1,
        });
        if !holds && failed <= TOLD {
            let seconds = self.begun.elapsed().as_secs_f32();
            println!("{seconds:7.1} s  FAILED {name}: {}", told());
        }
    }

    /// Numbers that must all be the same.
    pub fn same(&self, name: &'static str, numbers: &[(&str, u64)]) {
        let first = numbers.first().map(|(_, number)| number);
        let holds = numbers.iter().all(|(_, number)| Some(number) == first);
        self.check(name, holds, || {
            let told = numbers
                .iter()
                .map(|(what, number)| format!("{number} {what}"));
            told.collect::<Vec<_>>().join(", ")
        });
    }

    /// Something of which nobody can say whether it holds.
    pub fn undecided(&self, name: &'static str) {
        self.enter(name, |check| check.undecided += 1);
    }

    /// Returns how often it has failed so far.
    fn enter(&self, name: &'static str, count: impl FnOnce(&mut Check)) -> u64 {
        let mut checks = self.checks.lock().expect("a ledger");
        let known = checks.iter().position(|check| check.name == name);
        let place = known.unwrap_or(checks.len());
        if known.is_none() {
            checks.push(Check {
                name,
                held: 0,
                undecided: 0,
                failed: 0,
            });
        }
        count(&mut checks[place]);
        checks[place].failed
    }

    pub fn failures(&self) -> u64 {
        let checks = self.checks.lock().expect("a ledger");
        checks.iter().map(|check| check.failed).sum()
    }

    pub fn table(&self) -> String {
        let mut table = format!(
            "{:<64} {:>9} {:>9} {:>7}\n",
            "check", "held", "undecided", "failed"
        );
        for check in self.checks.lock().expect("a ledger").iter() {
            let Check {
                name,
                held,
                undecided,
                failed,
            } = check;
            writeln!(table, "{name:<64} {held:>9} {undecided:>9} {failed:>7}").ok();
        }
        table
    }
}
