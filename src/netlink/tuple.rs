//! A tuple's nest (CTA_TUPLE_ORIG and its kin), read and written.

use super::attr::{nest, put, put_u16, walk};
use super::constants::*;
use super::error::Malformed;
use crate::flow::protocol::{ICMP, ICMPV6};
use crate::flow::{Part, Protocol, Tuple};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How a part of a tuple travels.
struct Carried {
    /// CTA_PROTO_…
    kind: u16,
    part: Part,
    /// The only protocol that sends it so.
    of: Option<&'static Protocol>,
    /// Of 16 bits, not 8.
    wide: bool,
    /// Its bit in CTA_FILTER_ORIG_FLAGS and CTA_FILTER_REPLY_FLAGS.
    flag: u32,
}

/// In the order of their numbers.
static PARTS: [Carried; 8] = [
    carried(CTA_PROTO_SRC_PORT, Part::SrcPort, None, true, 1 << 4),
    carried(CTA_PROTO_DST_PORT, Part::DstPort, None, true, 1 << 5),
    carried(CTA_PROTO_ICMP_ID, Part::IcmpId, Some(&ICMP), true, 1 << 8),
    carried(
        CTA_PROTO_ICMP_TYPE,
        Part::IcmpType,
        Some(&ICMP),
        false,
        1 << 6,
    ),
    carried(
        CTA_PROTO_ICMP_CODE,
        Part::IcmpCode,
        Some(&ICMP),
        false,
        1 << 7,
    ),
    carried(
        CTA_PROTO_ICMPV6_ID,
        Part::IcmpId,
        Some(&ICMPV6),
        true,
        1 << 11,
    ),
    carried(
        CTA_PROTO_ICMPV6_TYPE,
        Part::IcmpType,
        Some(&ICMPV6),
        false,
        1 << 9,
    ),
    carried(
        CTA_PROTO_ICMPV6_CODE,
        Part::IcmpCode,
        Some(&ICMPV6),
        false,
        1 << 10,
    ),
];

/// The bits of CTA_FILTER_ORIG_FLAGS and CTA_FILTER_REPLY_FLAGS that belong to no part.
const FLAG_IP_SRC: u32 = 1 << 0;
const FLAG_IP_DST: u32 = 1 << 1;
const FLAG_PROTO_NUM: u32 = 1 << 3;

const fn carried(
    kind: u16,
    part: Part,
    of: Option<&'static Protocol>,
    wide: bool,
    flag: u32,
) -> Carried {
    Carried {
        kind,
        part,
        of,
        wide,
        flag,
    }
}

pub fn read(bytes: &[u8]) -> Result<Tuple, Malformed> {
    let mut tuple = Tuple {
        present: true,
        ..Tuple::default()
    };
    for attr in walk(bytes) {
        let attr = attr?;
        match attr.kind {
            CTA_TUPLE_IP => read_addresses(attr.value, &mut tuple)?,
            CTA_TUPLE_PROTO => read_parts(attr.value, &mut tuple)?,
            CTA_TUPLE_ZONE => tuple.zone = Some(attr.u16()?),
            _ => {}
        }
    }
    Ok(tuple)
}

fn read_addresses(bytes: &[u8], tuple: &mut Tuple) -> Result<(), Malformed> {
    for attr in walk(bytes) {
        let attr = attr?;
        match attr.kind {
            CTA_IP_V4_SRC => tuple.src = Some(Ipv4Addr::from(attr.array()?).into()),
            CTA_IP_V4_DST => tuple.dst = Some(Ipv4Addr::from(attr.array()?).into()),
            CTA_IP_V6_SRC => tuple.src = Some(Ipv6Addr::from(attr.array::<16>()?).into()),
            CTA_IP_V6_DST => tuple.dst = Some(Ipv6Addr::from(attr.array::<16>()?).into()),
            _ => {}
        }
    }
    Ok(())
}

fn read_parts(bytes: &[u8], tuple: &mut Tuple) -> Result<(), Malformed> {
    for attr in walk(bytes) {
        let attr = attr?;
        if attr.kind == CTA_PROTO_NUM {
            tuple.protocol = Some(attr.u8()?);
            continue;
        }
        let place = usize::from(attr.kind.wrapping_sub(CTA_PROTO_SRC_PORT));
        if let Some(Carried { part, wide, .. }) = PARTS.get(place) {
            let value = match wide {
                true => attr.u16()?,
                false => attr.u8()?.into(),
            };
            tuple.set_part(*part, value);
        }
    }
    Ok(())
}

