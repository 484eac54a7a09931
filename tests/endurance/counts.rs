//! How many events there were of which flows.
//!
//! A class is a part of the addresses: flows from 10.N.0.0/16 and fdNN::/16 are of class N. Each kind of work has a class
//! of its own, so that what a command says can be compared with the events of its class while others are at work.

use std::sync::atomic::{AtomicU64, Ordering};

pub const CLASSES: usize = 10;

#[derive(Clone, Copy)]
pub enum Event {
    New,
    Update,
    Destroy,
}

/// Counts that go on.
#[derive(Default)]
pub struct Tally([[AtomicU64; 3]; CLASSES]);

/// Counts at a moment, or between two.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Counts([[u64; 3]; CLASSES]);

/// The class of an address with this number in it. Class 0 is for every other address.
pub fn class(number: Option<u8>) -> usize {
    let class = number.map_or(0, usize::from);
    if class < CLASSES { class } else { 0 }
}

impl Tally {
    pub fn add(&self, event: Event, class: usize) {
        self.0[class][event as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub fn now(&self) -> Counts {
        let counts = |class: &[AtomicU64; 3]| class.each_ref().map(|c| c.load(Ordering::Relaxed));
        Counts(self.0.each_ref().map(counts))
    }
}

impl Counts {
    pub fn of(&self, class: usize, event: Event) -> u64 {
        self.0[class][event as usize]
    }

    /// The flows of a class that have come and not gone.
    pub fn alive(&self, class: usize) -> u64 {
        (self.of(class, Event::New)).wrapping_sub(self.of(class, Event::Destroy))
    }

    pub fn total(&self) -> u64 {
        self.0.iter().flatten().sum()
    }

    pub fn since(&self, before: &Counts) -> Counts {
        self.with(before, u64::wrapping_sub)
    }

    pub fn plus(&self, more: &Counts) -> Counts {
        self.with(more, u64::wrapping_add)
    }

    fn with(&self, other: &Counts, combine: fn(u64, u64) -> u64) -> Counts {
        let mut result = *self;
        let counts = result.0.iter_mut().flatten();
        for (count, other) in counts.zip(other.0.iter().flatten()) {
            *count = combine(*count, *other);
        }
        result
    }

    /// The classes in which there is a difference, with what it is: new, updated, destroyed.
    pub fn differences(&self) -> String {
        let counts = (0..).zip(&self.0);
        let differing = counts.filter(|(_, counts)| **counts != [0; 3]);
        let shown = differing.map(|(class, counts): (usize, _)| {
            format!("class {class}: {:?}", counts.map(|count| count as i64))
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}
