//! Netlink attributes: walking those of a message without copying, and writing those of a request.

use super::Malformed;
use netlink_packet_core::{Emitable, NLA_F_NESTED, NLA_HEADER_SIZE, Nla, NlasIterator};

/// An attribute of a received message, borrowed from it.
#[derive(Clone, Copy, Debug)]
pub struct Attr<'a> {
    pub kind: u16,
    pub value: &'a [u8],
}

/// The attributes of a message or of a nest, in order. One whose length does not fit ends the walk with an error.
pub fn walk<'a>(payload: &'a [u8]) -> impl Iterator<Item = Result<Attr<'a>, Malformed>> {
    NlasIterator::new(payload).map(|attribute| {
        let attribute = attribute.map_err(|_| Malformed)?;
        let (kind, length) = (attribute.kind(), usize::from(attribute.length()));
        let value = attribute
            .into_inner()
            .get(NLA_HEADER_SIZE..length)
            .ok_or(Malformed)?;
        Ok(Attr { kind, value })
    })
}

/// The numbers of attributes are in network byte order, and of exactly their size.
impl Attr<'_> {
    pub fn u8(self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u16(self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u32(self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn u64(self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    pub fn array<const N: usize>(self) -> Result<[u8; N], Malformed> {
        self.value.try_into().map_err(|_| Malformed)
    }
}

impl<'a> Attr<'a> {
    /// A string up to its terminating zero, or all of it where it has none.
    pub fn text(self) -> &'a [u8] {
        self.value
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default()
    }
}

/// An attribute that is to be sent.
struct Outgoing<'a>(Attr<'a>);

impl Nla for Outgoing<'_> {
    fn value_len(&self) -> usize {
        self.0.value.len()
    }

    fn kind(&self) -> u16 {
        self.0.kind
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(self.0.value);
    }
}

/// Appends an attribute to a request.
pub fn put(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let attribute = Outgoing(Attr { kind, value });
    let start = out.len();
    out.resize(start + attribute.buffer_len(), 0);
    attribute.emit(&mut out[start..]);
}

/// Appends an attribute that holds the attributes which `fill` appends.
pub fn nest(out: &mut Vec<u8>, kind: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    put(out, kind | NLA_F_NESTED, &[]);
    fill(out);
    let length = (out.len() - start) as u16;
    out[start..start + 2].copy_from_slice(&length.to_ne_bytes());
}
