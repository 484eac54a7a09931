//! The work beside which the listeners listen: rounds that are done over and over, each by a thread of its own, on a
//! class of flows of its own.

use std::ops::Range;
use std::thread;
use std::time::Duration;

use super::command::Said;
use super::counts::Event;
use super::flows::{filters, lines};
use super::packets;
use super::signals::{interrupt, visit};
use super::watcher::Seen;
use super::world::World;

/// A kind of work, the class of flows that it is about, and its round, which is told how many there were before.
pub struct Work {
    class: usize,
    round: fn(&World, usize, u32),
    /// How long it rests after a round.
    rest: Duration,
}

/// A class of flows that stay as they are.
pub const STEADY: usize = 1;
pub const STEADY_FLOWS: u32 = 20_000;

const fn work(class: usize, rest: u64, round: fn(&World, usize, u32)) -> Work {
    Work {
        class,
        round,
        rest: Duration::from_millis(rest),
    }
}

pub const ALL: [Work; 9] = [
    work(STEADY, 300, list),
    work(STEADY, 100, get),
    work(2, 700, delete),
    work(3, 500, update),
    work(4, 900, load),
    work(5, 700, race),
    work(6, 700, interrupt),
    work(7, 900, visit),
    work(9, 400, |_, _, number| packets::round(number)),
];

const SHOWN: &str = " flow entries have been shown";
pub const DELETED: &str = " flow entries have been deleted";
pub const UPDATED: &str = " flow entries have been updated";

/// How many flows a round makes.
pub const SOME: u32 = 400;

impl Work {
    pub fn go_on(&self, world: &World) {
        for number in 0.. {
            if world.is_over() {
                return;
            }
            world.pace();
            {
                let _open = world.gate.read();
                (self.round)(world, self.class, number);
            }
            thread::sleep(self.rest);
        }
    }
}

pub fn ended(world: &World, name: &'static str, said: &Said, status: i32) {
    world
        .ledger
        .check(name, said.status.code() == Some(status), || {
            format!("{}: {}", said.status, said.stderr.trim_end())
        });
}

/// Loads new flows, of which the table must get all.
pub fn make(world: &World, class: usize, numbers: Range<u32>, mark: u32) {
    let before = world.watcher.seen();
    let all = u64::from(numbers.end - numbers.start);
    let said = world.load(&lines("-I", class, numbers, mark));
    ended(world, "-R: ends with status 0", &said, 0);
    let seen = world.since(&before);
    let numbers = [
        ("events", seen.counts.of(class, Event::New)),
        ("lines", all),
    ];
    world.compare("-R: makes a flow of each line", &seen, &numbers);
}

/// Deletes a class.
pub fn clear(world: &World, class: usize) {
    for filter in filters(class) {
        world.call(&format!("-D {filter}"));
    }
}

fn list(world: &World, class: usize, number: u32) {
    let formats = ["", "-o xml", "-o save", "-o extended,id,labels"];
    let format = formats[number as usize % formats.len()];
    let said = world.call(&format!("-L {format}"));
    let numbers = [("said", said.number(SHOWN)), ("rows", said.rows())];
    world
        .ledger
        .same("-L: the summary says how many rows there were", &numbers);
    ended(world, "-L: ends with status 0", &said, 0);
    let steady = filters(class).map(|filter| world.call(&format!("-L {format} {filter}")));
    let rows = steady.iter().map(|said| said.classes[class]).sum();
    let numbers = [("rows", rows), ("flows", u64::from(STEADY_FLOWS))];
    world
        .ledger
        .same("-L: shows every flow that stays, once", &numbers);
    let count = world.call("-C");
    ended(world, "-C: ends with status 0", &count, 0);
}

fn get(world: &World, class: usize, number: u32) {
    let flow = number.wrapping_mul(7919) % STEADY_FLOWS / 4 * 4;
    let (high, low) = (flow / 250, flow % 250);
    let of = |class: usize| {
        format!("-G -p udp -s 10.{class}.{high}.{low} -d 10.200.0.1 --sport 1000 --dport 53")
    };
    let said = world.call(&of(class));
    let numbers = [
        ("said", said.number(SHOWN)),
        ("rows", said.rows()),
        ("flow", 1),
    ];
    world.ledger.same("-G: shows the flow", &numbers);
    ended(world, "-G: ends with status 0", &said, 0);
    let said = world.call(&of(8));
    ended(
        world,
        "-G: ends with status 1 where there is none",
        &said,
        1,
    );
}

/// Half of the flows go by their mark, the others by their addresses.
fn delete(world: &World, class: usize, _: u32) {
    make(world, class, 0..SOME / 2, 20);
    make(world, class, SOME / 2..SOME, 21);
    let before = world.watcher.seen();
    let said = world.call("-D -m 20");
    let seen = world.since(&before);
    deleted(world, class, &seen, &[&said], u64::from(SOME / 2));
    ended(world, "-D: ends with status 0", &said, 0);
    let before = world.watcher.seen();
    let [v4, v6] = filters(class).map(|filter| world.call(&format!("-D {filter}")));
    let seen = world.since(&before);
    deleted(world, class, &seen, &[&v4, &v6], u64::from(SOME / 2));
}

