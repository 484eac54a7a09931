//! A drop-in `conntrack`: lists, changes and watches the connection tracking table of Linux.
//!
//! Data flows one way, and each step is a room:
//!
//! - [`cli`]: what was typed becomes a command
//! - [`command`]: what each command does, a file a command
//! - [`netlink`]: requests to the kernel, and its messages as flows
//! - `filter`: which flows a command means
//! - [`mod@format`]: flows as rows, a file a format
//! - `sink`: where found flows go: rows, groups, a table
//!
//! They stand on these, of which none knows any of the above:
//!
//! - [`flow`]: what the kernel tracks, as plain data
//! - `field`: what a flow can be asked for, in one table
//! - [`task`]: what is done to what
//! - [`labelmap`], `number`, `address`, `names`: values as people type them, and the files that name them
//! - [`error`]: every error with its text and its exit status
//! - [`output`], [`context`], [`stop`]: where rows and notes go and when, and what ends a command
//! - `progress`: what a person is shown of a command that lasts
//! - [`netns`]: which network namespace all of this happens in
//! - [`privilege`]: what is kept of root's capabilities
//! - `clock`: the wall clock, as the kernel stamps flows
//! - `pieces`: numbers and addresses in rows
//! - `text`: bytes in messages

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

mod address;
pub mod cli;
mod clock;
pub mod command;
pub mod context;
pub mod error;
mod field;
mod filter;
pub mod flow;
pub mod format;
pub mod labelmap;
mod names;
pub mod netlink;
pub mod netns;
mod number;
pub mod output;
mod pieces;
pub mod privilege;
mod progress;
mod sink;
pub mod stop;
pub mod task;
mod text;
