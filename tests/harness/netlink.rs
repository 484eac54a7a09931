//! Composes requests of any shape, and sends them.
//!
//! An attribute is given by its path from the top of the message, so that words which stand apart may fill
//! one nest: `[4, 1, 1]` is CTA_PROTOINFO, CTA_PROTOINFO_TCP, CTA_PROTOINFO_TCP_STATE.

use netlink_packet_core::{
    DefaultNla, Emitable, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST,
    NetlinkBuffer, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_netfilter::{
    NetfilterHeader, NetfilterMessage, NetfilterMessageInner, NetfilterProtoFamily,
    NetfilterSubsystem,
};
use netlink_sys::{Socket, protocols::NETLINK_NETFILTER};

const NESTED: u16 = 0x8000;

/// IPCTNL_MSG_CT_NEW and IPCTNL_MSG_EXP_NEW, IPCTNL_MSG_CT_GET
const NEW: u8 = 0;
const GET: u8 = 1;

/// NLMSG_DONE
const DONE: u16 = 3;

/// Attributes in the order in which they were put in.
#[derive(Default)]
pub struct Attributes(Vec<(u16, Node)>);

enum Node {
    Value(Vec<u8>),
    Nest(Attributes),
}

impl Attributes {
    pub fn put(&mut self, path: &[u16], value: Vec<u8>) {
        let (kind, rest) = path.split_first().expect("a path names an attribute");
        if rest.is_empty() {
            self.0.push((*kind, Node::Value(value)));
            return;
        }
        let place = self
            .0
            .iter()
            .position(|(known, _)| known == kind)
            .unwrap_or(self.0.len());
        if place == self.0.len() {
            self.0.push((*kind, Node::Nest(Self::default())));
        }
        match &mut self.0[place].1 {
            Node::Nest(nest) => nest.put(rest, value),
            Node::Value(_) => panic!("attribute {kind} is a value and a nest"),
        }
    }

    fn attributes(&self) -> Vec<DefaultNla> {
        let attribute = |(kind, node): &(u16, Node)| match node {
            Node::Value(value) => DefaultNla::new(*kind, value.clone()),
            Node::Nest(nest) => DefaultNla::new(kind | NESTED, nest.bytes()),
        };
        self.0.iter().map(attribute).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        let attributes = self.attributes();
        let mut bytes = vec![0; attributes.as_slice().buffer_len()];
        attributes.as_slice().emit(&mut bytes);
        bytes
    }
}

/// Which list a message speaks of: NFNL_SUBSYS_CTNETLINK or NFNL_SUBSYS_CTNETLINK_EXP.
#[derive(Clone, Copy)]
pub enum Subject {
    Flow = 1,
    Expectation = 2,
}

pub struct Message {
    pub subject: Subject,
    pub family: NetfilterProtoFamily,
    pub attributes: Attributes,
}

impl Message {
    /// The request to do something with it.
    fn request(&self, message_type: u8, flags: u16) -> Vec<u8> {
        let inner = NetfilterMessageInner::Other {
            subsys: NetfilterSubsystem::Other(self.subject as u8),
            message_type,
            attributes: self.attributes.attributes(),
        };
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        let message = NetfilterMessage::new(NetfilterHeader::new(self.family, 0, 0), inner);
        let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        bytes
    }
}

/// Asks the kernel to create what the message describes.
pub fn create(message: &Message) -> std::io::Result<()> {
    let socket = Socket::new(NETLINK_NETFILTER)?;
    let flags = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    socket.send(&message.request(NEW, flags), 0)?;
    let (answer, _) = socket.recv_from_full()?;
    let answer = NetlinkBuffer::new(answer.as_slice());
    let code = answer
        .payload()
        .first_chunk()
        .map_or(0, |code| i32::from_ne_bytes(*code));
    if code == 0 {
        Ok(())
    } else {
        Err(std::io::Error::from_raw_os_error(-code))
    }
}

/// All flows, as the kernel lists them.
pub fn dump() -> std::io::Result<Vec<u8>> {
    let all = Message {
        subject: Subject::Flow,
        family: NetfilterProtoFamily::Unspec,
        attributes: Attributes::default(),
    };
    let socket = Socket::new(NETLINK_NETFILTER)?;
    socket.send(&all.request(GET, NLM_F_DUMP), 0)?;
    let mut flows = Vec::new();
    loop {
        let (part, _) = socket.recv_from_full()?;
        if NetlinkBuffer::new(part.as_slice()).message_type() == DONE {
            return Ok(flows);
        }
        flows.extend(part);
    }
}
