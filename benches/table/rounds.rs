//! Jobs, round after round, their programs in turn.

use crate::flows::{self, Part};
use crate::jobs::{After, Job, Quantity};
use crate::measure::{Measurement, measure};
use crate::programs::{Programs, Who};
use crate::{Result, median};
use anyhow::bail;

/// All runs of a job, by program: those at one place belong to one round.
pub struct Results {
    pub job: &'static Job,
    runs: [Vec<Measurement>; Who::ALL.len()],
}

impl Results {
    fn new(job: &'static Job) -> Results {
        Results {
            job,
            runs: Default::default(),
        }
    }

    pub fn median(&self, who: Who, quantity: Quantity) -> Option<f64> {
        median(self.all(who, quantity))
    }

    /// The lowest and the highest.
    pub fn extremes(&self, who: Who, quantity: Quantity) -> Option<[f64; 2]> {
        let lowest = self.all(who, quantity).min_by(f64::total_cmp)?;
        let highest = self.all(who, quantity).max_by(f64::total_cmp)?;
        Some([lowest, highest])
    }

    fn all(&self, who: Who, quantity: Quantity) -> impl Iterator<Item = f64> {
        self.runs[who as usize]
            .iter()
            .map(move |run| quantity.of(run))
    }

    /// What ours took as a multiple of what another program took in the same round: the middle of all rounds.
    pub fn ratio(&self, quantity: Quantity, against: Who) -> Option<f64> {
        let others = &self.runs[against as usize];
        let pairs = self.runs[Who::Ours as usize].iter().zip(others);
        median(pairs.map(|(ours, other)| quantity.of(ours) / quantity.of(other)))
    }
}

pub fn run(
    jobs: impl Iterator<Item = &'static Job>,
    rounds: usize,
    programs: &Programs,
    entries: u32,
) -> Result<Vec<Results>> {
    let mut results: Vec<Results> = jobs.map(Results::new).collect();
    for round in 0..rounds {
        for results in &mut results {
            turn(round, results, programs, entries)?;
        }
    }
    Ok(results)
}

/// Each round begins with another program, so that no place in it is anyone's advantage.
fn turn(round: usize, results: &mut Results, programs: &Programs, entries: u32) -> Result<()> {
    let job = results.job;
    let mut turns = Who::ALL;
    turns.rotate_left(round % Who::ALL.len());
    for who in turns {
        let (Some(program), Some(words)) = (programs.of(who), job.words_for(who)) else {
            continue;
        };
        let run = measure(program, words, job.output)?;
        if who != Who::Raw {
            check(job, &run, entries)?;
        }
        results.runs[who as usize].push(run);
        clean_up(job.after, entries)?;
    }
    Ok(())
}

/// What did only half of its work was not fast.
fn check(job: &Job, run: &Measurement, entries: u32) -> Result<()> {
    let finds_nothing = matches!(job.handled, Some(Part::Nothing));
    if run.status != 0.0 && !finds_nothing {
        bail!("{}: {}", job.name, run.messages);
    }
    let Some(part) = job.handled else {
        return Ok(());
    };
    let expected = format!(" {} flow entries have been ", part.count(entries));
    if run.messages.contains(&expected) {
        Ok(())
    } else {
        bail!("{}: not{expected}handled: {}", job.name, run.messages)
    }
}

fn clean_up(after: After, entries: u32) -> Result<()> {
    match after {
        After::Nothing => Ok(()),
        After::Restore(part) => flows::restore(part, entries),
        After::RemoveLoaded => flows::remove(flows::loaded(entries)),
    }
}