/// Appends a tuple as an attribute of this kind.
pub fn write(out: &mut Vec<u8>, kind: u16, tuple: &Tuple) {
    nest(out, kind, |out| {
        nest(out, CTA_TUPLE_IP, |out| {
            write_address(out, [CTA_IP_V4_SRC, CTA_IP_V6_SRC], tuple.src);
            write_address(out, [CTA_IP_V4_DST, CTA_IP_V6_DST], tuple.dst);
        });
        nest(out, CTA_TUPLE_PROTO, |out| {
            if let Some(number) = tuple.protocol {
                put(out, CTA_PROTO_NUM, &[number]);
            }
            for (carried, value) in parts(tuple) {
                match carried.wide {
                    true => put_u16(out, carried.kind, Some(value)),
                    false => put(out, carried.kind, &[value as u8]),
                }
            }
        });
        put_u16(out, CTA_TUPLE_ZONE, tuple.zone);
    });
}

fn write_address(out: &mut Vec<u8>, [v4, v6]: [u16; 2], address: Option<IpAddr>) {
    match address {
        Some(IpAddr::V4(address)) => put(out, v4, &address.octets()),
        Some(IpAddr::V6(address)) => put(out, v6, &address.octets()),
        None => {}
    }
}

/// The parts that a tuple of its protocol can carry.
fn parts(tuple: &Tuple) -> impl Iterator<Item = (&'static Carried, u16)> {
    PARTS.iter().filter_map(|carried| {
        let owned = |of: &Protocol| tuple.protocol == Some(of.number);
        let value = tuple.part(carried.part)?;
        carried.of.is_none_or(owned).then_some((carried, value))
    })
}

/// What of a tuple the kernel's filter is to compare, as flags of CTA_FILTER.
pub fn filter_flags(tuple: &Tuple) -> u32 {
    parts(tuple).fold(0, |flags, (carried, _)| flags | carried.flag)
        | tuple.src.map_or(0, |_| FLAG_IP_SRC)
        | tuple.dst.map_or(0, |_| FLAG_IP_DST)
        | tuple.protocol.map_or(0, |_| FLAG_PROTO_NUM)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple(protocol: Option<u8>, parts: &[(Part, u16)]) -> Tuple {
        let mut tuple = Tuple {
            present: true,
            src: Some(Ipv4Addr::new(10, 0, 0, 1).into()),
            dst: Some(Ipv4Addr::new(10, 0, 0, 2).into()),
            protocol,
            zone: Some(9),
            ..Tuple::default()
        };
        parts
            .iter()
            .for_each(|(part, value)| tuple.set_part(*part, *value));
        tuple
    }

    fn round_trip(tuple: &Tuple) -> Tuple {
        let mut out = Vec::new();
        write(&mut out, CTA_TUPLE_ORIG, tuple);
        read(&out[4..]).unwrap()
    }

    #[test]
    fn the_table_is_in_the_order_of_the_numbers() {
        for (place, carried) in PARTS.iter().enumerate() {
            assert_eq!(usize::from(carried.kind - CTA_PROTO_SRC_PORT), place);
        }
    }

    #[test]
    fn what_was_written_is_what_is_read() {
        let icmp = [
            (Part::IcmpType, 8),
            (Part::IcmpCode, 1),
            (Part::IcmpId, 4000),
        ];
        let mut ipv6 = tuple(Some(58), &icmp);
        ipv6.src = Some("2001:db8::1".parse().unwrap());
        ipv6.dst = Some("2001:db8::2".parse().unwrap());
        for tuple in [
            tuple(Some(6), &[(Part::SrcPort, 1000), (Part::DstPort, 80)]),
            tuple(Some(1), &icmp),
            tuple(Some(50), &[]),
            tuple(None, &[]),
            ipv6,
        ] {
            assert_eq!(round_trip(&tuple), tuple);
        }
    }

    #[test]
    fn what_the_protocol_does_not_have_is_not_sent() {
        let tcp_with_a_type = tuple(Some(6), &[(Part::SrcPort, 1), (Part::IcmpType, 8)]);
        assert_eq!(round_trip(&tcp_with_a_type).part(Part::IcmpType), None);
    }

    #[test]
    fn the_flags_name_what_is_there() {
        let icmp = [(Part::IcmpType, 8), (Part::IcmpCode, 0), (Part::IcmpId, 1)];
        for (tuple, flags) in [
            (Tuple::default(), 0),
            (tuple(None, &[]), 0b11),
            (tuple(Some(6), &[(Part::DstPort, 80)]), 0b10_1011),
            (tuple(Some(1), &icmp), 0b1_1100_1011),
            (tuple(Some(58), &icmp), 0b1110_0000_1011),
        ] {
            assert_eq!(filter_flags(&tuple), flags, "{tuple:?}");
        }
    }

    #[test]
    fn a_part_of_the_wrong_size_is_malformed() {
        let mut out = Vec::new();
        nest(&mut out, CTA_TUPLE_PROTO, |out| {
            put(out, CTA_PROTO_SRC_PORT, &[1]);
        });
        assert_eq!(read(&out), Err(Malformed));
    }
}