/// What is said of deleted flows, their rows and their events must agree.
fn deleted(world: &World, class: usize, seen: &Seen, said: &[&Said], all: u64) {
    let sum = |count: fn(&Said) -> u64| said.iter().map(|said| count(said)).sum();
    let numbers = [
        ("said", sum(|said| said.number(DELETED))),
        ("rows", sum(Said::rows)),
        ("events", seen.counts.of(class, Event::Destroy)),
        ("flows", all),
    ];
    world.compare("-D: says what it deleted", seen, &numbers);
}

/// The same flows all the time.
fn update(world: &World, class: usize, number: u32) {
    if number == 0 {
        make(world, class, 0..SOME, 0);
    }
    // A flow that has the mark already is not changed.
    let mark = 1000 + number;
    let before = world.watcher.seen();
    let said = match number % 3 {
        0 => vec![world.call(&format!("-U -m {mark} -p tcp -s 10.{class}.0.0/16"))],
        _ => filters(class)
            .map(|f| world.call(&format!("-U -m {mark} {f}")))
            .into(),
    };
    let seen = world.since(&before);
    let all = if number % 3 == 0 { SOME / 4 } else { SOME };
    let numbers = [
        ("said", said.iter().map(|said| said.number(UPDATED)).sum()),
        ("rows", said.iter().map(Said::rows).sum()),
        ("events", seen.counts.of(class, Event::Update)),
        ("flows", u64::from(all)),
    ];
    world.compare("-U: says what it changed", &seen, &numbers);
    let marked = world.call(&format!("-L -m {mark}"));
    let numbers = [("listed", marked.rows()), ("said", marked.number(SHOWN))];
    world
        .ledger
        .same("-L -m: the summary says how many rows there were", &numbers);
    let holds = marked.rows() >= u64::from(all);
    world
        .ledger
        .check("-U: what was changed is listed", holds, || {
            format!("{} of {all}", marked.rows())
        });
}

/// Loads, loads again over it, and fails in the middle.
fn load(world: &World, class: usize, _: u32) {
    make(world, class, 0..SOME, 40);
    let before = world.watcher.seen();
    let said = world.load(&lines("-A", class, 0..SOME, 41));
    ended(world, "-R: ends with status 0", &said, 0);
    let seen = world.since(&before);
    let events = [Event::New, Event::Update].map(|event| seen.counts.of(class, event));
    let numbers = [
        ("updated", events[0] + events[1]),
        ("lines", u64::from(SOME)),
    ];
    world.compare(
        "-R: changes the flow of each line that is there",
        &seen,
        &numbers,
    );

    let good = lines("-I", class, SOME..SOME + 300, 42);
    let bad = lines("-I", class, 0..1, 42);
    let behind = lines("-I", class, SOME + 300..SOME + 500, 42);
    let before = world.watcher.seen();
    let said = world.load(&format!("{good}{bad}{behind}"));
    ended(world, "-R: ends with status 1 at a refusal", &said, 1);
    world.ledger.check(
        "-R: names the line that was refused",
        said.stderr.contains("line 301 "),
        || said.stderr.clone(),
    );
    let seen = world.since(&before);
    let numbers = [("flows", seen.counts.alive(class)), ("lines before", 300)];
    world.compare("-R: leaves what stands before a refusal", &seen, &numbers);
    let before = world.watcher.seen();
    let [v4, v6] = filters(class).map(|filter| world.call(&format!("-D {filter}")));
    deleted(
        world,
        class,
        &world.since(&before),
        &[&v4, &v6],
        u64::from(SOME + 300),
    );
}

/// Several at the same flows: each flow is deleted by one of them, and said by one. What the one changes, the other no
/// longer means.
fn race(world: &World, class: usize, number: u32) {
    make(world, class, 0..SOME, 50);
    let before = world.watcher.seen();
    let [filter, _] = filters(class);
    let commands = [
        "-D -m 50".to_owned(),
        format!("-D {filter}"),
        format!("-U -m 51 {filter}"),
    ];
    let said = thread::scope(|scope| {
        let rivals = commands
            .each_ref()
            .map(|command| scope.spawn(|| world.call(command)));
        rivals.map(|rival| rival.join().expect("a rival"))
    });
    let left = filters(class).map(|filter| world.call(&format!("-D {filter}")));
    let seen = world.since(&before);
    let numbers = [
        (
            "said",
            said[..2]
                .iter()
                .chain(&left)
                .map(|said| said.number(DELETED))
                .sum(),
        ),
        ("rows", said[..2].iter().chain(&left).map(Said::rows).sum()),
        ("events", seen.counts.of(class, Event::Destroy)),
        ("flows", u64::from(SOME)),
    ];
    world.compare(
        "-D beside -D and -U: each flow is said once",
        &seen,
        &numbers,
    );
    let updated = [("said", said[2].number(UPDATED)), ("rows", said[2].rows())];
    world
        .ledger
        .same("-U beside -D: says what it shows", &updated);
    let events = seen.counts.of(class, Event::Update);
    world.ledger.check(
        "-U beside -D: says no more than was changed",
        seen.overruns > 0 || updated[0].1 <= events,
        || format!("round {number}: {} said, {events} events", updated[0].1),
    );
}
