//! Real packets through a veth pair, and what our program says about them. These trials need no 1.4.9.
//!
//! A file names its table (`@table`, see twin/tables) and command lines (`@run`), each with the rows that it prints, in
//! any order. `*` stands for what no two runs share: a timeout, an id, a counter that depends on the moment.

mod stories;

use std::sync::{Arc, LazyLock};

use libtest_mimic::{Completion, Failed, Trial};

use crate::harness::case::{Stage, Table};
use crate::harness::compare::Outcome;
use crate::harness::namespace;
use crate::harness::program::Program;
use crate::harness::script::{Block, Script};
use crate::harness::words;

pub fn trials() -> Vec<Trial> {
    Script::all("live")
        .into_iter()
        .flat_map(of_script)
        .chain(stories::trials())
        .collect()
}

fn of_script(script: Script) -> Vec<Trial> {
    let table = Table::named(script.each("table").next().expect("a table"));
    let shared: Arc<LazyLock<Stage, _>> = Arc::new(LazyLock::new(move || table.stage()));
    let runs = script
        .blocks
        .into_iter()
        .filter(|block| block.name == "run");
    let trial = |block: Block| {
        let shared = Arc::clone(&shared);
        let name = format!("live::{} {}", script.name, block.rest);
        Trial::ignorable_test(name, move || match namespace::missing_namespaces() {
            Some(reason) => Ok(Completion::ignored_with(reason)),
            None => sees(&shared, &block.rest, &block.body).map(|()| Completion::Completed),
        })
    };
    runs.map(trial).collect()
}

/// Every row must fit a line of what is expected, and the other way round.
fn sees(stage: &Stage, arguments: &str, expected: &str) -> Result<(), Failed> {
    let mut command = stage.namespace.bounded();
    command
        .arg(Program::Ours.path())
        .args(words::split(arguments));
    let outcome = Outcome::of(&mut command, b"");
    let mut rows: Vec<&str> = outcome.stdout.lines().collect();
    let mut missing = String::new();
    for pattern in expected.lines() {
        match rows.iter().position(|row| fits(pattern, row)) {
            Some(place) => drop(rows.remove(place)),
            None => missing += &format!("- {pattern}\n"),
        }
    }
    let excess: String = rows.iter().map(|row| format!("+ {row}\n")).collect();
    if outcome.status == Some(0) && missing.is_empty() && excess.is_empty() {
        return Ok(());
    }
    Err(format!(
        "- expected, + printed, status {:?}\n{missing}{excess}{}",
        outcome.status, outcome.stderr
    )
    .into())
}

/// `*` fits any rest of a word.
fn fits(pattern: &str, row: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == row;
    };
    row.strip_prefix(start).is_some_and(|tail| {
        let word = tail.find(' ').unwrap_or(tail.len());
        (0..=word).any(|skipped| tail.is_char_boundary(skipped) && fits(rest, &tail[skipped..]))
    })
}
