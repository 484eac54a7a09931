//! The only module that knows sockets and attributes.
//!
//! [`socket`] carries bytes to and from the kernel, [`message`] cuts what came into messages, [`decode`] turns one into a
//! flow, and [`encode`] turns what a command wants into requests. [`kernel_filter`] says as much of a filter as the
//! kernel can check by itself, [`subscription`] hears events, and [`pipeline`] lets receiving overlap with everything else.

pub mod attr;
pub mod constants;
pub mod decode;
pub mod encode;
pub mod kernel_filter;
pub mod message;
pub mod pipeline;
pub mod socket;
pub mod subscription;

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
    /// The kernel answered with an error number.
    #[error("{}", io::Error::from_raw_os_error(*.0))]
    Refused(i32),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl Error {
    /// The kernel's error number, where there is one.
    pub fn number(&self) -> Option<i32> {
        match self {
            Error::Refused(number) => Some(*number),
            Error::Open(error) | Error::Socket(error) => error.raw_os_error(),
            Error::Malformed(_) => None,
        }
    }
}
