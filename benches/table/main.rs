//! How fast, and in how much memory, a full table is handled: by ours, by conntrack 1.4.9, and by a reader that does
//! nothing but receive.
//!
//!     cargo bench --bench table -- --entries 1000000 --rounds 5 [WORDS OF A JOB]
//!
//! It works in a network namespace of its own, which it fills; nothing of it is left when the benchmark ends, however
//! it ends. 1.4.9 is $CONNTRACK_REFERENCE, else `conntrack` on PATH, where that is 1.4.9; else its columns are empty.
//!
//! The jobs are data, in jobs.rs and bursts.rs. A job's programs run in turn, in each of several rounds; a ratio is
//! that of two runs of one round, and what is printed are medians. The program calls itself by other names: see ROLES.

mod arguments;
mod bursts;
mod flows;
mod jobs;
mod measure;
mod memory;
mod namespace;
mod programs;
mod races;
mod raw;
mod report;
mod rounds;
mod wait;

use arguments::Arguments;
use jobs::Job;
use programs::Programs;

type Result<T> = anyhow::Result<T>;

/// What the program does with the words that follow a name.
type Act = fn(&[String]) -> Result<()>;

/// The names under which the program calls itself, and what it then does.
const ROLES: [(&str, Act); 3] = [
    (namespace::ROLE, inside),
    (measure::ROLE, measure::run),
    (raw::ROLE, raw::run),
];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let role = ROLES
        .iter()
        .find(|(name, _)| words.first().is_some_and(|word| word == name));
    match role {
        Some((_, act)) => act(&words[1..]),
        // `cargo test --all-targets` calls benchmarks too, without this word.
        None if !words.iter().any(|word| word == "--bench") => Ok(()),
        None => namespace::enter(Arguments::read(&words)?),
    }
}

/// The benchmark itself, in its namespace. A small table comes before the full one.
fn inside(words: &[String]) -> Result<()> {
    namespace::settle()?;
    let arguments = Arguments::read(words)?;
    let Arguments {
        entries, rounds, ..
    } = arguments;
    let programs = Programs::find()?;
    let chosen = |jobs: &'static [Job]| jobs.iter().filter(|job| arguments.choose(job.name));
    report::circumstances(&arguments, &programs);

    let many = jobs::ROUNDS_ON_A_SMALL_TABLE;
    flows::create(0..jobs::FEW)?;
    let small = rounds::run(chosen(&jobs::ON_A_SMALL_TABLE), many, &programs, jobs::FEW)?;
    flows::flush()?;
    if arguments.choose(races::NAME) {
        report::races(&races::run(rounds, &programs)?);
    }
    let mut peaks = Vec::new();
    if arguments.choose(memory::NAME) {
        flows::create(0..memory::FEW)?;
        peaks.push(memory::peaks(memory::FEW, &programs)?);
    }

    flows::create(0..entries)?;
    flows::write_load_files(flows::loaded(entries))?;
    let full = rounds::run(chosen(&jobs::ON_A_FULL_TABLE), rounds, &programs, entries)?;
    report::medians(full.iter().chain(&small));
    report::bounds(full.iter().chain(&small));
    if arguments.choose(bursts::NAME) {
        report::bursts(&bursts::run(rounds, &programs, entries)?);
    }
    if arguments.choose(memory::NAME) {
        peaks.push(memory::peaks(entries, &programs)?);
        report::memory(&peaks);
    }
    Ok(())
}

/// The middle one of some numbers, where there are any.
fn median(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}
