//! Which flows a command means.
//!
//! What a flow does not have does not match, with one exception: a flow without a zone is in zone 0.

use crate::flow::nat::{Endpoint, Side};
use crate::flow::{Family, Field, Flow, MaskedMark, State, Status, Tuple, label};
use std::net::IpAddr;

/// Everything that a flow must be. The default matches every flow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub family: Option<Family>,
    /// One of these, where there are any.
    pub protocols: Option<Vec<u8>>,
    pub orig: TuplePattern,
    pub reply: TuplePattern,
    /// One of these, where there are any.
    pub states: Vec<State>,
    pub orig_vtag: Option<u32>,
    pub reply_vtag: Option<u32>,
    /// Bits that must be set.
    pub status_set: Status,
    /// Bits that must not be set.
    pub status_clear: Status,
    /// Seconds.
    pub timeout: Option<u32>,
    pub mark: Option<MaskedMark>,
    pub secmark: Option<u32>,
    pub id: Option<u32>,
    pub zone: Option<u16>,
    pub orig_zone: Option<u16>,
    pub reply_zone: Option<u16>,
    /// Label bits, all of which must be set.
    pub labels: Vec<u16>,
    pub nat: NatPattern,
}

/// What the addresses and numbers of a tuple must be.
#[derive(Clone, Debug, Default)]
pub struct TuplePattern {
    pub src: Option<AddressPattern>,
    pub dst: Option<AddressPattern>,
    pub fields: Vec<(Field, u16)>,
}

/// An address and the bits of it that count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddressPattern {
    pub address: IpAddr,
    /// None where all count.
    pub mask: Option<IpAddr>,
}

/// Which translations a flow must have had.
#[derive(Clone, Copy, Debug, Default)]
pub struct NatPattern {
    pub src: Option<Endpoint>,
    pub dst: Option<Endpoint>,
    /// One of the two.
    pub any: Option<Endpoint>,
}

impl Filter {
    pub fn matches(&self, flow: &Flow) -> bool {
        self.family.is_none_or(|family| family == flow.family)
            && self.matches_protocol(flow)
            && self.orig.matches(&flow.orig)
            && self.reply.matches(&flow.reply)
            && self.matches_status(flow.status)
            && self.matches_numbers(flow)
            && self.matches_zones(flow)
            && self.matches_labels(flow)
            && self.nat.matches(flow)
    }

    fn matches_protocol(&self, flow: &Flow) -> bool {
        let protocol = self.protocols.as_ref().is_none_or(|protocols| {
            flow.orig
                .protocol
                .is_some_and(|number| protocols.contains(&number))
        });
        protocol
            && (self.states.is_empty() || flow.info.state.is_some_and(|s| self.states.contains(&s)))
            && equal(self.orig_vtag, flow.info.orig_vtag)
            && equal(self.reply_vtag, flow.info.reply_vtag)
    }

    fn matches_status(&self, status: Option<Status>) -> bool {
        let asked = self.status_set.union(self.status_clear) != Status::default();
        !asked
            || status.is_some_and(|status| {
                status.contains(self.status_set) && !status.intersects(self.status_clear)
            })
    }

    fn matches_numbers(&self, flow: &Flow) -> bool {
        let mark = self
            .mark
            .is_none_or(|wanted| flow.mark.is_some_and(|mark| wanted.matches(mark)));
        mark && equal(self.timeout, flow.timeout)
            && equal(self.secmark, flow.secmark)
            && equal(self.id, flow.id)
    }

    fn matches_zones(&self, flow: &Flow) -> bool {
        let same = |wanted: Option<u16>, found: Option<u16>| {
            wanted.is_none_or(|wanted| found.unwrap_or(0) == wanted)
        };
        same(self.zone, flow.zone)
            && same(self.orig_zone, flow.orig.zone)
            && same(self.reply_zone, flow.reply.zone)
    }

    fn matches_labels(&self, flow: &Flow) -> bool {
        let labels = flow.labels.unwrap_or_default();
        self.labels.iter().all(|bit| label::is_set(labels, *bit))
    }
}

fn equal(wanted: Option<u32>, found: Option<u32>) -> bool {
    wanted.is_none() || wanted == found
}

impl TuplePattern {
    fn matches(&self, tuple: &Tuple) -> bool {
        self.src.is_none_or(|pattern| pattern.matches(tuple.src))
            && self.dst.is_none_or(|pattern| pattern.matches(tuple.dst))
            && self
                .fields
                .iter()
                .all(|(field, value)| tuple.field(*field) == Some(*value))
    }
}

impl AddressPattern {
    fn matches(&self, address: Option<IpAddr>) -> bool {
        match (address, self.address, self.mask) {
            (Some(found), wanted, None) => found == wanted,
            (Some(IpAddr::V4(found)), IpAddr::V4(wanted), Some(IpAddr::V4(mask))) => {
                found & mask == wanted & mask
            }
            (Some(IpAddr::V6(found)), IpAddr::V6(wanted), Some(IpAddr::V6(mask))) => {
                found & mask == wanted & mask
            }
            _ => false,
        }
    }
}

impl NatPattern {
    fn matches(&self, flow: &Flow) -> bool {
        let src = |wanted: &Endpoint| became(Side::source(flow), wanted);
        let dst = |wanted: &Endpoint| became(Side::destination(flow), wanted);
        self.src.as_ref().is_none_or(src)
            && self.dst.as_ref().is_none_or(dst)
            && self.any.as_ref().is_none_or(|any| src(any) || dst(any))
    }
}

/// Whether NAT made a side what is wanted, as far as that is given.
fn became(side: Side, wanted: &Endpoint) -> bool {
    side.is_translated()
        && (wanted.address.is_none() || wanted.address == side.after.address)
        && (wanted.port.is_none() || wanted.port == side.after.port)
}
