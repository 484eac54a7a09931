//! What the trials stand on, a file a subject.

pub mod case;
pub mod compare;
pub mod differences;
pub mod flows;
pub mod inside;
pub mod namespace;
pub mod netlink;
pub mod outcome;
pub mod packets;
pub mod process;
pub mod program;
pub mod script;
pub mod seeds;
pub mod stated;
pub mod traffic;
pub mod trials;
pub mod trims;
pub mod words;
