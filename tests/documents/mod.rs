//! What is said of this program in more than one place: the manual, the README and the trials name the same differences
//! from 1.4.9.
//!
//! Each entry of the manual's list has its name in a comment before it:
//!
//!     .\" difference: glued-nat
//!     .TP
//!     .B Values glued to \-n, \-g, \-j
//!
//! Trials call it by that name; the README's tables, which have the few that matter most, by its title.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::stated::Stated;
use crate::harness::trials::{self, Group};
use crate::{golden, live, twin};

const MANUAL: &str = include_str!("../../man/conntrack.8");
const README: &str = include_str!("../../README.md");

type Check = fn() -> Result<(), String>;

const CHECKS: [(&str, Check); 4] = [
    ("every entry of the manual has one name", entries_have_names),
    ("every name is shown by a trial", names_are_shown),
    ("the README lists what the manual does", readme_agrees),
    (
        "nothing is stated of cases that are gone",
        none_is_left_over,
    ),
];

pub fn group() -> Group {
    let trial = |(name, check): (&str, Check)| {
        trials::trial(format!("documents::{name}"), String::new(), check)
    };
    Group {
        name: "documents".to_owned(),
        missing: None,
        trials: CHECKS.into_iter().map(trial).collect(),
    }
}

/// The entries of the manual's list: the line before each, and its title.
fn entries() -> Vec<(&'static str, String)> {
    let list = section(MANUAL, ".SH DIFFERENCES", ".SH ");
    let lines: Vec<&str> = list.lines().collect();
    let entry = |lines: &[&'static str]| match lines {
        [before, ".TP", title] => Some((*before, plain(title))),
        _ => None,
    };
    lines.windows(3).filter_map(entry).collect()
}

fn name(line: &str) -> Option<&str> {
    line.strip_prefix(".\\\" difference: ")
}

fn entries_have_names() -> Result<(), String> {
    let mut titles = BTreeMap::new();
    for (before, title) in entries() {
        let name = name(before).ok_or(format!("`{title}' has no name"))?;
        if let Some(other) = titles.insert(name, title.clone()) {
            return Err(format!("`{title}' and `{other}' are both {name}"));
        }
    }
    let names = MANUAL.lines().filter_map(name).count();
    if names == titles.len() && names > 0 {
        Ok(())
    } else {
        Err(format!("{names} names, {} entries", titles.len()))
    }
}

fn names_are_shown() -> Result<(), String> {
    let named: BTreeSet<String> = entries()
        .iter()
        .filter_map(|(before, _)| name(before))
        .map(str::to_owned)
        .collect();
    let of_cases = twin::files().flat_map(|(file, _)| file.cases);
    let shown: BTreeSet<String> = of_cases
        .filter_map(|case| case.differs)
        .chain(golden::differences())
        .chain(live::stories::differences())
        .collect();
    nothing("in the manual, and in no trial", &named - &shown)?;
    nothing("in a trial, and not in the manual", &shown - &named)
}

fn readme_agrees() -> Result<(), String> {
    let titles: BTreeSet<String> = entries().into_iter().map(|(_, title)| title).collect();
    let list = section(README, "## Differences from conntrack 1.4.9", "## ");
    let title = |line: &str| {
        Some(
            line.strip_prefix("| ")?
                .split_once(" |")?
                .0
                .replace('`', ""),
        )
    };
    let listed: BTreeSet<String> = list
        .lines()
        .filter_map(title)
        .filter(|title| !title.starts_with('|') && title != "---")
        .collect();
    if listed.is_empty() {
        return Err("the README lists nothing".to_owned());
    }
    nothing("in the README, and not in the manual", &listed - &titles)
}

fn none_is_left_over() -> Result<(), String> {
    let mut left = BTreeSet::new();
    for (file, _) in twin::files() {
        for stated in Stated::all(&file) {
            let of_it = file.cases.iter().find(|case| case.text == stated.case);
            if of_it.is_none_or(|case| case.differs.is_none()) {
                left.insert(format!("{}: {}", file.trial(None), stated.case));
            }
        }
    }
    nothing("stated, and no case", left)
}

fn nothing(what: &str, names: BTreeSet<String>) -> Result<(), String> {
    if names.is_empty() {
        return Ok(());
    }
    let names: String = names.iter().map(|name| format!("    {name}\n")).collect();
    Err(format!("{what}:\n{names}"))
}

/// What stands between a heading and the next one.
fn section<'a>(text: &'a str, heading: &str, next: &str) -> &'a str {
    let start = text.split_once(&format!("\n{heading}\n"));
    let rest = start.map_or("", |(_, rest)| rest);
    rest.split_once(&format!("\n{next}"))
        .map_or(rest, |(section, _)| section)
}

/// A title of the manual as it is read.
fn plain(title: &str) -> String {
    let title = title.strip_prefix(".B ").unwrap_or(title);
    title
        .replace("\\-", "-")
        .replace("\\(aq", "'")
        .replace("\\&", "")
}
