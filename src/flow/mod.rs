//! What the kernel tracks, as plain data: no sockets, no files, no text formats.
//!
//! A [`Flow`] borrows its few byte strings from the netlink message that it was decoded from, so that reading a table
//! of a million flows allocates nothing. Every field is optional because every attribute is: the kernel sends what it
//! has, an event carries less than a dump, and an older kernel knows fewer attributes.

pub mod attributes;
pub mod change;
pub mod event;
pub mod expectation;
pub mod label;
pub mod mark;
pub mod nat;
pub mod protocol;
#[cfg(test)]
pub mod sample;
pub mod stats;
pub mod status;
pub mod tuple;

pub use attributes::Attributes;
pub use change::{Change, LabelChange, Labels};
pub use event::{Event, Sender};
pub use expectation::Expectation;
pub use label::LabelMap;
pub use mark::MaskedMark;
pub use nat::{Endpoint, Nat};
pub use protocol::{Part, Protocol};
pub use status::Status;
pub use tuple::{Family, Tuple};

/// One entry of the connection tracking table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flow<'a> {
    /// Layer 3 protocol, from the `nfgenmsg` header.
    pub family: Family,
    /// The first packet's addresses and ports (CTA_TUPLE_ORIG).
    pub orig: Tuple,
    /// Those of the answer, as NAT rewrote them (CTA_TUPLE_REPLY).
    pub reply: Tuple,
    /// CTA_STATUS.
    pub status: Option<Status>,
    /// Seconds until the flow is forgotten (CTA_TIMEOUT).
    pub timeout: Option<u32>,
    /// What the protocol's own tracker knows (CTA_PROTOINFO).
    pub info: ProtocolInfo,
    /// Traffic in the original direction (CTA_COUNTERS_ORIG); needs net.netfilter.nf_conntrack_acct.
    pub orig_counters: Option<Counters>,
    /// Traffic in the reply direction (CTA_COUNTERS_REPLY).
    pub reply_counters: Option<Counters>,
    /// CTA_MARK.
    pub mark: Option<u32>,
    /// CTA_SECMARK, which kernels before 2.6.36 sent in place of a security context.
    pub secmark: Option<u32>,
    /// CTA_SECCTX_NAME, without its terminating zero.
    pub secctx: Option<&'a [u8]>,
    /// The zone of both directions (CTA_ZONE, since Linux 2.6.34).
    pub zone: Option<u16>,
    /// CTA_TIMESTAMP (since Linux 2.6.38); needs net.netfilter.nf_conntrack_timestamp.
    pub timestamp: Timestamp,
    /// Nanoseconds since 1970 at which the event happened (CTA_TIMESTAMP_EVENT, since Linux 6.14).
    pub event_time: Option<u64>,
    /// CTA_HELP_NAME, without its terminating zero.
    pub helper: Option<&'a [u8]>,
    /// Reference count (CTA_USE).
    pub uses: Option<u32>,
    /// The kernel's number for this very flow (CTA_ID): another flow of the same tuple has another.
    pub id: Option<u32>,
    /// A bit a label, in the byte order of the kernel's machine (CTA_LABELS, since Linux 3.9).
    pub labels: Option<&'a [u8]>,
}

/// The state of a protocol's tracker. Its protocol is the attribute's, which need not be that of the tuple.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProtocolInfo {
    /// CTA_PROTOINFO_TCP_STATE and its kin.
    pub state: Option<State>,
    /// CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, in host byte order.
    pub orig_vtag: Option<u32>,
    /// CTA_PROTOINFO_SCTP_VTAG_REPLY, in host byte order.
    pub reply_vtag: Option<u32>,
    /// CTA_PROTOINFO_DCCP_ROLE: 0 where the original direction is the client's, 1 where it is the server's.
    pub role: Option<u8>,
}

impl ProtocolInfo {
    /// Whatever of it belongs to a protocol.
    pub fn for_protocol(&self, number: Option<u8>) -> ProtocolInfo {
        let state = self
            .state
            .filter(|state| Some(state.protocol.number) == number);
        let of = |protocol: &Protocol| Some(protocol.number) == number;
        ProtocolInfo {
            state,
            orig_vtag: self.orig_vtag.filter(|_| of(&protocol::SCTP)),
            reply_vtag: self.reply_vtag.filter(|_| of(&protocol::SCTP)),
            role: self.role.filter(|_| of(&protocol::DCCP)),
        }
    }
}

/// A state by its number in its protocol.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    pub protocol: &'static Protocol,
    pub number: u8,
}

impl State {
    /// The state's name; the kernel's numbers beyond the table read as `NONE`.
    pub fn name(self) -> &'static str {
        self.protocol
            .states
            .get(usize::from(self.number))
            .copied()
            .unwrap_or("NONE")
    }
}

/// Packets and bytes of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters {
    pub packets: u64,
    pub bytes: u64,
}

/// When a flow was created and destroyed, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timestamp {
    /// CTA_TIMESTAMP_START.
    pub start: Option<u64>,
    /// CTA_TIMESTAMP_STOP; zero or absent while the flow lives.
    pub stop: Option<u64>,
}
