//! Flows that are created fast, while somebody listens.

use crate::measure::{Measurement, Run};
use crate::programs::{Program, Programs, Who};
use crate::wait::{PAUSE, for_listener};
use crate::{Result, flows, namespace};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::process;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Flows to create.
#[derive(Clone, Copy)]
pub struct Burst {
    pub count: u32,
    /// At most so many a second.
    pub rate: u32,
}

/// What became of a burst.
pub struct Watched {
    pub run: Measurement,
    /// How many flows a second were created in fact.
    pub rate: f64,
    pub printed: u32,
}

/// All bursts of a rate that a program watched.
pub struct Results {
    pub burst: Burst,
    pub who: Who,
    pub watched: Vec<Watched>,
}

/// The name of all this, where jobs are chosen by theirs.
pub const NAME: &str = "-E -e NEW";

/// The first is the one of which no flow may be lost.
pub const BURSTS: [Burst; 2] = [
    Burst {
        count: 300_000,
        rate: 300_000,
    },
    Burst {
        count: 300_000,
        rate: 600_000,
    },
];

const WATCH: &[&str] = &["-E", "-e", "NEW"];

/// How long nothing must be printed until everything was.
const SILENCE: Duration = Duration::from_millis(300);

const READ: usize = 1 << 20;

/// No burst is larger than the table, for which there is room once more.
pub fn run(rounds: usize, programs: &Programs, entries: u32) -> Result<Vec<Results>> {
    let mut results: Vec<Results> = BURSTS
        .iter()
        .flat_map(|burst| [Who::Ours, Who::Reference].map(|who| Results::new(*burst, who)))
        .collect();
    for _ in 0..rounds {
        for Results {
            burst,
            who,
            watched,
        } in &mut results
        {
            burst.count = burst.count.min(entries);
            if let Some(program) = programs.of(*who) {
                watched.push(watch(program, *burst)?);
            }
        }
    }
    Ok(results)
}

/// Creates flows while a program prints them, and deletes them when it has ended. Rows go to a file in memory: that
/// takes less of the machine's time than a disk, or a pipe that somebody reads.
pub fn watch(program: &Program, burst: Burst) -> Result<Watched> {
    namespace::announce_events()?;
    let rows = File::from(memfd_create("rows", MFdFlags::MFD_CLOEXEC)?);
    let path = format!("/proc/{}/fd/{}", process::id(), rows.as_raw_fd());
    let run = Run::start(program, WATCH, &path)?;
    for_listener()?;
    let seconds = flows::create_at(burst.rate, flows::burst(burst.count))?;
    wait_for_silence(&rows)?;
    let run = run.interrupt()?;
    flows::remove(flows::burst(burst.count))?;
    Ok(Watched {
        run,
        rate: f64::from(burst.count) / seconds,
        printed: count_lines(rows)?,
    })
}

impl Results {
    fn new(burst: Burst, who: Who) -> Results {
        Results {
            burst,
            who,
            watched: Vec::new(),
        }
    }
}

fn wait_for_silence(rows: &File) -> Result<()> {
    let mut length = 0;
    let mut since = Instant::now();
    while since.elapsed() < SILENCE {
        sleep(PAUSE);
        let now = rows.metadata()?.len();
        if now != length {
            (length, since) = (now, Instant::now());
        }
    }
    Ok(())
}

fn count_lines(mut file: File) -> Result<u32> {
    let mut buffer = vec![0; READ];
    let mut count = 0;
    loop {
        let read = match file.read(&mut buffer)? {
            0 => return Ok(count),
            length => &buffer[..length],
        };
        count += read.iter().filter(|byte| **byte == b'\n').count() as u32;
    }
}
