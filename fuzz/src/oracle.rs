//! What every row must be, whatever the kernel, other processes and files say in it.

use conntrack_cli::format::Frame;
use roxmltree::{Document, Node};
use serde_json::Value;

/// The keys of what others say, which ends at a blank where it is to be loaded again.
const SAID_BY_OTHERS: [&str; 2] = ["progname=", "helper="];

/// A row is one line, whose only control character is the tab behind its time.
pub fn is_a_line(row: &[u8]) {
    let line = line(row);
    let rest = without_stamp(line);
    assert!(!rest.contains(char::is_control), "{line:?}");
}

/// Nothing that others say becomes a word of its own.
pub fn is_safe_to_load(row: &[u8]) {
    let line = line(row);
    for key in SAID_BY_OTHERS {
        let said = line.split_once(key).map_or("", |(_, said)| said);
        let apart = |letter| matches!(letter, ' ' | '\t' | '"');
        assert!(!said.contains(apart), "{line:?}");
    }
}

/// In its frame a row is a document of one entry.
pub fn is_xml(frame: Frame, row: &[u8]) {
    let document = [frame.opening, line(row), frame.closing].concat();
    let parsed = Document::parse(&document);
    let parsed = parsed.unwrap_or_else(|error| panic!("{error}: {document:?}"));
    let entries = parsed.root_element().children().filter(Node::is_element);
    assert_eq!(entries.count(), 1, "{document:?}");
}

/// A row is an object by itself, whose keys are all different, and in which nothing is null.
pub fn is_json(row: &[u8]) {
    let line = line(row);
    assert!(!line.contains(char::is_control), "{line:?}");
    let parsed: Value =
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    assert!(parsed.is_object() && !has_null(&parsed), "{line:?}");
    // What is parsed has each key once.
    assert_eq!(length(&parsed), line.len(), "{line:?}");
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.values().any(has_null),
        Value::Array(items) => items.iter().any(has_null),
        _ => false,
    }
}

fn length(value: &Value) -> usize {
    value.to_string().len()
}

/// The text of a row without its end.
fn line(row: &[u8]) -> &str {
    let line = row.strip_suffix(b"\n").expect("the end of a row");
    std::str::from_utf8(line).unwrap_or_else(|_| panic!("no text: {}", line.escape_ascii()))
}

/// What follows `[seconds.microseconds]` and a tab.
fn without_stamp(line: &str) -> &str {
    let is_time = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let stamped = line
        .strip_prefix('[')
        .and_then(|line| line.split_once("]\t"));
    match stamped {
        Some((time, rest)) if is_time(time) => rest,
        _ => line,
    }
}
