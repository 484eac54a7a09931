//! Rows of recorded messages, compared with what 1.4.9 printed for them: the same files as the golden trials replay under the
//! whole program, read here without one.

use super::{Occasion, Output, Row, Show, outputs};
use crate::flow::Attributes;
use crate::netlink::decode;
use crate::netlink::message::{Content, messages};
use crate::task::Entries;
use std::fs;
use std::path::PathBuf;

/// A run of a script: its words, and the rows that it prints.
struct Run<'a> {
    words: &'a str,
    rows: String,
    failed: bool,
}

fn runs(script: &str) -> Vec<Run<'_>> {
    let mut runs: Vec<Run> = Vec::new();
    let mut is_body = false;
    for line in script.lines() {
        let run = runs.last_mut();
        match (line.split_once(' ').unwrap_or((line, "")), run) {
            (("@run", words), _) => {
                is_body = true;
                runs.push(Run {
                    words,
                    rows: String::new(),
                    failed: false,
                });
            }
            (("@differs", _), Some(run)) => {
                is_body = true;
                run.rows.clear();
            }
            (("@status", _), Some(run)) => run.failed = true,
            (("@stderr" | "@receive", _), _) => is_body = false,
            (_, Some(run)) if is_body => run.rows += &format!("{line}\n"),
            _ => {}
        }
    }
    runs
}

/// The datagrams of a script; none where reading fails in it.
fn received(script: &str) -> Option<Vec<Vec<u8>>> {
    let byte = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
    let datagram = |text: &str| text.as_bytes().chunks(2).map(byte).collect();
    let received = script
        .lines()
        .filter_map(|line| line.strip_prefix("@receive "));
    received.map(datagram).collect()
}

/// How a list without filters shows its rows, if a run is one. A clock, a zone and a label map are not of this test.
fn show(words: &str) -> Option<(Entries, Show)> {
    let rest = words.strip_prefix("-L")?;
    let (entries, rest) = match rest.strip_prefix(" expect") {
        Some(rest) => (Entries::Expectations, rest),
        None => (Entries::Flows, rest),
    };
    let mut show = Show::default();
    for name in rest
        .strip_prefix(" -o ")
        .unwrap_or(rest)
        .split(',')
        .filter(|name| !name.is_empty())
    {
        let known = outputs().find(|(known, _)| *known == name);
        match known?.1 {
            Output::Style(style) | Output::Addition(style) => show.style = style,
            Output::Columns(columns) => show.columns = show.columns.union(columns),
            Output::Table => {}
        }
        if ["timestamp", "ktimestamp", "labels"].contains(&name) {
            return None;
        }
    }
    Some((entries, show))
}

/// What a list prints of these datagrams, where nothing is wrong with them.
fn printed(datagrams: &[Vec<u8>], of: Entries, show: &Show) -> Option<Vec<u8>> {
    let mut rows = Vec::new();
    for message in datagrams.iter().flat_map(|datagram| messages(datagram)) {
        match (message.ok()?.content().ok()?, of) {
            (Content::Flow(body), Entries::Flows) => {
                let flow = decode::flow(&body, Attributes::ALL).ok()?;
                let row = Row {
                    flow: &flow,
                    occasion: Occasion::Listed,
                };
                show.flow(&mut rows, &row);
            }
            (Content::Expectation(body), Entries::Expectations) => {
                let entry = decode::expectation(&body).ok()?;
                show.expectation(&mut rows, &entry, Occasion::Listed);
            }
            _ => {}
        }
    }
    let frame = show.style.frame(of);
    let document = || [frame.opening.as_bytes(), &rows, frame.closing.as_bytes()].concat();
    Some(if rows.is_empty() { rows } else { document() })
}

/// Every script of the golden trials, by its path.
fn scripts() -> impl Iterator<Item = (PathBuf, String)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let paths = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths.map(|path| {
        let script = fs::read_to_string(&path).unwrap_or_default();
        (path, script)
    })
}

/// Every datagram of every script.
pub fn all_datagrams() -> Vec<Vec<u8>> {
    let of_script = |(_, script): (PathBuf, String)| received(&script);
    scripts().filter_map(of_script).flatten().collect()
}

#[test]
fn rows_of_recorded_messages_read_as_1_4_9_printed_them() {
    let mut compared = 0;
    for (path, script) in scripts() {
        let (Some(datagrams), false) = (received(&script), script.contains("elta")) else {
            continue;
        };
        for run in runs(&script).iter().filter(|run| !run.failed) {
            let Some((of, show)) = show(run.words) else {
                continue;
            };
            let printed = printed(&datagrams, of, &show).unwrap_or_default();
            let printed = String::from_utf8_lossy(&printed).into_owned();
            assert_eq!(
                printed,
                run.rows,
                "{} {}",
                path.to_string_lossy(),
                run.words
            );
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}
