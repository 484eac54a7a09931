//! What a row says, in each format: which event it is, and which class its flow is of.

use super::counts::{self, Event};

/// What stands at the beginning of a row of an event.
const EVENTS: [(&str, Event); 9] = [
    ("[NEW]", Event::New),
    ("[UPDATE]", Event::Update),
    ("[DESTROY]", Event::Destroy),
    ("type=\"new\"", Event::New),
    ("type=\"update\"", Event::Update),
    ("type=\"destroy\"", Event::Destroy),
    ("-A ", Event::New),
    ("-U ", Event::Update),
    ("-D ", Event::Destroy),
];

/// What stands before the source address; the first one is that of the original direction.
const SOURCES: [&str; 3] = [" src=", "<src>", " -s "];

/// A row's event, where it has one, and class; nothing where it is no row of a flow.
pub fn read(line: &[u8]) -> Option<(Option<Event>, usize)> {
    let line = std::str::from_utf8(line).ok()?;
    let places = SOURCES
        .iter()
        .filter_map(|key| Some((line.find(key)?, key)));
    let (place, key) = places.min_by_key(|(place, _)| *place)?;
    let head = &line[..place];
    let event = EVENTS.iter().find(|(word, _)| head.contains(word));
    let number = number(&line[place + key.len()..]);
    Some((event.map(|(_, event)| *event), counts::class(number)))
}

fn number(address: &str) -> Option<u8> {
    if let Some(rest) = address.strip_prefix("10.") {
        return rest.split('.').next()?.parse().ok();
    }
    u8::from_str_radix(address.strip_prefix("fd")?.get(..2)?, 16).ok()
}
