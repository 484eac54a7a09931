//! Netlink attributes: walking those of a message without copying, and writing those of a request.

use super::error::Malformed;
use netlink_packet_core::{NLA_F_NESTED, NLA_HEADER_SIZE, NLA_TYPE_MASK};

/// An attribute of a received message, borrowed from it.
#[derive(Clone, Copy, Debug)]
pub struct Attr<'a> {
    pub kind: u16,
    pub value: &'a [u8],
}

/// The attributes of a message or of a nest, in order. One whose length does not fit ends the walk with an error.
///
/// This is where a dump spends its user time, so it looks at each header once and does nothing else.
pub fn walk(mut rest: &[u8]) -> impl Iterator<Item = Result<Attr<'_>, Malformed>> {
    std::iter::from_fn(move || {
        let Some([l0, l1, k0, k1]) = rest.first_chunk() else {
            let ended = std::mem::take(&mut rest).is_empty();
            return (!ended).then_some(Err(Malformed));
        };
        let length = usize::from(u16::from_ne_bytes([*l0, *l1]));
        let kind = u16::from_ne_bytes([*k0, *k1]) & NLA_TYPE_MASK;
        let Some(value) = rest.get(NLA_HEADER_SIZE..length) else {
            rest = &[];
            return Some(Err(Malformed));
        };
        rest = rest.get(aligned(length)..).unwrap_or_default();
        Some(Ok(Attr { kind, value }))
    })
}

/// NLA_ALIGN and NLMSG_ALIGN: up to a multiple of four. The standard library's next_multiple_of divides, which was a tenth of a dump's user time.
pub fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// The first attribute of a kind.
pub fn find(nest: &[u8], kind: u16) -> Result<Option<Attr<'_>>, Malformed> {
    for attr in walk(nest) {
        let attr = attr?;
        if attr.kind == kind {
            return Ok(Some(attr));
        }
    }
    Ok(None)
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

/// Appends an attribute to a request. A load file asks for thirty a line, so a value whose length the compiler knows is
/// copied as such.
#[inline]
pub fn put(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    const PADDING: [u8; 3] = [0; 3];
    let length = NLA_HEADER_SIZE + value.len();
    let [l0, l1] = (length as u16).to_ne_bytes();
    let [k0, k1] = kind.to_ne_bytes();
    out.extend_from_slice(&[l0, l1, k0, k1]);
    out.extend_from_slice(value);
    out.extend_from_slice(&PADDING[..aligned(length) - length]);
}

pub fn put_u16(out: &mut Vec<u8>, kind: u16, value: Option<u16>) {
    if let Some(value) = value {
        put(out, kind, &value.to_be_bytes());
    }
}

pub fn put_u32(out: &mut Vec<u8>, kind: u16, value: Option<u32>) {
    if let Some(value) = value {
        put(out, kind, &value.to_be_bytes());
    }
}

/// Appends an attribute that holds the attributes which `fill` appends.
pub fn nest(out: &mut Vec<u8>, kind: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    put(out, kind | NLA_F_NESTED, &[]);
    fill(out);
    let length = (out.len() - start) as u16;
    out[start..start + 2].copy_from_slice(&length.to_ne_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kinds and values of a walk, and whether it ended well.
    fn walked(bytes: &[u8]) -> (Vec<(u16, Vec<u8>)>, bool) {
        let mut seen = Vec::new();
        for attr in walk(bytes) {
            match attr {
                Ok(attr) => seen.push((attr.kind, attr.value.to_vec())),
                Err(Malformed) => return (seen, false),
            }
        }
        (seen, true)
    }

    #[test]
    fn what_was_put_is_walked_over() {
        let mut out = Vec::new();
        put(&mut out, 1, &[7]);
        nest(&mut out, 2, |out| put_u16(out, 3, Some(0x0102)));
        put(&mut out, 4, &[]);
        let (seen, well) = walked(&out);
        assert!(well);
        let kinds: Vec<u16> = seen.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [1, 2, 4]);
        let inner = find(&seen[1].1, 3).unwrap().unwrap();
        assert_eq!(inner.u16(), Ok(0x0102));
        assert_eq!(inner.u32(), Err(Malformed));
    }

    /// The header of an attribute of this length and kind 1.
    fn header(length: u16) -> Vec<u8> {
        [length.to_ne_bytes(), 1u16.to_ne_bytes()].concat()
    }

    #[test]
    fn a_length_that_does_not_fit_ends_the_walk() {
        let with = |length, rest: &[u8]| [&header(length)[..], rest].concat();
        for (bytes, seen) in [
            (vec![], 0),
            (header(4), 1),
            (with(5, &[9]), 1),
            ([with(5, &[9, 0, 0, 0]), header(4)].concat(), 2),
        ] {
            let (kinds, well) = walked(&bytes);
            assert_eq!((kinds.len(), well), (seen, true), "{bytes:?}");
        }
        for (bytes, seen) in [
            (vec![1, 2, 3], 0),
            (header(3), 0),
            (header(0), 0),
            (with(9, &[9]), 0),
            (with(4, &header(4)[..2]), 1),
        ] {
            let (kinds, well) = walked(&bytes);
            assert_eq!((kinds.len(), well), (seen, false), "{bytes:?}");
        }
    }
}
