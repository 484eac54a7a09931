//! The protocols that a line has named so far.

use crate::flow::Protocol;
use crate::flow::protocol;

/// Some of [`protocol::ALL`], and which of them was named last.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProtocolSet {
    /// A bit each, in the order of that list.
    bits: u8,
    last: Option<&'static Protocol>,
    last_with_states: Option<&'static Protocol>,
}

impl ProtocolSet {
    pub fn insert(&mut self, named: &'static Protocol) {
        self.bits |= bit(named);
        self.last = Some(named);
        if !named.states.is_empty() {
            self.last_with_states = Some(named);
        }
    }

    /// Whether one of these has been named.
    pub fn owns(&self, protocols: &[&Protocol]) -> bool {
        protocols.iter().any(|of| self.bits & bit(of) != 0)
    }

    pub fn last(&self) -> Option<&'static Protocol> {
        self.last
    }

    /// The last one whose tracker has states.
    pub fn last_with_states(&self) -> Option<&'static Protocol> {
        self.last_with_states
    }
}

fn bit(of: &Protocol) -> u8 {
    let place = protocol::ALL.iter().position(|known| *known == of);
    place.map_or(0, |place| 1 << place)
}
