//! What a line says of addresses and ports -> both tuples of a flow, or that of an expectation.

use super::line::Line;
use crate::flow::protocol::{ICMP, ICMPV6};
use crate::flow::{Part, Tuple};
use std::net::IpAddr;

fn tuple(typed: &Tuple, protocol: Option<u8>) -> Tuple {
    Tuple {
        present: true,
        protocol,
        ..*typed
    }
}

/// The tuple of an expectation. It cannot be given ICMP's numbers, which are 0 then, for the kernel wants some.
pub fn expected(typed: &Tuple, protocol: Option<u8>) -> Tuple {
    let mut tuple = tuple(typed, protocol);
    if [ICMP.number, ICMPV6.number].map(Some).contains(&protocol) {
        for part in [Part::IcmpType, Part::IcmpCode, Part::IcmpId] {
            tuple.set_part(part, 0);
        }
    }
    tuple
}

/// Both tuples of one flow. Whatever one lacks is what the other says of the opposite direction; an ICMP id is 0.
pub fn tuples(line: &Line) -> (Tuple, Tuple) {
    let mut orig = tuple(&line.flow.orig, line.protocol);
    let mut reply = tuple(&line.flow.reply, line.protocol);
    if orig.part(Part::IcmpType).is_some() && orig.part(Part::IcmpId).is_none() {
        orig.set_part(Part::IcmpId, 0);
    }
    complete(&mut reply, &orig);
    complete(&mut orig, &reply);
    (orig, reply)
}

fn complete(tuple: &mut Tuple, opposite: &Tuple) {
    const OPPOSITES: [(Part, Part); 4] = [
        (Part::SrcPort, Part::DstPort),
        (Part::DstPort, Part::SrcPort),
        (Part::IcmpCode, Part::IcmpCode),
        (Part::IcmpId, Part::IcmpId),
    ];
    tuple.src = tuple.src.or(opposite.dst);
    tuple.dst = tuple.dst.or(opposite.src);
    for (part, other) in OPPOSITES {
        if let (None, Some(value)) = (tuple.part(part), opposite.part(other)) {
            tuple.set_part(part, value);
        }
    }
    if let (None, Some(value)) = (tuple.part(Part::IcmpType), opposite.part(Part::IcmpType)) {
        tuple.set_part(Part::IcmpType, answering_type(tuple, value));
    }
}

/// The ICMP type that answers another. What is never answered, or not in this family, has one that the kernel refuses.
fn answering_type(tuple: &Tuple, value: u16) -> u16 {
    const ICMP_PAIRS: [(u16, u16); 4] = [(8, 0), (13, 14), (15, 16), (17, 18)];
    const ICMPV6_PAIRS: [(u16, u16); 2] = [(128, 129), (139, 140)];
    const NONE: u16 = 255;
    let pairs: &[(u16, u16)] = match (tuple.protocol, tuple.src) {
        (Some(number), Some(IpAddr::V4(_))) if number == ICMP.number => &ICMP_PAIRS,
        (Some(number), Some(IpAddr::V6(_))) if number == ICMPV6.number => &ICMPV6_PAIRS,
        _ => &[],
    };
    let both = pairs
        .iter()
        .flat_map(|&(request, reply)| [(request, reply), (reply, request)]);
    both.into_iter()
        .find(|(of, _)| *of == value)
        .map_or(NONE, |(_, answer)| answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::hall;
    use crate::cli::letters::Letters;

    /// The tuples of a flow that is made.
    fn made(line: &str) -> (Tuple, Tuple) {
        let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
        let line = hall::line(Letters::new(&words), &mut Vec::new());
        tuples(&line.unwrap())
    }

    #[test]
    fn a_tuple_is_completed_by_the_opposite_one() {
        let both = made("-I -t 5 -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 3 --dport 4");
        assert_eq!(
            both,
            made("-I -t 5 -p udp -r 2.2.2.2 -q 1.1.1.1 --reply-port-src 4 --reply-port-dst 3")
        );
        let (orig, reply) = both;
        assert_eq!((orig.src, orig.dst), (reply.dst, reply.src));
        assert_eq!(reply.part(Part::SrcPort), Some(4));
        assert_eq!(
            (orig.part(Part::IcmpId), reply.part(Part::IcmpType)),
            (None, None)
        );
        let (_, kept) = made("-I -t 5 -p udp -s 1.1.1.1 -d 2.2.2.2 -q 9.9.9.9 --sport 3 --dport 4");
        assert_eq!(kept.dst, Some("9.9.9.9".parse().unwrap()));
    }

    #[test]
    fn an_icmp_type_is_mirrored_by_the_one_that_answers_it() {
        for (protocol, addresses, value, answer) in [
            ("icmp", "-s 1.1.1.1 -d 2.2.2.2", 8, 0),
            ("icmp", "-s 1.1.1.1 -d 2.2.2.2", 0, 8),
            ("icmp", "-s 1.1.1.1 -d 2.2.2.2", 13, 14),
            ("icmp", "-s 1.1.1.1 -d 2.2.2.2", 18, 17),
            ("icmp", "-s 1.1.1.1 -d 2.2.2.2", 3, 255),
            ("icmp", "-s ::1 -d ::2", 8, 255),
            ("icmp", "-s ::1 -d ::2", 128, 255),
            ("icmpv6", "-s ::1 -d ::2", 128, 129),
            ("icmpv6", "-s ::1 -d ::2", 140, 139),
            ("icmpv6", "-s 1.1.1.1 -d 2.2.2.2", 128, 255),
        ] {
            let line = format!(
                "-I -t 5 -p {protocol} {addresses} --{protocol}-type {value} --{protocol}-code 2"
            );
            let (orig, reply) = made(&line);
            assert_eq!(reply.part(Part::IcmpType), Some(answer), "{line}");
            assert_eq!(reply.part(Part::IcmpCode), Some(2));
            assert_eq!(
                (orig.part(Part::IcmpId), reply.part(Part::IcmpId)),
                (Some(0), Some(0))
            );
        }
    }
}
