//! What each command does, a file a command.

mod ahead;
mod batch;
pub mod count;
pub mod create;
pub mod creations;
pub mod delete;
mod deletions;
pub mod dry_run;
pub mod event;
pub mod expectation;
pub mod flush;
pub mod get;
pub mod help;
mod hints;
mod identity;
pub mod list;
pub mod load;
pub mod missing;
pub mod passage;
mod plan;
mod requests;
pub mod run;
mod scan;
mod sender;
mod settle;
pub mod stats;
mod tally;
mod undo;
pub mod update;

pub use run::{Command, Exit};
