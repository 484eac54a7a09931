//! Occurrences of options -> a command: read, look up, check, build, whoever found them.

use super::commands::LIST;
use super::help;
use super::line::{Line, Occurrence, Reads, Rule};
use super::opt::Opt;
use super::rules;
use crate::command::Command;
use crate::error::{self, Error, Usage};
use crate::format::Columns;
use crate::labelmap;
use crate::task::Table;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Reads a line and checks it, so far as 1.4.9 does before it carries out any. `warnings` receives lines for standard
/// error, also where the rest is wrong.
pub fn line<'a>(
    occurrences: impl Iterator<Item = Result<Occurrence<'a>, Usage>> + Clone,
    warnings: &mut Vec<String>,
) -> Result<Line<'a>, Error> {
    let mut line = Line::of(roles(occurrences.clone()));
    let read = read(&mut line, occurrences);
    warnings.append(&mut line.warnings);
    read?;
    look_up_labels(&mut line, warnings)?;
    rules::check(&line)?;
    match line.bad_number.take() {
        Some(error) => Err(error.into()),
        None => Ok(line),
    }
}

/// Makes a command of a line that was checked.
pub fn command(line: Line) -> Result<Box<dyn Command>, Error> {
    rules::check_late(&line)?;
    rules::check_status(&line)?;
    match line.rule().and_then(|rule| rule.build) {
        Some(build) => build(line),
        None => Ok(Box::new(help::of_everything(line.protocol))),
    }
}

/// What the first command says of options.
fn roles<'a>(
    occurrences: impl Iterator<Item = Result<Occurrence<'a>, Usage>>,
) -> Option<&'static Rule> {
    let mut expect = false;
    let mut found = None;
    for occurrence in occurrences.flatten() {
        expect |= occurrence.spec.option == Opt::Expect;
        if let (Reads::Command(command), None) = (occurrence.spec.reads, found) {
            found = Some((command, occurrence.value));
            if !expect && command.expectations.is_none() {
                break;
            }
        }
    }
    let (command, table) = found?;
    let table = match table.map(super::line::table) {
        _ if expect => Table::Expect,
        Some(Ok(table)) => table,
        _ => Table::Conntrack,
    };
    Some(command.rule(table))
}

fn read<'a>(
    line: &mut Line<'a>,
    occurrences: impl Iterator<Item = Result<Occurrence<'a>, Usage>>,
) -> Result<(), Error> {
    for occurrence in occurrences {
        line.add(occurrence?)?;
    }
    // Alone, `-X` is the list.
    if line.expect && line.command.is_none() {
        line.command = Some((&LIST, Table::Expect));
    }
    Ok(line.settle_table()?)
}

/// Looks labels up, where there are any or where they are to be shown.
fn look_up_labels(line: &mut Line, warnings: &mut Vec<String>) -> Result<(), Usage> {
    let named = !line.labels.is_empty() || line.has(Opt::LabelDel);
    if !named && !line.columns.has(Columns::LABELS) {
        return Ok(());
    }
    let file = line.labelmap.unwrap_or(labelmap::DEFAULT_PATH.as_bytes());
    // A map that cannot be read, or that has no names, is warned of and does without.
    let reason = match labelmap::load(Path::new(OsStr::from_bytes(file))) {
        Ok(map) if map.is_empty() => Some("Success".to_owned()),
        Ok(map) => {
            line.map = Some(map);
            None
        }
        Err(error) => Some(error::describe(&error)),
    };
    warnings.extend(reason.map(|reason| format!("nfct_labelmap_new: {reason}")));
    for (option, name) in &line.labels {
        let bit = line.map.as_ref().and_then(|map| map.bit(name));
        let bit = bit.ok_or_else(|| Usage::Label((*name).into()))?;
        line.label_bits.push((*option, bit));
    }
    Ok(())
}
