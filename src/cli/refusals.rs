//! What is wrong with a value, in the words of whoever typed it.

use crate::address::AddressError;
use crate::error::Usage;
use crate::flow::Protocol;
use crate::flow::protocol::{DCCP, SCTP, TCP};

/// An address that is none, or of a form that an option does not take.
pub fn refused(error: AddressError, option: &'static str) -> Usage {
    match error {
        AddressError::NotAnAddress(text) => Usage::Address(text.into()),
        AddressError::Netmask => Usage::Netmask,
        AddressError::CidrUnavailable => Usage::CidrUnavailable(option),
        AddressError::NoClosingBracket => Usage::NoClosingBracket,
        AddressError::NoAddress => Usage::NoAddress,
        AddressError::NoPort => Usage::NoPort,
        AddressError::BadPort(text) => Usage::Port(text.into()),
    }
}

/// A state that a protocol, or any of them, does not have.
pub fn unknown_state(protocol: Option<&Protocol>, text: &[u8]) -> Usage {
    let text = text.into();
    match protocol {
        Some(protocol) if protocol == &TCP => Usage::TcpState(text),
        Some(protocol) if protocol == &SCTP => Usage::SctpState(text),
        Some(protocol) if protocol == &DCCP => Usage::DccpState(text),
        _ => Usage::State(text),
    }
}
