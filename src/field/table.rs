//! The one table of fields. A field is added here, and nowhere else.

use super::{Compare, Direction, Field, Kind, Value};
use crate::flow::attributes::*;
use crate::flow::nat::Side;
use crate::flow::protocol::GRE;
use crate::flow::{Flow, Part, Tuple};
use Direction::{Orig, Reply};

const ORIG: Attributes = Attributes::of(&[CTA_TUPLE_ORIG]);
const REPLY: Attributes = Attributes::of(&[CTA_TUPLE_REPLY]);
const NAT: Attributes = Attributes::of(&[CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, CTA_STATUS]);

#[rustfmt::skip]
pub static FIELDS: &[Field] = &[
    Field { kernel: None, ..plain("family", Kind::Unsigned(255), Attributes::NONE, |flow| number(Some(flow.family.0))) },
    Field { kernel: Some(Compare::Protocol), ..plain("protonum", Kind::Unsigned(255), ORIG, |flow| number(flow.orig.protocol)) },

    Field { kernel: Some(Compare::Src(Orig)), ..plain("orig.src", Kind::Address, ORIG, |flow| flow.orig.src.map(Value::Address)) },
    Field { kernel: Some(Compare::Dst(Orig)), ..plain("orig.dst", Kind::Address, ORIG, |flow| flow.orig.dst.map(Value::Address)) },
    Field { kernel: Some(Compare::Src(Reply)), ..plain("reply.src", Kind::Address, REPLY, |flow| flow.reply.src.map(Value::Address)) },
    Field { kernel: Some(Compare::Dst(Reply)), ..plain("reply.dst", Kind::Address, REPLY, |flow| flow.reply.dst.map(Value::Address)) },

    part("orig.sport", Kind::Port, Orig, Part::SrcPort, |flow| port(&flow.orig, Part::SrcPort), |flow, n| flow.orig.set_part(Part::SrcPort, n as u16)),
    part("orig.dport", Kind::Port, Orig, Part::DstPort, |flow| port(&flow.orig, Part::DstPort), |flow, n| flow.orig.set_part(Part::DstPort, n as u16)),
    part("reply.sport", Kind::Port, Reply, Part::SrcPort, |flow| port(&flow.reply, Part::SrcPort), |flow, n| flow.reply.set_part(Part::SrcPort, n as u16)),
    part("reply.dport", Kind::Port, Reply, Part::DstPort, |flow| port(&flow.reply, Part::DstPort), |flow, n| flow.reply.set_part(Part::DstPort, n as u16)),
    part("orig.srckey", Kind::Key, Orig, Part::SrcPort, |flow| key(&flow.orig, Part::SrcPort), |flow, n| flow.orig.set_part(Part::SrcPort, n as u16)),
    part("orig.dstkey", Kind::Key, Orig, Part::DstPort, |flow| key(&flow.orig, Part::DstPort), |flow, n| flow.orig.set_part(Part::DstPort, n as u16)),
    part("reply.srckey", Kind::Key, Reply, Part::SrcPort, |flow| key(&flow.reply, Part::SrcPort), |flow, n| flow.reply.set_part(Part::SrcPort, n as u16)),
    part("reply.dstkey", Kind::Key, Reply, Part::DstPort, |flow| key(&flow.reply, Part::DstPort), |flow, n| flow.reply.set_part(Part::DstPort, n as u16)),
    part("orig.type", Kind::Decimal(255), Orig, Part::IcmpType, |flow| number(flow.orig.part(Part::IcmpType)), |flow, n| flow.orig.set_part(Part::IcmpType, n as u16)),
    part("orig.code", Kind::Decimal(255), Orig, Part::IcmpCode, |flow| number(flow.orig.part(Part::IcmpCode)), |flow, n| flow.orig.set_part(Part::IcmpCode, n as u16)),
    part("orig.id", Kind::Decimal(65535), Orig, Part::IcmpId, |flow| number(flow.orig.part(Part::IcmpId)), |flow, n| flow.orig.set_part(Part::IcmpId, n as u16)),

    Field { set: Some(|flow, n| flow.orig.zone = Some(n as u16)), absent: Some(0), ..plain("orig.zone", Kind::Unsigned(65535), ORIG, |flow| number(flow.orig.zone)) },
    Field { set: Some(|flow, n| flow.reply.zone = Some(n as u16)), absent: Some(0), ..plain("reply.zone", Kind::Unsigned(65535), REPLY, |flow| number(flow.reply.zone)) },
    Field { set: Some(|flow, n| flow.zone = Some(n as u16)), absent: Some(0), kernel: Some(Compare::Zone), ..plain("zone", Kind::Unsigned(65535), Attributes::of(&[CTA_ZONE]), |flow| number(flow.zone)) },

    Field { set: Some(|flow, n| flow.timeout = Some(n)), ..plain("timeout", Kind::Decimal(u32::MAX), Attributes::of(&[CTA_TIMEOUT]), |flow| number(flow.timeout)) },
    Field { kernel: Some(Compare::Status), ..plain("status", Kind::Bits, Attributes::of(&[CTA_STATUS]), |flow| number(flow.status.map(|status| status.0))) },
    Field { kernel: Some(Compare::Mark), ..plain("mark", Kind::Mark, Attributes::of(&[CTA_MARK]), |flow| number(flow.mark)) },
    plain("state", Kind::State, Attributes::of(&[CTA_PROTOINFO]), |flow| flow.info.state.map(Value::State)),
    Field { set: Some(|flow, n| flow.info.orig_vtag = Some(n)), ..plain("orig.vtag", Kind::Decimal(u32::MAX), Attributes::of(&[CTA_PROTOINFO]), |flow| number(flow.info.orig_vtag)) },
    Field { set: Some(|flow, n| flow.info.reply_vtag = Some(n)), ..plain("reply.vtag", Kind::Decimal(u32::MAX), Attributes::of(&[CTA_PROTOINFO]), |flow| number(flow.info.reply_vtag)) },
    plain("secmark", Kind::Unsigned(u32::MAX), Attributes::of(&[CTA_SECMARK]), |flow| number(flow.secmark)),
    plain("id", Kind::Unsigned(u32::MAX), Attributes::of(&[CTA_ID]), |flow| number(flow.id)),
    plain("labels", Kind::Labels, Attributes::of(&[CTA_LABELS]), |flow| flow.labels.map(Value::Labels)),

    plain("src-nat", Kind::Address, NAT, |flow| address_of(Side::source(flow))),
    plain("src-nat-port", Kind::Port, NAT, |flow| port_of(Side::source(flow))),
    plain("dst-nat", Kind::Address, NAT, |flow| address_of(Side::destination(flow))),
    plain("dst-nat-port", Kind::Port, NAT, |flow| port_of(Side::destination(flow))),
];

