//! What each command does, a file a command.

mod batch;
pub mod count;
pub mod create;
pub mod delete;
pub mod event;
pub mod expectation;
pub mod flush;
pub mod get;
pub mod help;
pub mod list;
pub mod load;
mod scan;
mod sender;
pub mod stats;
mod tally;
pub mod update;

use crate::cli::options::Verb;
use crate::error::{Error, Task};
use crate::format::Entries;
use crate::output::Output;
use tally::Tally;

/// A command with everything that it needs to know.
#[derive(Debug)]
pub enum Command {
    List(list::List),
    Create(Box<create::Create>),
    Update(update::Update),
    Delete(delete::Delete),
    Get(Box<get::Get>),
    Flush(flush::Flush),
    Event(event::Watch),
    Count(count::Count),
    Stats(stats::Stats),
    ListExpectations(expectation::List),
    CreateExpectation(expectation::Create),
    GetExpectation(expectation::Get),
    DeleteExpectation(expectation::Delete),
    Load(load::Load),
    Help(help::Help),
    Version,
}

impl Command {
    pub fn run(self, out: &mut Output) -> Result<(), Error> {
        let task = self.task();
        let result = match self {
            Command::List(list) => list.run(out),
            Command::Create(create) => create.run(),
            Command::Update(update) => update.run(out).and_then(Tally::conclude),
            Command::Delete(delete) => delete.run(out).and_then(Tally::conclude),
            Command::Get(get) => get.run(out),
            Command::Flush(flush) => flush.run(),
            Command::Event(watch) => watch.run(out),
            Command::Count(count) => count.run(out),
            Command::Stats(stats) => stats.run(out),
            Command::ListExpectations(list) => list.run(out),
            Command::CreateExpectation(create) => create.run(),
            Command::GetExpectation(get) => get.run(out),
            Command::DeleteExpectation(delete) => delete.run(),
            Command::Load(load) => load.run(out),
            Command::Help(help) => help.run(out),
            Command::Version => help::version(out),
        };
        result.map_err(|error| error.during(task))
    }

    /// Runs a line of a load file, which shows rows but no summary, and where nothing found is no failure.
    fn run_quietly(self, out: &mut Output) -> Result<(), Error> {
        let task = self.task();
        let result = match self {
            Command::Update(update) => update.run(out).map(drop),
            Command::Delete(delete) => delete.run(out).map(drop),
            other => return other.run(out),
        };
        result.map_err(|error| error.during(task))
    }

    pub fn is_on_expectations(&self) -> bool {
        match self {
            Command::Flush(flush) => flush.entries == Entries::Expectations,
            Command::Event(watch) => watch.entries == Entries::Expectations,
            Command::Count(count) => count.entries == Entries::Expectations,
            Command::Stats(stats) => stats.entries == Entries::Expectations,
            _ => matches!(self.task(), Task::Expectations(_)),
        }
    }

    /// What the command asks of the kernel, for the words of its refusal.
    fn task(&self) -> Task {
        match self {
            Command::List(_) | Command::Load(_) => Task::Flows(Verb::List),
            Command::Create(create) if create.overwrite => Task::Flows(Verb::Add),
            Command::Create(_) => Task::Flows(Verb::Create),
            Command::Update(_) => Task::Flows(Verb::Update),
            Command::Delete(_) => Task::Flows(Verb::Delete),
            Command::Get(_) => Task::Flows(Verb::Get),
            Command::Flush(_) => Task::Flows(Verb::Flush),
            Command::Event(_) => Task::Flows(Verb::Event),
            Command::Count(_) => Task::Flows(Verb::Count),
            Command::Stats(_) => Task::Flows(Verb::Stats),
            Command::ListExpectations(_) => Task::Expectations(Verb::List),
            Command::CreateExpectation(_) => Task::Expectations(Verb::Create),
            Command::GetExpectation(_) => Task::Expectations(Verb::Get),
            Command::DeleteExpectation(_) => Task::Expectations(Verb::Delete),
            Command::Help(_) => Task::Flows(Verb::Help),
            Command::Version => Task::Flows(Verb::Version),
        }
    }
}
