//! Flows that are created fast, while somebody listens.

use crate::flows::Part;
use crate::measure::{Measurement, Run};
use crate::programs::{Program, Programs, Who};
use crate::raw::LISTEN;
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
    /// By so many threads at once.
    pub writers: u32,
}

/// A program that watches, and how.
#[derive(Clone, Copy)]
pub struct Watch {
    pub name: &'static str,
    pub words: &'static [&'static str],
    /// How many lines it is to print of so many flows.
    pub lines: fn(u32) -> u32,
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
    pub watch: &'static Watch,
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
        writers: 1,
    },
    Burst {
        count: 300_000,
        rate: u32::MAX,
        writers: 2,
    },
];

pub static ROWS: Watch = watch_as("-E -e NEW", &["-E", "-e", "NEW"]);

/// Other ways to watch, of ours alone.
static OTHER_WAYS: [Watch; 3] = [
    Watch {
        lines: |flows| flows + 3,
        ..watch_as("-E -e NEW -o xml", &["-E", "-e", "NEW", "-o", "xml"])
    },
    watch_as(
        "-E -e NEW -o id,timestamp",
        &["-E", "-e", "NEW", "-o", "id,timestamp"],
    ),
    Watch {
        lines: |flows| flows - Part::Tcp.count(flows),
        ..watch_as("-E -e NEW -p udp", &["-E", "-e", "NEW", "-p", "udp"])
    },
];

/// A socket that does nothing but read.
static READER: Watch = watch_as("a socket that only reads", &[LISTEN]);

const fn watch_as(name: &'static str, words: &'static [&'static str]) -> Watch {
    Watch {
        name,
        words,
        lines: |flows| flows,
    }
}

/// How long nothing must be printed until everything was.
const SILENCE: Duration = Duration::from_millis(300);

const READ: usize = 1 << 20;

/// No burst is larger than the table, for which there is room once more.
pub fn run(rounds: usize, programs: &Programs, entries: u32) -> Result<Vec<Results>> {
    let mut results: Vec<Results> = BURSTS
        .iter()
        .flat_map(|burst| watchers().map(|(watch, who)| Results::new(*burst, watch, who)))
        .collect();
    for _ in 0..rounds {
        for Results {
            burst,
            watch,
            who,
            watched,
        } in &mut results
        {
            burst.count = burst.count.min(entries);
            if let Some(program) = programs.of(*who) {
                watched.push(watch_burst(program, watch.words, *burst)?);
            }
        }
    }
    Ok(results)
}

/// Creates flows while a program prints them, and deletes them when it has ended. Rows go to a file in memory: that
/// takes less of the machine's time than a disk, or a pipe that somebody reads.
pub fn watch_burst(program: &Program, words: &[&str], burst: Burst) -> Result<Watched> {
    namespace::announce_events()?;
    let rows = File::from(memfd_create("rows", MFdFlags::MFD_CLOEXEC)?);
    let path = format!("/proc/{}/fd/{}", process::id(), rows.as_raw_fd());
    let run = Run::start(program, words, &path)?;
    for_listener()?;
    let seconds = flows::create_at(burst.rate, burst.writers, flows::burst(burst.count))?;
    wait_for_silence(&rows)?;
    let run = run.interrupt()?;
    flows::remove(flows::burst(burst.count))?;
    Ok(Watched {
        run,
        rate: f64::from(burst.count) / seconds,
        printed: count_lines(rows)?,
    })
}

fn watchers() -> impl Iterator<Item = (&'static Watch, Who)> {
    let with_rows = [
        (&READER, Who::Raw),
        (&ROWS, Who::Ours),
        (&ROWS, Who::Reference),
    ];
    let others = OTHER_WAYS.iter().map(|watch| (watch, Who::Ours));
    with_rows.into_iter().chain(others)
}

impl Results {
    fn new(burst: Burst, watch: &'static Watch, who: Who) -> Results {
        Results {
            burst,
            watch,
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
