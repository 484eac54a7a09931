//! Flows that are replaced or change while `-D -m` deletes those of a mark: how many are hit that it does not mean.

use crate::Result;
use crate::flows::{self, burst};
use crate::measure::{Measurement, NULL, Run, measure};
use crate::programs::{Programs, Who};
use anyhow::Context;
use std::ops::Range;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What happens, beside the program, to flows that it means; returns how many have another mark then.
type Act = fn(Range<u32>, u32) -> Result<u32>;

pub struct Design {
    pub name: &'static str,
    /// How many flows have the mark.
    pub meant: u32,
    /// How many others there are.
    pub beside: u32,
    /// How many of the former are dealt with in a second.
    rate: u32,
    act: Act,
}

/// What became of a design under a program, in each round.
pub struct Results {
    pub design: &'static Design,
    pub who: Who,
    /// Flows of another mark that were made while the program ran, and how many of them it deleted.
    pub rounds: Vec<(u32, u32)>,
}

/// The name of all this, where jobs are chosen by theirs.
pub const NAME: &str = "races";

/// Ours hits at most this part of what 1.4.9 hits.
pub const MOST: f64 = 0.1;

const DESIGNS: [Design; 3] = [
    Design {
        name: "all match, each is replaced",
        meant: 20_000,
        beside: 0,
        rate: 100_000,
        act: flows::replace,
    },
    Design {
        name: "1,000 among 100,000, each is replaced",
        meant: 1_000,
        beside: 100_000,
        rate: 10_000,
        act: flows::replace,
    },
    Design {
        name: "all match, the mark of each changes",
        meant: 20_000,
        beside: 0,
        rate: 100_000,
        act: flows::remark,
    },
];

const MEANT: u32 = 5;
const OTHER: u32 = 6;

/// The table must be empty, and is left so.
pub fn run(rounds: usize, programs: &Programs) -> Result<Vec<Results>> {
    let ours = programs.of(Who::Ours).context("no program")?;
    let mut results: Vec<Results> = DESIGNS
        .iter()
        .flat_map(|design| [Who::Ours, Who::Reference].map(|who| Results::new(design, who)))
        .collect();
    for _ in 0..rounds {
        for Results {
            design,
            who,
            rounds,
        } in &mut results
        {
            let Some(program) = programs.of(*who) else {
                continue;
            };
            flows::create(0..design.beside)?;
            flows::create_marked(burst(design.meant), MEANT)?;
            let running = Run::start(program, &["-D", "-m", &MEANT.to_string()], NULL)?;
            let made = design.carry_out()?;
            // Where all were replaced in time, there was nothing to delete, which is a failure.
            let _ = running.finish();
            let left = measure(ours, &["-L", "-m", &OTHER.to_string()], NULL)?;
            rounds.push((made, made - shown(&left)?));
            flows::flush()?;
        }
    }
    Ok(results)
}

impl Design {
    /// Deals with all, some at a time.
    fn carry_out(&self) -> Result<u32> {
        const AT_ONCE: u32 = 10;
        let all = burst(self.meant);
        let start = Instant::now();
        let mut made = 0;
        for first in all.clone().step_by(AT_ONCE as usize) {
            made += (self.act)(first..first + AT_ONCE, OTHER)?;
            let due = Duration::from_secs(1) * (first - all.start) / self.rate;
            sleep(due.saturating_sub(start.elapsed()));
        }
        Ok(made)
    }
}

impl Results {
    fn new(design: &'static Design, who: Who) -> Results {
        Results {
            design,
            who,
            rounds: Vec::new(),
        }
    }

    /// All that were hit.
    pub fn hits(&self) -> u32 {
        self.rounds.iter().map(|(_, hits)| hits).sum()
    }
}

/// How many flows a list says that it has shown.
fn shown(run: &Measurement) -> Result<u32> {
    let (before, _) = run
        .messages
        .split_once(" flow entries")
        .context("no summary")?;
    let number = before.rsplit(' ').next().context("no number")?;
    Ok(number.parse()?)
}
