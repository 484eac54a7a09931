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
pub use tuple::{Direction, Family, Tuple};

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
    /// The flow whose helper expected this one (CTA_TUPLE_MASTER).
    pub master: Tuple,
    /// How a helper shifted the sequence numbers of the original direction (CTA_SEQ_ADJ_ORIG).
    pub orig_shift: Option<Shift>,
    /// Those of the reply direction (CTA_SEQ_ADJ_REPLY).
    pub reply_shift: Option<Shift>,
    /// What a SYN proxy keeps for the flow (CTA_SYNPROXY, since Linux 4.19).
    pub synproxy: Option<SynProxy>,
    /// What TCP's tracker knows beyond the state.
    pub tcp: TcpDetails,
}

impl Flow<'_> {
    /// The attributes that it has something of.
    pub fn attributes(&self) -> Attributes {
        use attributes::*;
        let known = [
            (CTA_TUPLE_ORIG, self.orig.present),
            (CTA_TUPLE_REPLY, self.reply.present),
            (CTA_STATUS, self.status.is_some()),
            (CTA_PROTOINFO, self.info != ProtocolInfo::default()),
            (CTA_HELP, self.helper.is_some()),
            (CTA_TIMEOUT, self.timeout.is_some()),
            (CTA_MARK, self.mark.is_some()),
            (CTA_COUNTERS_ORIG, self.orig_counters.is_some()),
            (CTA_COUNTERS_REPLY, self.reply_counters.is_some()),
            (CTA_USE, self.uses.is_some()),
            (CTA_ID, self.id.is_some()),
            (CTA_TUPLE_MASTER, self.master.present),
            (CTA_SEQ_ADJ_ORIG, self.orig_shift.is_some()),
            (CTA_SEQ_ADJ_REPLY, self.reply_shift.is_some()),
            (CTA_SECMARK, self.secmark.is_some()),
            (CTA_ZONE, self.zone.is_some()),
            (CTA_SECCTX, self.secctx.is_some()),
            (CTA_TIMESTAMP, self.timestamp != Timestamp::default()),
            (CTA_LABELS, self.labels.is_some()),
            (CTA_SYNPROXY, self.synproxy.is_some()),
            (TCP_DETAILS, self.tcp != TcpDetails::default()),
        ];
        let has = known.into_iter().filter(|(_, has)| *has);
        has.fold(Attributes::NONE, |all, (kind, _)| {
            all.union(Attributes::of(&[kind]))
        })
    }
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

impl TcpDetails {
    /// The bits of the flags by their names in `linux/netfilter/nf_conntrack_tcp.h`, from the lowest on.
    pub const FLAGS: &[&str] = &[
        "WINDOW_SCALE",
        "SACK_PERM",
        "CLOSE_INIT",
        "BE_LIBERAL",
        "DATA_UNACKNOWLEDGED",
        "MAXACK_SET",
        "CHALLENGE_ACK",
        "SIMULTANEOUS_OPEN",
    ];
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

/// What TCP's tracker knows of the two ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TcpDetails {
    /// CTA_PROTOINFO_TCP_WSCALE_ORIGINAL.
    pub orig_wscale: Option<u8>,
    /// CTA_PROTOINFO_TCP_WSCALE_REPLY.
    pub reply_wscale: Option<u8>,
    /// IP_CT_TCP_FLAG_ bits (CTA_PROTOINFO_TCP_FLAGS_ORIGINAL).
    pub orig_flags: Option<u8>,
    /// CTA_PROTOINFO_TCP_FLAGS_REPLY.
    pub reply_flags: Option<u8>,
}

/// By how much sequence numbers are shifted (CTA_SEQADJ_…).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shift {
    /// The sequence number of the last change.
    pub position: Option<u32>,
    /// The shift of numbers before it.
    pub before: Option<i32>,
    /// The shift of numbers after it.
    pub after: Option<i32>,
}

/// What a SYN proxy keeps (CTA_SYNPROXY_…).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SynProxy {
    /// The initial sequence number.
    pub isn: Option<u32>,
    /// The initial timestamp.
    pub its: Option<u32>,
    /// The difference of both sides' timestamps.
    pub offset: Option<u32>,
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
