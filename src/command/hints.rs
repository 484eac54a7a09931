//! A filter -> as much of it as the kernel can check.

use crate::field::{Compare, Direction};
use crate::filter::{Filter, Test};
use crate::flow::Tuple;
use crate::netlink::kernel_filter::Hints;
use std::net::IpAddr;

/// What of a filter the kernel is asked for: single values of the fields that it knows.
pub fn of(filter: &Filter) -> Hints {
    let mut hints = Hints::default();
    for part in filter.parts() {
        if let Filter::Is {
            field,
            one_of,
            none_of,
        } = part
        {
            if let (Some(compare), [test], []) = (field.kernel, &one_of[..], &none_of[..]) {
                add(&mut hints, compare, *test);
            }
        }
    }
    // The kernel compares ports and their like only of a protocol that it is told.
    if hints.orig.protocol.is_none() {
        hints.orig.parts = Default::default();
        hints.reply.parts = Default::default();
    }
    hints
}

/// The kernel compares whole addresses. Of IPv6 addresses it leaves out those that are equal (Linux 6.1, 6.12 and 6.18 do,
/// 7.3 does not), so it is not asked for any.
fn add(hints: &mut Hints, compare: Compare, test: Test) {
    let address = test.ipv4().map(IpAddr::V4);
    match compare {
        Compare::Src(direction) => tuple(hints, direction).src = address,
        Compare::Dst(direction) => tuple(hints, direction).dst = address,
        _ => {
            if let Test::Within {
                mask, low, high, ..
            } = test
            {
                if low == high {
                    add_number(hints, compare, low as u32, mask as u32);
                }
            }
        }
    }
}

fn add_number(hints: &mut Hints, compare: Compare, value: u32, mask: u32) {
    match compare {
        Compare::Part(direction, part) => tuple(hints, direction).set_part(part, value as u16),
        Compare::Protocol => {
            hints.orig.protocol = Some(value as u8);
            hints.reply.protocol = Some(value as u8);
        }
        Compare::Mark => hints.mark = Some((value, mask)),
        Compare::Status => hints.status = Some((value, mask)),
        // To the kernel, zone 0 is no flow with a zone in one direction; to us, it is every flow without CTA_ZONE.
        Compare::Zone => hints.zone = Some(value as u16).filter(|zone| *zone != 0),
        Compare::Src(_) | Compare::Dst(_) => {}
    }
}

fn tuple(hints: &mut Hints, direction: Direction) -> &mut Tuple {
    match direction {
        Direction::Orig => &mut hints.orig,
        Direction::Reply => &mut hints.reply,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::field;
    use crate::flow::Part;

    fn hints(tests: &[(&str, Test)]) -> Hints {
        let is = |(path, test): &(&str, Test)| Filter::is(field(path), *test);
        of(&Filter::All(tests.iter().map(is).collect()))
    }

    fn address(text: &str) -> Test {
        Test::address(text.parse().unwrap(), None)
    }

    #[test]
    fn single_values_of_what_the_kernel_knows_are_asked_for() {
        let tcp = ("protonum", Test::number(6));
        let asked = hints(&[
            tcp,
            ("orig.src", address("10.0.0.1")),
            ("orig.dst", address("10.0.0.3")),
            ("orig.dport", Test::number(80)),
            ("reply.src", address("10.0.0.4")),
            ("reply.dst", address("10.0.0.2")),
            ("mark", Test::masked(4, 6)),
            ("status", Test::masked(2, 6)),
            ("zone", Test::number(3)),
        ]);
        assert_eq!(asked.orig.protocol, Some(6));
        assert_eq!(asked.orig.src, Some("10.0.0.1".parse().unwrap()));
        assert_eq!(asked.orig.dst, Some("10.0.0.3".parse().unwrap()));
        assert_eq!(asked.reply.src, Some("10.0.0.4".parse().unwrap()));
        assert_eq!(asked.orig.part(Part::DstPort), Some(80));
        assert_eq!(
            (asked.reply.protocol, asked.reply.part(Part::DstPort)),
            (Some(6), None)
        );
        assert_eq!(asked.reply.dst, Some("10.0.0.2".parse().unwrap()));
        assert_eq!(
            (asked.mark, asked.status, asked.zone),
            (Some((4, 6)), Some((2, 6)), Some(3))
        );
    }

    #[test]
    fn what_the_kernel_cannot_check_or_gets_wrong_is_not_asked_for() {
        let mask = Some("255.0.0.0".parse().unwrap());
        let network = Test::address("10.0.0.0".parse().unwrap(), mask);
        for tests in [
            ("orig.src", network),
            ("orig.src", address("2001:db8::1")),
            ("reply.dst", address("::10.0.0.1")),
            ("orig.dport", Test::number(80)),
            ("reply.sport", Test::number(80)),
            ("zone", Test::number(0)),
            ("timeout", Test::number(5)),
            ("labels", Test::Label(5)),
            ("family", Test::number(2)),
            ("src-nat", address("10.0.0.1")),
        ] {
            let asked = hints(&[tests]);
            assert!(asked.is_empty(), "{tests:?}: {asked:?}");
        }
    }

    #[test]
    fn one_of_several_is_not_asked_for() {
        let tests = vec![Test::number(6), Test::number(17)];
        let either = Filter::one_of(field("protonum"), tests);
        let any = Filter::Any(vec![Filter::is(field("mark"), Test::number(1))]);
        assert!(of(&Filter::All(vec![either, any])).is_empty());
        let alone = Filter::is(field("mark"), Test::number(1));
        assert_eq!(of(&alone).mark, Some((1, u32::MAX)));
    }
}
