//! What signals end: commands in the middle of their work, and those who listen for a moment only.

use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::command::{self, Interruption};
use super::counts::Event;
use super::flows::{filters, lines};
use super::rounds::{DELETED, SOME, UPDATED, clear, ended, make};
use super::watcher::listens;
use super::world::World;

const EVENTS: &str = " flow events have been shown";

/// A signal in the middle: what was done is shown, and said.
pub fn interrupt(world: &World, class: usize, number: u32) {
    let many = 4 * SOME;
    let signal = if number % 2 == 0 {
        Signal::SIGINT
    } else {
        Signal::SIGTERM
    };
    let delay = Duration::from_micros(u64::from(number.wrapping_mul(7919) % 20_000));
    let wait = |_: &Child| thread::sleep(delay);
    let signals = [signal];
    let interruption = Some(Interruption {
        wait: &wait,
        signals: &signals,
    });
    let before = world.watcher.seen();
    if number % 3 == 0 {
        let said = world.call_with("-R -", &lines("-I", class, 0..many, 60), interruption);
        let seen = world.since(&before);
        let made = seen.counts.of(class, Event::New);
        let told = match said.status.success() {
            true => u64::from(many),
            false => said.number(&format!(" of {many} lines")),
        };
        let numbers = [("said", told), ("events", made)];
        world.compare("-R: a signal does not hide what was done", &seen, &numbers);
        clear(world, class);
        return;
    }
    make(world, class, 0..many, 60);
    let before = world.watcher.seen();
    let (command, done, event) = match number % 3 {
        1 => ("-D -m 60", DELETED, Event::Destroy),
        _ => ("-U -m 61", UPDATED, Event::Update),
    };
    let command = format!("{command} {}", filters(class)[0]);
    let said = world.call_with(&command, "", interruption);
    let seen = world.since(&before);
    let numbers = [
        ("said", said.number(done)),
        ("rows", said.rows()),
        ("events", seen.counts.of(class, event)),
    ];
    let name = match number % 3 {
        1 => "-D: a signal does not hide what was done",
        _ => "-U: a signal does not hide what was done",
    };
    world.compare(name, &seen, &numbers);
    clear(world, class);
}

/// One who listens for a moment only, and shows at its end what has happened by then, also where it could not take
/// anything in before.
pub fn visit(world: &World, _: usize, number: u32) {
    let commands = [
        "-E",
        "-E -o xml",
        "-E -o save",
        "-E -o id,timestamp",
        "-E -e NEW -p tcp",
    ];
    let signal = if number % 2 == 0 {
        Signal::SIGINT
    } else {
        Signal::SIGTERM
    };
    let stay = Duration::from_millis(u64::from(300 + number.wrapping_mul(7919) % 1000));
    let arguments = commands[number as usize % commands.len()];
    let happened = AtomicU64::new(0);
    let wait = |child: &Child| {
        while !listens(child.id()) {
            thread::sleep(Duration::from_millis(1));
        }
        let before = world.watcher.seen();
        if number % 4 < 2 {
            command::signal(child, Signal::SIGSTOP);
        }
        thread::sleep(stay);
        let meanwhile = world.watcher.glance().since(&before);
        happened.store(meanwhile.counts.total(), Ordering::Relaxed);
        // What the witness has heard, everybody has heard a moment later.
        thread::sleep(Duration::from_millis(2));
    };
    let interruption = Interruption {
        wait: &wait,
        signals: &[signal, Signal::SIGCONT],
    };
    let said = world.call_with(arguments, "", Some(interruption));
    ended(world, "-E for a moment: ends with status 0", &said, 0);
    let numbers = [("said", said.number(EVENTS)), ("rows", said.rows())];
    world.ledger.same(
        "-E for a moment: the summary says how many rows there were",
        &numbers,
    );
    let [happened, shown] = [happened.into_inner(), said.rows()];
    let admits = ["ENOBUFS", "More events had arrived"]
        .iter()
        .any(|words| said.stderr.contains(words));
    let whole = arguments.contains("-e") || admits || shown >= happened;
    world.ledger.check(
        "-E for a moment: shows all that came before the signal",
        whole,
        || format!("{happened} came, {shown} shown"),
    );
}
