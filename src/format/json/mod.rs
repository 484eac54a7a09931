//! JSON, an object a line: everything that the kernel said of an entry, and nothing where it said nothing.

mod counts;
mod expectation;
mod flow;
mod group;
#[cfg(all(test, target_endian = "little"))]
mod schema;
#[cfg(all(test, target_endian = "little"))]
mod twin;
mod write;

use super::row::{Occasion, Row, Show, Style};
use crate::clock;
use crate::flow::stats::{Count, CpuStats};
use crate::flow::{Attributes, Event, Expectation};
pub use group::{Common, group};
use write::{key, number, object, said, time, word};

pub struct Json;

impl Style for Json {
    fn flow(&self, out: &mut Vec<u8>, row: &Row, show: &Show) {
        object(out, |out| {
            event(out, row.occasion, row.flow.event_time);
            flow::members(out, row.flow, show);
            sender(out, row.occasion);
        });
    }

    fn expectation(&self, out: &mut Vec<u8>, entry: &Expectation, occasion: Occasion, _: &Show) {
        object(out, |out| {
            event(out, occasion, None);
            expectation::members(out, entry);
        });
    }

    fn needs(&self) -> Attributes {
        Attributes::ALL
    }

    fn always_labels(&self) -> bool {
        true
    }

    fn lost(&self, out: &mut Vec<u8>, times: u64) {
        object(out, |out| {
            key(out, "event");
            word(out, "LOST");
            key(out, "times");
            number(out, times);
        });
        out.push(b'\n');
    }

    fn cpu(&self, out: &mut Vec<u8>, stats: &CpuStats) {
        counts::cpu(out, stats);
        out.push(b'\n');
    }

    fn shows_limits(&self) -> bool {
        true
    }

    fn count(&self, out: &mut Vec<u8>, count: &Count) {
        counts::count(out, count);
        out.push(b'\n');
    }
}

/// What happened and when: as the kernel stamped it, or now.
fn event(out: &mut Vec<u8>, occasion: Occasion, stamp: Option<u64>) {
    if let Some(event) = occasion.event() {
        key(out, "event");
        word(out, name(event));
    }
    if occasion.is_event() {
        key(out, "time");
        time(out, stamp.unwrap_or_else(clock::now));
    }
}

fn name(event: Event) -> &'static str {
    match event {
        Event::New => "NEW",
        Event::Update => "UPDATE",
        Event::Destroy => "DESTROY",
    }
}

/// The process that caused an event.
fn sender(out: &mut Vec<u8>, occasion: Occasion) {
    let Occasion::Event(_, Some(sender)) = occasion else {
        return;
    };
    key(out, "portid");
    number(out, sender.port);
    if let Some(name) = sender.name {
        key(out, "program");
        said(out, name);
    }
}
