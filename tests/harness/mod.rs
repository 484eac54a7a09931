//! What the trials stand on, a file a subject.

pub mod case;
pub mod compare;
pub mod differences;
pub mod flows;
pub mod inside;
pub mod namespace;
pub mod netlink;
pub mod program;
pub mod words;