const fn plain(
    path: &'static str,
    kind: Kind,
    needs: Attributes,
    get: for<'a> fn(&Flow<'a>) -> Option<Value<'a>>,
) -> Field {
    Field {
        path,
        kind,
        needs,
        get,
        set: None,
        absent: None,
        kernel: None,
    }
}

/// A field that is a part of a tuple.
const fn part(
    path: &'static str,
    kind: Kind,
    direction: Direction,
    part: Part,
    get: for<'a> fn(&Flow<'a>) -> Option<Value<'a>>,
    set: fn(&mut Flow, u32),
) -> Field {
    let needs = match direction {
        Direction::Orig => ORIG,
        Direction::Reply => REPLY,
    };
    Field {
        set: Some(set),
        kernel: Some(Compare::Part(direction, part)),
        ..plain(path, kind, needs, get)
    }
}

fn number<'a>(value: Option<impl Into<u32>>) -> Option<Value<'a>> {
    value.map(|value| Value::Number(value.into()))
}

/// GRE keeps its keys where other protocols have ports.
fn port<'a>(tuple: &Tuple, part: Part) -> Option<Value<'a>> {
    number(
        tuple
            .part(part)
            .filter(|_| tuple.protocol != Some(GRE.number)),
    )
}

fn key<'a>(tuple: &Tuple, part: Part) -> Option<Value<'a>> {
    number(
        tuple
            .part(part)
            .filter(|_| tuple.protocol == Some(GRE.number)),
    )
}

/// What NAT made of a side, where it made anything.
fn address_of<'a>(side: Side) -> Option<Value<'a>> {
    let address = side.after.address.filter(|_| side.is_translated())?;
    Some(Value::Address(address))
}

fn port_of<'a>(side: Side) -> Option<Value<'a>> {
    number(side.after.port.filter(|_| side.is_translated()))
}
