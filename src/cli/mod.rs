//! What was typed -> a [`Command`].
//!
//! [`words`] and [`grammar`] turn words into options, over the one table in [`options`]; [`typed`] reads their values,
//! [`rules`] says which go together, and [`meaning`] makes a command of them. [`load`] does the same for the lines of a
//! file.

mod address;
pub mod grammar;
mod lists;
mod load;
mod meaning;
mod names;

pub mod options;
mod rules;
mod typed;
mod verbs;
mod words;

use crate::command::Command;
use crate::error::Error;
use typed::Typed;
use words::Occurrence;

/// Reads a command line without the program's name. `warnings` receives lines for standard error, also where the rest
/// is wrong.
pub fn parse(args: Vec<String>, warnings: &mut Vec<String>) -> Result<Command, Error> {
    let args = verbs::as_options(args);
    if let [first, file, ..] = &args[..]
        && (first == "-R" || first == "--load-file")
    {
        return Ok(Command::Load(load::read(file, warnings)?));
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (occurrences, end) = grammar::read(&args);
    interpret(occurrences, end.map_err(Error::from), warnings)
}

/// Makes a command of options that `end` followed.
fn interpret(
    occurrences: Vec<Occurrence>,
    end: Result<(), Error>,
    warnings: &mut Vec<String>,
) -> Result<Command, Error> {
    let mut typed = Typed::default();
    let added = occurrences
        .into_iter()
        .try_for_each(|occurrence| typed.add(occurrence))
        .and(end);
    warnings.append(&mut typed.warnings);
    added?;
    typed.settle_table()?;
    let labels = meaning::labels(&typed, warnings)?;
    rules::check(&typed)?;
    if let Some(error) = typed.bad_number.take() {
        return Err(error.into());
    }
    meaning::command(typed, labels)
}
