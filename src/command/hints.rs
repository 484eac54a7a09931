//! A filter -> as much of it as the kernel can check.

use crate::field::{Compare, Direction};
use crate::filter::{Filter, Test};
use crate::flow::{Part, Tuple};
use crate::netlink::kernel_filter::Hints;
use std::net::{IpAddr, Ipv4Addr};

/// What of a filter the kernel is asked for: single values of the fields that it knows.
pub fn of(filter: &Filter) -> Hints {
    let mut hints = Hints::default();
    for part in filter.parts() {
        if let Filter::Is(field, tests) = part {
            if let (
                Some(compare),
                [
                    Test::Within {
                        mask, low, high, ..
                    },
                ],
            ) = (field.kernel, &tests[..])
            {
                if low == high {
                    add(&mut hints, compare, *low, *mask);
                }
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

fn add(hints: &mut Hints, compare: Compare, value: u128, mask: u128) {
    let whole = mask == u128::MAX;
    match compare {
        Compare::Src(direction) => tuple(hints, direction).src = address(value, whole),
        Compare::Dst(direction) => tuple(hints, direction).dst = address(value, whole),
        Compare::Part(direction, part) => set_part(hints, direction, part, value),
        Compare::Protocol => {
            hints.orig.protocol = Some(value as u8);
            hints.reply.protocol = Some(value as u8);
        }
        Compare::Mark => hints.mark = Some((value as u32, mask as u32)),
        Compare::Status => hints.status = Some((value as u32, mask as u32)),
        // To the kernel, zone 0 is no flow with a zone in one direction; to us, it is every flow without CTA_ZONE.
        Compare::Zone => hints.zone = Some(value as u16).filter(|zone| *zone != 0),
    }
}

fn set_part(hints: &mut Hints, direction: Direction, part: Part, value: u128) {
    tuple(hints, direction).set_part(part, value as u16);
}

fn tuple(hints: &mut Hints, direction: Direction) -> &mut Tuple {
    match direction {
        Direction::Orig => &mut hints.orig,
        Direction::Reply => &mut hints.reply,
    }
}

/// The kernel compares whole addresses. Of IPv6 addresses it leaves out those that are equal (as of Linux 6.18), so it is
/// not asked for any.
fn address(value: u128, whole: bool) -> Option<IpAddr> {
    let value = u32::try_from(value).ok().filter(|_| whole)?;
    Some(Ipv4Addr::from(value).into())
}
