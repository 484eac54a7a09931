//! The soak: for as long as one likes, `-E` in every format beside a busy table, and whether every count that is said is
//! the number of rows that were printed and of events that a witness saw, whether memory stays flat, and whether
//! anything is lost without a word, or left over.
//!
//!     tests/soak --minutes 60 PROGRAM
//!
//! Nothing that is read is kept, only counted, so that an hour takes no more memory or disk than a minute.

mod command;
mod counts;
mod flows;
mod ledger;
mod listener;
mod packets;
mod rounds;
mod rows;
mod signals;
mod vitals;
mod watcher;
mod world;
mod xml;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use signal_hook::flag;

use crate::harness::namespace::Namespace;
use command::Running;
use counts::CLASSES;
use ledger::Ledger;
use listener::Listener;
use rounds::{ALL, STEADY, STEADY_FLOWS};
use watcher::Watcher;
use world::World;

/// Who listens all the time. The one with the small buffer loses events, and must say so.
const LISTENERS: [&str; 5] = [
    "",
    "-o id,timestamp,userspace",
    "-o xml,timestamp,id",
    "-o save",
    "-b 20000",
];

/// How often everything stands still and is compared.
const INTERVAL: Duration = Duration::from_secs(10);

/// How many flows are made at once before the work begins, at the most.
const AT_ONCE: u32 = 1000;

/// How often it tells how far it is, in parts of the whole.
pub const PARTS: u32 = 12;

/// What the whole may take beyond its time, in seconds.
const GRACE: u64 = 180;

/// How long it may take to end early, at SIGINT or SIGTERM.
const KILL_AFTER: &str = "--kill-after=40";

/// Makes a namespace, and calls this program in it, which ends with us or in time.
pub fn run(minutes: &str, program: &str) -> Result<(), String> {
    let number = minutes.parse().ok().filter(|number| *number > 0.0);
    let number: f32 = number.ok_or_else(|| format!("{minutes}: no number of minutes"))?;
    let seconds = number * 60.0;
    let program = fs::canonicalize(program).map_err(|error| format!("{program}: {error}"))?;
    let namespace = Namespace::new()?;
    packets::prepare(&namespace);
    namespace.sysctl("net.netfilter.nf_conntrack_events", "1");
    let status = namespace
        .enter()
        .args(["setpriv", "--pdeathsig", "TERM", "timeout", KILL_AFTER])
        .arg((seconds as u64 + GRACE).to_string())
        .arg(std::env::current_exe().expect("our own path"))
        .args([
            "inside",
            "soak",
            &format!("{seconds} {}", program.display()),
        ])
        .status()
        .map_err(|error| error.to_string())?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("the soak has failed: {status}")),
    }
}

/// The soak itself, in its namespace.
pub fn inside(script: &str) -> ExitCode {
    let (seconds, program) = script.split_once(' ').expect("how long, and what");
    let seconds: f32 = seconds.parse().expect("how long");
    let stopped = stop_at_signal();
    let watcher = Watcher::start();
    let program = PathBuf::from(program);
    let listeners = LISTENERS.map(|arguments| Listener::start(&program, arguments));
    let begun = Instant::now();
    while !listeners.iter().all(Listener::listens) {
        assert!(begun.elapsed() < INTERVAL, "nobody listens");
        thread::sleep(Duration::from_millis(10));
    }
    packets::serve();
    let mut world = World {
        program,
        watcher,
        listeners: Mutex::new(listeners.into()),
        ledger: Ledger::new(),
        gate: RwLock::new(()),
        running: Running::default(),
        calls: AtomicU64::new(0),
        begun: Instant::now(),
        time: Duration::ZERO,
        stopped,
    };
    fill(&world);
    world.begun = Instant::now();
    world.time = Duration::from_secs_f32(seconds);
    let mut checked = Checked::default();
    check(&world, &mut checked);
    let mut told = 0;
    thread::scope(|scope| {
        for work in &ALL {
            scope.spawn(|| work.go_on(&world));
        }
        scope.spawn(|| end_hanging(&world));
        while !world.is_over() {
            let rest = world.time.saturating_sub(world.begun.elapsed());
            thread::sleep(rest.min(INTERVAL));
            check(&world, &mut checked);
            let part = world.part();
            if part > told {
                told = part;
                tell(&world);
            }
        }
    });
    check(&world, &mut checked);
    report(world)
}

