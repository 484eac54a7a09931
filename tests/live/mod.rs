//! Real packets through a veth pair, and what our program says about them. Only `counts` and `filters` need 1.4.9.
//!
//! A file names its table (`@table`, see twin/tables) and command lines (`@run`), each with the rows that it prints, in
//! any order. `*` stands for what no two runs share: a timeout, an id, a counter that depends on the moment.

mod connections;
mod counts;
mod endings;
mod filters;
mod places;
mod standing;
pub mod stories;
mod terminals;
mod watching;

use std::sync::{Arc, LazyLock};

use crate::harness::case::{Stage, Table};
use crate::harness::namespace;
use crate::harness::outcome::Outcome;
use crate::harness::program::Program;
use crate::harness::script::{Block, Script};
use crate::harness::trials::{self, Group};
use crate::harness::words;

pub fn groups() -> Vec<Group> {
    let scripts = Script::all("live").into_iter().map(of_script);
    scripts
        .chain([stories::group(), counts::group(), filters::group()])
        .collect()
}

fn of_script(script: Script) -> Group {
    let table = Table::named(script.each("table").next().expect("a table"));
    let shared: Arc<LazyLock<Stage, _>> = Arc::new(LazyLock::new(move || table.stage()));
    let name = format!("live::{}", script.name);
    let runs = script
        .blocks
        .into_iter()
        .filter(|block| block.name == "run");
    let trial = |block: Block| {
        let shared = Arc::clone(&shared);
        let name = format!("{name}:{}", block.line);
        trials::trial(name, block.rest.clone(), move || {
            sees(&shared, &block.rest, &block.body)
        })
    };
    let trials = runs.map(trial).collect();
    Group {
        name,
        missing: namespace::missing_namespaces(),
        trials,
    }
}

/// Every row must fit a line of what is expected, and the other way round.
fn sees(stage: &Stage, arguments: &str, expected: &str) -> Result<(), String> {
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
    ))
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
