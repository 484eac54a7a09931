//! The one table of fields. A field is added here, and nowhere else.

use super::{ACCOUNTING, Compare, Direction, Field, Kind, STAMPS, Source, Value};
use crate::clock;
use crate::flow::attributes::*;
use crate::flow::nat::Side;
use crate::flow::protocol::GRE;
use crate::flow::{Counters, Flow, Part, Status, TcpDetails, Tuple};
use Direction::{Orig, Reply};
use Source::Computed;

const ORIG: Attributes = Attributes::of(&[CTA_TUPLE_ORIG]);
const REPLY: Attributes = Attributes::of(&[CTA_TUPLE_REPLY]);
const PROTOINFO: Attributes = Attributes::of(&[CTA_PROTOINFO]);
const COUNTERS: Attributes = Attributes::of(&[CTA_COUNTERS_ORIG, CTA_COUNTERS_REPLY]);
const TIMESTAMP: Attributes = Attributes::of(&[CTA_TIMESTAMP]);
const TCP: Attributes = Attributes::of(&[CTA_PROTOINFO, TCP_DETAILS]);
const MASTER: Attributes = Attributes::of(&[CTA_TUPLE_MASTER]);
const SYNPROXY: Attributes = Attributes::of(&[CTA_SYNPROXY]);
const NAT: Attributes = Attributes::of(&[CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, CTA_STATUS]);

const PORT: Kind = Kind::Port;
const KEY: Kind = Kind::Key;
const BYTE: Kind = Kind::Decimal(255);
const WIDE: Kind = Kind::Unsigned(u32::MAX);
const ZONE: Kind = Kind::Unsigned(65535);

