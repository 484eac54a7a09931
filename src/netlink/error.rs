//! What can go wrong between the kernel and us.

use std::io;

/// A message or an attribute that is not what the kernel's headers promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed netlink message")]
pub struct Malformed;

/// Why a conversation with the kernel ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no socket to be had: the kernel has no netfilter netlink, or no room.
    #[error("cannot open a netlink socket: {0}")]
    Open(io::Error),
    /// Sending or receiving failed.
    #[error(transparent)]
    Socket(#[from] io::Error),
    /// The kernel refused, with this errno.
    #[error("{}", io::Error::from_raw_os_error(*.0))]
    Refused(i32),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl Error {
    /// The system's error number, where there is one.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Error::Refused(errno) => Some(*errno),
            Error::Open(error) | Error::Socket(error) => error.raw_os_error(),
            Error::Malformed(_) => None,
        }
    }
}