/// Somebody may have seen enough, and then still wants to be told.
fn stop_at_signal() -> Arc<AtomicBool> {
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        flag::register(signal as i32, Arc::clone(&stopped)).expect("a handler");
    }
    stopped
}

/// Makes the flows that stay, and has the listeners fall behind once, so that all that waits for them has been as large as
/// it may ever be.
fn fill(world: &World) {
    let room = world.watcher.room;
    let mut rest = 0..STEADY_FLOWS;
    while !rest.is_empty() {
        let some = rest.start..rest.end.min(rest.start + room.min(AT_ONCE));
        rest.start = some.end;
        world.load(&flows::lines("-I", STEADY, some, 10));
        world.watcher.seen();
        world.pace();
    }
    let everyone = |signal| {
        let listeners = world.listeners.lock().expect("those who listen");
        listeners
            .iter()
            .for_each(|listener| listener.signal(signal));
    };
    everyone(Signal::SIGSTOP);
    world.load(&flows::lines("-I", 8, 0..room, 80));
    everyone(Signal::SIGCONT);
    world.pace();
    for filter in flows::filters(8) {
        world.call(&format!("-D {filter}"));
        world.pace();
    }
}

/// What was found the last time.
#[derive(Default)]
struct Checked {
    /// How much the witness had missed.
    overruns: u64,
    /// By how many flows the table differs from what the witness saw, for each class.
    missed: [u64; CLASSES],
}

/// While all work rests: are the listeners' rows the events, and is the table what the events have made it?
fn check(world: &World, checked: &mut Checked) {
    let _closed = world.gate.write();
    let seen = world.watcher.seen();
    let overran = seen.overruns > checked.overruns;
    checked.overruns = seen.overruns;
    for listener in world.listeners.lock().expect("those who listen").iter_mut() {
        listener.check(&world.watcher, overran, &world.ledger);
    }
    // Class 9 goes by itself, and 0 is nobody's.
    for class in 1..CLASSES - 1 {
        const NAME: &str = "-L: lists what came and has not gone";
        let listed = flows::filters(class).map(|filter| world.call(&format!("-L {filter}")));
        let listed: u64 = listed.iter().map(|said| said.classes[class]).sum();
        let alive = seen.counts.alive(class);
        let expected = alive.wrapping_add(checked.missed[class]);
        match overran {
            true => world.ledger.undecided(NAME),
            false => world
                .ledger
                .same(NAME, &[("listed", listed), ("expected", expected)]),
        }
        checked.missed[class] = listed.wrapping_sub(alive);
    }
}

/// Others wait for those who hang, so somebody else must end them.
fn end_hanging(world: &World) {
    while !world.is_over() || !world.running.is_empty() {
        thread::sleep(Duration::from_secs(1));
        let hanging = world.running.end_hanging();
        world
            .ledger
            .check("no command hangs", hanging.is_empty(), || {
                hanging.join("; ")
            });
    }
}

/// How far it is.
fn tell(world: &World) {
    let seen = world.watcher.glance();
    println!(
        "{:.1} minutes: {} events, {} commands, {} failures; the witness itself missed events {} times",
        world.begun.elapsed().as_secs_f32() / 60.0,
        seen.counts.total(),
        world.calls.load(Ordering::Relaxed),
        world.ledger.failures(),
        seen.overruns
    );
}

fn report(world: World) -> ExitCode {
    tell(&world);
    if world.stopped.load(Ordering::Relaxed) {
        println!("A signal has ended it early.");
    }
    let World {
        listeners, ledger, ..
    } = world;
    let listeners = listeners.into_inner().expect("those who listen");
    let lines: Vec<String> = listeners
        .into_iter()
        .map(|listener| listener.end(&ledger))
        .collect();
    println!("\n{}", ledger.table());
    println!(
        "{:<34} {:>10} {:>8} {:>8} {:>19} {:>4} {:>8}",
        "listener", "rows", "overruns", "lost", "KiB: first, range", "fds", "threads"
    );
    lines.iter().for_each(|line| println!("{line}"));
    match ledger.failures() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