#[rustfmt::skip]
pub static FIELDS: &[Field] = &[
    plain("family", Kind::Family, Attributes::NONE, |flow| number(Some(flow.family.0))),
    plain("protocol", Kind::Protocol, ORIG, |flow| number(flow.orig.protocol)),
    Field { kernel: Some(Compare::Protocol), ..plain("protonum", Kind::Unsigned(255), ORIG, |flow| number(flow.orig.protocol)) },

    Field { kernel: Some(Compare::Src(Orig)), ..plain("orig.src", Kind::Address, ORIG, |flow| flow.orig.src.map(Value::Address)) },
    Field { kernel: Some(Compare::Dst(Orig)), ..plain("orig.dst", Kind::Address, ORIG, |flow| flow.orig.dst.map(Value::Address)) },
    part("orig.sport", PORT, Orig, Part::SrcPort, |flow| port(&flow.orig, Part::SrcPort), |flow, n| flow.orig.set_part(Part::SrcPort, n as u16)),
    part("orig.dport", PORT, Orig, Part::DstPort, |flow| port(&flow.orig, Part::DstPort), |flow, n| flow.orig.set_part(Part::DstPort, n as u16)),
    part("orig.type", BYTE, Orig, Part::IcmpType, |flow| number(flow.orig.part(Part::IcmpType)), |flow, n| flow.orig.set_part(Part::IcmpType, n as u16)),
    part("orig.code", BYTE, Orig, Part::IcmpCode, |flow| number(flow.orig.part(Part::IcmpCode)), |flow, n| flow.orig.set_part(Part::IcmpCode, n as u16)),
    part("orig.id", Kind::Decimal(65535), Orig, Part::IcmpId, |flow| number(flow.orig.part(Part::IcmpId)), |flow, n| flow.orig.set_part(Part::IcmpId, n as u16)),
    part("orig.srckey", KEY, Orig, Part::SrcPort, |flow| key(&flow.orig, Part::SrcPort), |flow, n| flow.orig.set_part(Part::SrcPort, n as u16)),
    part("orig.dstkey", KEY, Orig, Part::DstPort, |flow| key(&flow.orig, Part::DstPort), |flow, n| flow.orig.set_part(Part::DstPort, n as u16)),
    Field { set: Some(|flow, n| flow.info.orig_vtag = Some(n)), ..plain("orig.vtag", Kind::Decimal(u32::MAX), PROTOINFO, |flow| number(flow.info.orig_vtag)) },
    Field { set: Some(|flow, n| flow.orig.zone = Some(n as u16)), absent: Some(0), ..plain("orig.zone", ZONE, ORIG, |flow| number(flow.orig.zone)) },
    plain("orig.wscale", BYTE, TCP, |flow| number(flow.tcp.orig_wscale)),
    plain("orig.flags", Kind::Bits(TcpDetails::FLAGS), TCP, |flow| number(flow.tcp.orig_flags)),
    plain("orig.seqadj.position", WIDE, Attributes::of(&[CTA_SEQ_ADJ_ORIG]), |flow| number(flow.orig_shift.and_then(|shift| shift.position))),
    plain("orig.seqadj.before", Kind::Shift, Attributes::of(&[CTA_SEQ_ADJ_ORIG]), |flow| signed(flow.orig_shift.and_then(|shift| shift.before))),
    plain("orig.seqadj.after", Kind::Shift, Attributes::of(&[CTA_SEQ_ADJ_ORIG]), |flow| signed(flow.orig_shift.and_then(|shift| shift.after))),
    counted("orig.packets", Attributes::of(&[CTA_COUNTERS_ORIG]), |flow| number(flow.orig_counters.map(|counters| counters.packets))),
    counted("orig.bytes", Attributes::of(&[CTA_COUNTERS_ORIG]), |flow| number(flow.orig_counters.map(|counters| counters.bytes))),

    Field { kernel: Some(Compare::Src(Reply)), ..plain("reply.src", Kind::Address, REPLY, |flow| flow.reply.src.map(Value::Address)) },
    Field { kernel: Some(Compare::Dst(Reply)), ..plain("reply.dst", Kind::Address, REPLY, |flow| flow.reply.dst.map(Value::Address)) },
    part("reply.sport", PORT, Reply, Part::SrcPort, |flow| port(&flow.reply, Part::SrcPort), |flow, n| flow.reply.set_part(Part::SrcPort, n as u16)),
    part("reply.dport", PORT, Reply, Part::DstPort, |flow| port(&flow.reply, Part::DstPort), |flow, n| flow.reply.set_part(Part::DstPort, n as u16)),
    plain("reply.type", BYTE, REPLY, |flow| number(flow.reply.part(Part::IcmpType))),
    plain("reply.code", BYTE, REPLY, |flow| number(flow.reply.part(Part::IcmpCode))),
    plain("reply.id", Kind::Decimal(65535), REPLY, |flow| number(flow.reply.part(Part::IcmpId))),
    part("reply.srckey", KEY, Reply, Part::SrcPort, |flow| key(&flow.reply, Part::SrcPort), |flow, n| flow.reply.set_part(Part::SrcPort, n as u16)),
    part("reply.dstkey", KEY, Reply, Part::DstPort, |flow| key(&flow.reply, Part::DstPort), |flow, n| flow.reply.set_part(Part::DstPort, n as u16)),
    Field { set: Some(|flow, n| flow.info.reply_vtag = Some(n)), ..plain("reply.vtag", Kind::Decimal(u32::MAX), PROTOINFO, |flow| number(flow.info.reply_vtag)) },
    Field { set: Some(|flow, n| flow.reply.zone = Some(n as u16)), absent: Some(0), ..plain("reply.zone", ZONE, REPLY, |flow| number(flow.reply.zone)) },
    plain("reply.wscale", BYTE, TCP, |flow| number(flow.tcp.reply_wscale)),
    plain("reply.flags", Kind::Bits(TcpDetails::FLAGS), TCP, |flow| number(flow.tcp.reply_flags)),
    plain("reply.seqadj.position", WIDE, Attributes::of(&[CTA_SEQ_ADJ_REPLY]), |flow| number(flow.reply_shift.and_then(|shift| shift.position))),
    plain("reply.seqadj.before", Kind::Shift, Attributes::of(&[CTA_SEQ_ADJ_REPLY]), |flow| signed(flow.reply_shift.and_then(|shift| shift.before))),
    plain("reply.seqadj.after", Kind::Shift, Attributes::of(&[CTA_SEQ_ADJ_REPLY]), |flow| signed(flow.reply_shift.and_then(|shift| shift.after))),
    counted("reply.packets", Attributes::of(&[CTA_COUNTERS_REPLY]), |flow| number(flow.reply_counters.map(|counters| counters.packets))),
    counted("reply.bytes", Attributes::of(&[CTA_COUNTERS_REPLY]), |flow| number(flow.reply_counters.map(|counters| counters.bytes))),

    Field { set: Some(|flow, n| flow.timeout = Some(n)), ..plain("timeout", Kind::Decimal(u32::MAX), Attributes::of(&[CTA_TIMEOUT]), |flow| number(flow.timeout)) },
    plain("state", Kind::State, PROTOINFO, |flow| flow.info.state.map(Value::State)),
    plain("role", Kind::Name(&["client", "server"]), PROTOINFO, |flow| number(flow.info.role)),
    Field { kernel: Some(Compare::Status), ..plain("status", Kind::Bits(Status::NAMES), Attributes::of(&[CTA_STATUS]), |flow| number(flow.status.map(|status| status.0))) },
    Field { kernel: Some(Compare::Mark), ..plain("mark", Kind::Mark, Attributes::of(&[CTA_MARK]), |flow| number(flow.mark)) },
    plain("secmark", Kind::Unsigned(u32::MAX), Attributes::of(&[CTA_SECMARK]), |flow| number(flow.secmark)),
    plain("secctx", Kind::Text, Attributes::of(&[CTA_SECCTX]), |flow| flow.secctx.map(Value::Text)),
    Field { set: Some(|flow, n| flow.zone = Some(n as u16)), absent: Some(0), kernel: Some(Compare::Zone), ..plain("zone", ZONE, Attributes::of(&[CTA_ZONE]), |flow| number(flow.zone)) },
    plain("helper", Kind::Text, Attributes::of(&[CTA_HELP]), |flow| flow.helper.map(Value::Text)),
    plain("labels", Kind::Labels, Attributes::of(&[CTA_LABELS]), |flow| flow.labels.map(Value::Labels)),
    plain("use", Kind::Unsigned(u32::MAX), Attributes::of(&[CTA_USE]), |flow| number(flow.uses)),
    plain("id", Kind::Unsigned(u32::MAX), Attributes::of(&[CTA_ID]), |flow| number(flow.id)),
    Field { requires: Some(STAMPS), ..plain("start", Kind::Time, TIMESTAMP, |flow| number(flow.timestamp.start)) },
    Field { requires: Some(STAMPS), ..plain("stop", Kind::Time, TIMESTAMP, |flow| number(flow.timestamp.stop.filter(|stop| *stop != 0))) },

    plain("master.protocol", Kind::Protocol, MASTER, |flow| number(flow.master.protocol)),
    plain("master.protonum", Kind::Unsigned(255), MASTER, |flow| number(flow.master.protocol)),
    plain("master.src", Kind::Address, MASTER, |flow| flow.master.src.map(Value::Address)),
    plain("master.dst", Kind::Address, MASTER, |flow| flow.master.dst.map(Value::Address)),
    plain("master.sport", PORT, MASTER, |flow| port(&flow.master, Part::SrcPort)),
    plain("master.dport", PORT, MASTER, |flow| port(&flow.master, Part::DstPort)),
    plain("master.type", BYTE, MASTER, |flow| number(flow.master.part(Part::IcmpType))),
    plain("master.code", BYTE, MASTER, |flow| number(flow.master.part(Part::IcmpCode))),
    plain("master.id", Kind::Decimal(65535), MASTER, |flow| number(flow.master.part(Part::IcmpId))),
    plain("master.srckey", KEY, MASTER, |flow| key(&flow.master, Part::SrcPort)),
    plain("master.dstkey", KEY, MASTER, |flow| key(&flow.master, Part::DstPort)),
    plain("master.zone", ZONE, MASTER, |flow| number(flow.master.zone)),

    plain("synproxy.isn", WIDE, SYNPROXY, |flow| number(flow.synproxy.and_then(|kept| kept.isn))),
    plain("synproxy.its", WIDE, SYNPROXY, |flow| number(flow.synproxy.and_then(|kept| kept.its))),
    plain("synproxy.offset", WIDE, SYNPROXY, |flow| number(flow.synproxy.and_then(|kept| kept.offset))),

    Field { source: Computed, ..counted("packets", COUNTERS, |flow| both(flow, |counters| counters.packets)) },
    Field { source: Computed, ..counted("bytes", COUNTERS, |flow| both(flow, |counters| counters.bytes)) },
    Field { source: Computed, requires: Some(STAMPS), ..plain("age", Kind::Span, TIMESTAMP, |flow| number(age(flow))) },
    Field { source: Computed, ..plain("src-nat", Kind::Address, NAT, |flow| address_of(Side::source(flow))) },
    Field { source: Computed, ..plain("src-nat-port", PORT, NAT, |flow| port_of(Side::source(flow))) },
    Field { source: Computed, ..plain("dst-nat", Kind::Address, NAT, |flow| address_of(Side::destination(flow))) },
    Field { source: Computed, ..plain("dst-nat-port", PORT, NAT, |flow| port_of(Side::destination(flow))) },
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
        source: Source::Kernel,
        needs,
        get,
        set: None,
        absent: None,
        kernel: None,
        requires: None,
    }
}

