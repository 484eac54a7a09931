//! A received datagram, cut into messages.

use super::attr::aligned;
use super::constants::NFNL_SUBSYS_CTNETLINK_EXP;
use super::error::Malformed;
use crate::flow::{Event, Family};
use netlink_packet_core::{NLM_F_CREATE, NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer};
use netlink_packet_netfilter::NetfilterSubsystem;

/// Lengths of `nlmsghdr` and `nfgenmsg`.
pub const HEADER_LENGTH: usize = 16;
pub const NFGENMSG_LENGTH: usize = 4;

/// One netlink message, borrowed from its datagram.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    kind: u16,
    flags: u16,
    /// Of the request that it answers.
    pub sequence: u32,
    /// The socket of the process that caused an event, 0 for the kernel.
    pub port: u32,
    payload: &'a [u8],
}

/// What a message says.
#[derive(Debug)]
pub enum Content<'a> {
    Flow(Body<'a>),
    Expectation(Body<'a>),
    /// The end of a dump, with the errno that ended it or 0.
    Done(i32),
    /// An `nlmsgerr`: 0, which acknowledges a request, or the errno with which the kernel refused it.
    Nlmsgerr(i32),
    /// Something that conntrack did not ask for.
    Other,
}

/// A message of ctnetlink: its type, the fields of `nfgenmsg`, and the attributes.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// IPCTNL_MSG_…
    pub kind: u8,
    pub family: Family,
    /// A number that only statistics use, for the CPU.
    pub resource: u16,
    pub attributes: &'a [u8],
}

/// Cuts a datagram; ends with an error where a length does not fit.
pub fn messages(mut datagram: &[u8]) -> impl Iterator<Item = Result<Message<'_>, Malformed>> {
    std::iter::from_fn(move || {
        if datagram.is_empty() {
            return None;
        }
        let message = first(datagram);
        datagram = match &message {
            Ok((_, length)) => datagram.get(aligned(*length)..).unwrap_or_default(),
            Err(Malformed) => &[],
        };
        Some(message.map(|(message, _)| message))
    })
}

/// The last message of a dump, where the datagram has it. It is looked for by types and lengths alone, because whoever
/// receives has no time to lose.
pub fn end_of_dump(mut datagram: &[u8]) -> Option<Message<'_>> {
    while let Some([l0, l1, l2, l3, k0, k1, ..]) = datagram.first_chunk::<HEADER_LENGTH>() {
        let length = u32::from_ne_bytes([*l0, *l1, *l2, *l3]) as usize;
        if matches!(u16::from_ne_bytes([*k0, *k1]), NLMSG_DONE | NLMSG_ERROR) {
            return first(datagram).ok().map(|(message, _)| message);
        }
        let next = aligned(length.max(HEADER_LENGTH));
        datagram = datagram.get(next..)?;
    }
    None
}

/// The first message and its length, which includes its header.
fn first(datagram: &[u8]) -> Result<(Message<'_>, usize), Malformed> {
    let header = NetlinkBuffer::new_checked(datagram).map_err(|_| Malformed)?;
    let length = header.length() as usize;
    let message = Message {
        kind: header.message_type(),
        flags: header.flags(),
        sequence: header.sequence_number(),
        port: header.port_number(),
        payload: datagram.get(HEADER_LENGTH..length).ok_or(Malformed)?,
    };
    Ok((message, length))
}

impl<'a> Message<'a> {
    pub fn content(&self) -> Result<Content<'a>, Malformed> {
        Ok(match self.kind {
            NLMSG_DONE => Content::Done(self.errno()?),
            NLMSG_ERROR => Content::Nlmsgerr(self.errno()?),
            kind => match NetfilterSubsystem::from((kind >> 8) as u8) {
                NetfilterSubsystem::Conntrack => Content::Flow(self.body()?),
                NetfilterSubsystem::Other(NFNL_SUBSYS_CTNETLINK_EXP) => {
                    Content::Expectation(self.body()?)
                }
                _ => Content::Other,
            },
        })
    }

    /// Whether the table changed under a dump, so that it may lack entries.
    pub fn interrupted(&self) -> bool {
        self.flags & NLM_F_DUMP_INTR != 0
    }

    /// What an event message announces. Both subsystems number their types alike.
    pub fn event(&self) -> Option<Event> {
        match self.kind as u8 {
            0 if self.flags & NLM_F_CREATE != 0 => Some(Event::New),
            0 => Some(Event::Update),
            2 => Some(Event::Destroy),
            _ => None,
        }
    }

    fn body(&self) -> Result<Body<'a>, Malformed> {
        let (header, attributes) = self
            .payload
            .split_first_chunk::<NFGENMSG_LENGTH>()
            .ok_or(Malformed)?;
        Ok(Body {
            kind: self.kind as u8,
            family: Family(header[0]),
            resource: u16::from_be_bytes([header[2], header[3]]),
            attributes,
        })
    }

    /// The kernel sends it negated.
    fn errno(&self) -> Result<i32, Malformed> {
        let number = self.payload.first_chunk().ok_or(Malformed)?;
        Ok(i32::from_ne_bytes(*number).wrapping_neg())
    }
}
