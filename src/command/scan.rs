//! Walking over the flows that a filter matches.

use super::count::COUNT_FILE;
use crate::error::Error;
use crate::filter::{AddressPattern, Filter, TuplePattern};
use crate::flow::{Family, Flow, Tuple};
use crate::netlink::encode::{self, Dump};
use crate::netlink::kernel_filter::Hints;
use crate::netlink::message::Content;
use crate::netlink::socket::Socket;
use crate::netlink::{self, decode};
use nix::libc::EPERM;
use std::cell::Cell;
use std::fs;
use std::net::IpAddr;

/// Up to here, dumping everything takes no longer than a person notices.
const ENTRIES_OF_A_SMALL_TABLE: u64 = 1 << 16;

/// Hands over each flow of a dump that the filter matches.
///
/// The kernel is asked to leave out what it can tell does not match. It compares tuples of one family only, so where
/// none is given it is asked for each in turn; but not for a small table, whose rows then stay in the kernel's order. One
/// that refuses all this is asked again for everything.
pub fn scan(
    what: Dump,
    filter: &Filter,
    mut each: impl FnMut(&Flow) -> Result<(), Error>,
) -> Result<(), Error> {
    let hints = if what == Dump::Flows {
        hints(filter)
    } else {
        Hints::default()
    };
    let any = Cell::new(false);
    let mut read = |content: Content| {
        let Content::Flow(body) = content else {
            return Ok(());
        };
        any.set(true);
        let flow = decode::flow(body.family, body.attributes).map_err(netlink::Error::from)?;
        if filter.matches(&flow) {
            each(&flow)
        } else {
            Ok(())
        }
    };
    let family = filter.family.unwrap_or_default();
    let asked = match filter.family {
        None if hints.has_tuples() && is_large_table() => dump_families(what, &hints, &mut read),
        None if hints.has_tuples() => {
            return dump(what, family, &Hints::default(), &mut read);
        }
        _ => dump(what, family, &hints, &mut read),
    };
    match asked {
        Err(Error::Kernel(_, netlink::Error::Refused(number)))
            if number != EPERM && !any.get() && !hints.is_empty() =>
        {
            dump(what, family, &Hints::default(), &mut read)
        }
        result => result,
    }
}

fn is_large_table() -> bool {
    let entries = fs::read_to_string(COUNT_FILE).ok();
    entries.and_then(|entries| entries.trim().parse().ok()) > Some(ENTRIES_OF_A_SMALL_TABLE)
}

fn dump(
    what: Dump,
    family: Family,
    hints: &Hints,
    read: &mut impl FnMut(Content) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut request = Vec::new();
    encode::dump(&mut request, what, family, hints);
    Socket::open()?.dump(&mut request, read)
}

/// Both families, one after the other: the kernel does not walk its table for two dumps at once.
fn dump_families(
    what: Dump,
    hints: &Hints,
    read: &mut impl FnMut(Content) -> Result<(), Error>,
) -> Result<(), Error> {
    dump(what, Family::IPV4, hints, read)?;
    dump(what, Family::IPV6, hints, read)
}

/// As much of the filter as the kernel can check.
fn hints(filter: &Filter) -> Hints {
    let protocol = match filter.protocols.as_deref() {
        Some([number]) => Some(*number),
        _ => None,
    };
    let status = filter.status_set.union(filter.status_clear);
    Hints {
        orig: tuple(&filter.orig, protocol),
        reply: tuple(&filter.reply, protocol),
        mark: filter.mark.map(|mark| (mark.value, mark.mask)),
        status: (status.0 != 0).then_some((filter.status_set.0, status.0)),
        // To the kernel, zone 0 is no flow with a zone in one direction; to us, it is every flow without CTA_ZONE.
        zone: filter.zone.filter(|zone| *zone != 0),
    }
}

/// The kernel compares whole addresses, and the numbers only of a protocol that it is told. Of IPv6 addresses it leaves
/// out those that are equal (as of Linux 6.18), so it is not asked for any.
fn tuple(pattern: &TuplePattern, protocol: Option<u8>) -> Tuple {
    let whole = |pattern: Option<AddressPattern>| {
        let whole = pattern.filter(|pattern| pattern.mask.is_none());
        whole.map(|pattern| pattern.address).filter(IpAddr::is_ipv4)
    };
    let mut tuple = Tuple {
        present: true,
        src: whole(pattern.src),
        dst: whole(pattern.dst),
        protocol,
        ..Tuple::default()
    };
    if protocol.is_some() {
        pattern
            .fields
            .iter()
            .for_each(|(field, value)| tuple.set_field(*field, *value));
    }
    tuple
}