/// A field of what the kernel counts.
const fn counted(
    path: &'static str,
    needs: Attributes,
    get: for<'a> fn(&Flow<'a>) -> Option<Value<'a>>,
) -> Field {
    Field {
        requires: Some(ACCOUNTING),
        ..plain(path, Kind::Amount, needs, get)
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

fn number<'a>(value: Option<impl Into<u64>>) -> Option<Value<'a>> {
    value.map(|value| Value::Number(value.into()))
}

fn signed<'a>(value: Option<i32>) -> Option<Value<'a>> {
    value.map(Value::Signed)
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

/// Both directions together; where only one is counted, that one.
fn both<'a>(flow: &Flow, count: fn(Counters) -> u64) -> Option<Value<'a>> {
    let counted = [flow.orig_counters, flow.reply_counters];
    let counts = counted.into_iter().flatten().map(count);
    number(counts.reduce(u64::saturating_add))
}

/// The seconds since a flow began, or that it lived.
fn age(flow: &Flow) -> Option<u64> {
    let start = flow.timestamp.start?;
    let end = flow.timestamp.stop.filter(|stop| *stop != 0);
    let end = end.unwrap_or_else(clock::now);
    Some(clock::whole_seconds(end).saturating_sub(clock::whole_seconds(start)))
}
