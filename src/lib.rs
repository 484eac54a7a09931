//! A drop-in `conntrack`: lists, changes and watches the connection tracking table of Linux.
//!
//! Data flows one way, and each step is a module:
//!
//! - [`cli`]: what was typed becomes a command
//! - [`command`]: what each command does, a file a command
//! - [`netlink`]: requests to the kernel, and its messages as flows
//! - [`flow`]: what the kernel tracks, as plain data
//! - [`filter`]: which flows a command means
//! - [`format`]: flows as rows, a file a format
//! - [`number`]: numbers as people type them
//! - [`output`]: when rows are written
//! - [`error`]: every error with its text and its exit status

pub mod cli;
pub mod command;
pub mod error;
pub mod filter;
pub mod flow;
pub mod format;
pub mod netlink;
pub mod number;
pub mod output;
