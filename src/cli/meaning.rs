//! Options that go together -> the command they mean.

use super::lists::EventName;
use super::options::{Opt, Verb};
use super::typed::{Table, Typed};
use crate::command::Command;
use crate::command::count::Count;
use crate::command::create::Create;
use crate::command::delete::Delete;
use crate::command::event::Watch;
use crate::command::expectation;
use crate::command::flush::Flush;
use crate::command::get::Get;
use crate::command::help::Help;
use crate::command::list::List;
use crate::command::stats::Stats;
use crate::command::update::{Change, LabelChange, Update};
use crate::error::{Error, Task, Usage};
use crate::filter::{AddressPattern, Filter, NatPattern, TuplePattern};
use crate::flow::nat::Endpoint;
use crate::flow::protocol::{ICMP, ICMPV6};
use crate::flow::{Family, Field, Flow, LabelMap, ProtocolInfo, Status, Tuple, label};
use crate::format::{Entries, Format};
use crate::netlink::constants::*;
use crate::netlink::encode::{Dump, Labels, Nat, NatMapping, NewExpectation};
use nix::libc::EINVAL;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// The label map, and the bits of every label that was named.
#[derive(Debug, Default)]
pub struct LabelBits {
    map: Option<LabelMap>,
    filter: Vec<u16>,
    add: Vec<u16>,
    remove: Vec<u16>,
}

/// Looks labels up, where there are any or where they are to be shown.
pub fn labels(typed: &Typed, warnings: &mut Vec<String>) -> Result<LabelBits, Usage> {
    let named = [Opt::Label, Opt::LabelAdd, Opt::LabelDel]
        .into_iter()
        .any(|o| typed.has(o));
    if !named && !typed.columns.labels {
        return Ok(LabelBits::default());
    }
    let path = typed
        .labelmap
        .clone()
        .unwrap_or_else(|| PathBuf::from(label::DEFAULT_PATH));
    let map = load_map(&path, warnings);
    let bits = |names: &[String]| -> Result<Vec<u16>, Usage> {
        let bit = |name: &String| {
            let bit = map.as_ref().and_then(|map| map.bit(name));
            bit.ok_or_else(|| Usage::Label(name.clone()))
        };
        names.iter().map(bit).collect()
    };
    Ok(LabelBits {
        filter: bits(&typed.labels)?,
        add: bits(&typed.label_add)?,
        remove: bits(&typed.label_del)?,
        map,
    })
}

/// A map that cannot be read, or that has no names, is warned of and does without.
fn load_map(path: &Path, warnings: &mut Vec<String>) -> Option<LabelMap> {
    let reason = match LabelMap::load(path) {
        Ok(map) if map.is_empty() => "Success".to_owned(),
        Ok(map) => return Some(map),
        Err(error) => crate::error::describe(&error),
    };
    warnings.push(format!("nfct_labelmap_new: {reason}"));
    None
}

pub fn command(typed: Typed, labels: LabelBits) -> Result<Command, Error> {
    let Some((verb, table)) = typed.command else {
        return Ok(Command::Help(Help { protocol: None }));
    };
    let entries = match table {
        Table::Expect => Entries::Expectations,
        Table::Conntrack | Table::Dying | Table::Unconfirmed => Entries::Flows,
    };
    Ok(match (verb, entries) {
        (Verb::List, Entries::Flows) => Command::List(list(&typed, table, labels)?),
        (Verb::List, Entries::Expectations) => Command::ListExpectations(expectation::List {
            family: typed.family,
            format: format(&typed, labels.map),
        }),
        (Verb::Create, Entries::Expectations) => Command::CreateExpectation(expectation::Create {
            new: new_expectation(&typed),
        }),
        (Verb::Create | Verb::Add, _) => Command::Create(Box::new(create(&typed, verb, &labels))),
        (Verb::Delete, Entries::Expectations) => Command::DeleteExpectation(expectation::Delete {
            family: typed.family.unwrap_or_default(),
            tuple: expected(&typed.orig, typed.protocol),
        }),
        (Verb::Delete, Entries::Flows) => {
            let mut filter = checked_filter(&typed, &labels)?;
            filter.timeout = typed.timeout;
            Command::Delete(Delete {
                filter,
                format: format(&typed, labels.map),
            })
        }
        (Verb::Update, _) => Command::Update(update(&typed, labels)),
        (Verb::Get, Entries::Expectations) => Command::GetExpectation(expectation::Get {
            family: typed.family.unwrap_or_default(),
            tuple: expected(&typed.orig, typed.protocol),
        }),
        (Verb::Get, Entries::Flows) => Command::Get(Box::new(get(&typed, labels))),
        (Verb::Flush, entries) => Command::Flush(Flush {
            entries,
            family: typed.family,
        }),
        (Verb::Event, entries) => Command::Event(watch(&typed, entries, labels)),
        (Verb::Count, entries) => Command::Count(Count { entries }),
        (Verb::Stats, entries) => Command::Stats(Stats { entries }),
        (Verb::Help, _) => Command::Help(Help {
            protocol: typed.protocol,
        }),
        (Verb::Version, _) => Command::Version,
    })
}

fn list(typed: &Typed, table: Table, labels: LabelBits) -> Result<List, Error> {
    let what = match table {
        Table::Dying => Dump::Dying,
        Table::Unconfirmed => Dump::Unconfirmed,
        _ if typed.has(Opt::Zero) => Dump::FlowsZeroingCounters,
        _ => Dump::Flows,
    };
    let filter = match what {
        Dump::Flows => checked_filter(typed, &labels)?,
        _ => filter(typed, &labels),
    };
    Ok(List {
        what,
        filter,
        format: format(typed, labels.map),
    })
}

/// A status that names no bit to look at would match every flow.
fn checked_filter(typed: &Typed, labels: &LabelBits) -> Result<Filter, Error> {
    let filter = filter(typed, labels);
    if typed.has(Opt::Status) && filter.status_set.union(filter.status_clear) == Status::default() {
        let error = crate::netlink::Error::Refused(EINVAL);
        return Err(Error::Kernel(Some(Task::Flows(Verb::List)), error));
    }
    Ok(filter)
}

fn filter(typed: &Typed, labels: &LabelBits) -> Filter {
    Filter {
        family: typed.family,
        protocols: protocols(typed),
        orig: TuplePattern {
            src: pattern(typed.orig.src, typed.mask.src),
            dst: pattern(typed.orig.dst, typed.mask.dst),
            fields: fields(&typed.orig).collect(),
        },
        reply: TuplePattern {
            src: pattern(typed.reply.src, None),
            dst: pattern(typed.reply.dst, None),
            fields: fields(&typed.reply).collect(),
        },
        states: typed.states.clone(),
        orig_vtag: typed.orig_vtag,
        reply_vtag: typed.reply_vtag,
        status_set: typed.status.set,
        status_clear: Status(typed.status.clear.0 & !typed.status.set.0),
        timeout: None,
        mark: typed.mark,
        secmark: typed.secmark,
        id: typed.id,
        zone: typed.zone,
        orig_zone: typed.orig_zone,
        reply_zone: typed.reply_zone,
        labels: labels.filter.clone(),
        nat: NatPattern {
            src: typed.src_nat,
            dst: typed.dst_nat,
            any: typed.any_nat,
        },
    }
}

/// That of `-p`, or those which have every option of a protocol that was given.
fn protocols(typed: &Typed) -> Option<Vec<u8>> {
    if let Some(number) = typed.protocol {
        return Some(vec![number]);
    }
    let (first, rest) = typed.of_protocols.split_first()?;
    let all = |number: &u8| {
        rest.iter()
            .all(|(spec, _)| spec.protocols.iter().any(|of| of.number == *number))
    };
    Some(
        first
            .0
            .protocols
            .iter()
            .map(|protocol| protocol.number)
            .filter(all)
            .collect(),
    )
}

fn pattern(address: Option<IpAddr>, mask: Option<IpAddr>) -> Option<AddressPattern> {
    address.map(|address| AddressPattern { address, mask })
}

fn fields(typed: &Tuple) -> impl Iterator<Item = (Field, u16)> {
    Field::ALL
        .into_iter()
        .filter_map(|field| Some((field, typed.field(field)?)))
}

fn format(typed: &Typed, labels: Option<LabelMap>) -> Format {
    let mut columns = typed.columns;
    columns.labels |= [Opt::Label, Opt::LabelAdd, Opt::LabelDel]
        .into_iter()
        .any(|option| typed.has(option));
    Format {
        style: typed.style,
        columns,
        labels,
    }
}

fn tuple(typed: &Tuple, protocol: Option<u8>) -> Tuple {
    Tuple {
        present: true,
        protocol,
        ..*typed
    }
}

/// The tuple of an expectation. It cannot be given ICMP's numbers, which are 0 then, for the kernel wants some.
fn expected(typed: &Tuple, protocol: Option<u8>) -> Tuple {
    let mut tuple = tuple(typed, protocol);
    if [ICMP.number, ICMPV6.number].map(Some).contains(&protocol) {
        for field in [Field::IcmpType, Field::IcmpCode, Field::IcmpId] {
            tuple.set_field(field, 0);
        }
    }
    tuple
}

/// Both tuples of one flow. Whatever one lacks is what the other says of the opposite direction; an ICMP id is 0.
fn tuples(typed: &Typed) -> (Tuple, Tuple) {
    let mut orig = tuple(&typed.orig, typed.protocol);
    let mut reply = tuple(&typed.reply, typed.protocol);
    if orig.field(Field::IcmpType).is_some() && orig.field(Field::IcmpId).is_none() {
        orig.set_field(Field::IcmpId, 0);
    }
    complete(&mut reply, &orig);
    complete(&mut orig, &reply);
    orig.zone = typed.orig_zone;
    reply.zone = typed.reply_zone;
    (orig, reply)
}

fn complete(tuple: &mut Tuple, opposite: &Tuple) {
    const OPPOSITES: [(Field, Field); 4] = [
        (Field::SrcPort, Field::DstPort),
        (Field::DstPort, Field::SrcPort),
        (Field::IcmpCode, Field::IcmpCode),
        (Field::IcmpId, Field::IcmpId),
    ];
    tuple.src = tuple.src.or(opposite.dst);
    tuple.dst = tuple.dst.or(opposite.src);
    for (field, other) in OPPOSITES {
        if let (None, Some(value)) = (tuple.field(field), opposite.field(other)) {
            tuple.set_field(field, value);
        }
    }
    if let (None, Some(value)) = (
        tuple.field(Field::IcmpType),
        opposite.field(Field::IcmpType),
    ) {
        tuple.set_field(Field::IcmpType, answering_type(tuple, value));
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

fn create(typed: &Typed, verb: Verb, labels: &LabelBits) -> Create {
    let (orig, reply) = tuples(typed);
    let status = typed
        .has(Opt::Status)
        .then(|| typed.status.set.union(Status::CONFIRMED));
    let flow = Flow {
        family: typed.family.unwrap_or_default(),
        orig,
        reply,
        status,
        timeout: typed.timeout,
        mark: typed.mark.map(|mark| mark.value),
        info: info(typed),
        zone: typed.zone,
        ..Flow::default()
    };
    let bits = (!labels.add.is_empty()).then(|| bitmap(&labels.add));
    Create {
        flow,
        labels: Labels { bits, mask: None },
        nat: Nat {
            src: mapping(typed.src_nat),
            dst: mapping(typed.dst_nat),
        },
        overwrite: verb == Verb::Add,
    }
}

fn info(typed: &Typed) -> ProtocolInfo {
    ProtocolInfo {
        state: typed.states.first().copied(),
        orig_vtag: typed.orig_vtag,
        reply_vtag: typed.reply_vtag,
        role: typed.role,
    }
}

fn bitmap(bits: &[u16]) -> Vec<u8> {
    let mut map = Vec::new();
    bits.iter().for_each(|bit| label::set(&mut map, *bit));
    map
}

fn mapping(typed: Option<Endpoint>) -> Option<NatMapping> {
    let Endpoint { address, port } = typed?;
    address.map(|address| NatMapping { address, port })
}

fn get(typed: &Typed, labels: LabelBits) -> Get {
    let (mut orig, reply) = tuples(typed);
    orig.present = typed.orig.src.is_some() && typed.orig.dst.is_some();
    let family = typed.family.unwrap_or_default();
    Get {
        flow: Flow {
            family,
            orig,
            reply,
            ..Flow::default()
        },
        filter: filter(typed, &labels),
        format: format(typed, labels.map),
    }
}

/// What `-t`, `-m`, `-u` and the state say is no filter here but what is to become of the flows.
fn update(typed: &Typed, labels: LabelBits) -> Update {
    let filter = Filter {
        states: Vec::new(),
        orig_vtag: None,
        reply_vtag: None,
        status_set: Status::default(),
        status_clear: Status::default(),
        mark: None,
        ..filter(typed, &labels)
    };
    let status = typed
        .has(Opt::Status)
        .then(|| typed.status.set.union(Status::CONFIRMED));
    let change = Change {
        timeout: typed.timeout,
        status,
        mark: typed.mark,
        info: info(typed),
        labels: label_change(typed, &labels),
    };
    Update {
        filter,
        change,
        format: format(typed, labels.map),
    }
}

fn label_change(typed: &Typed, labels: &LabelBits) -> LabelChange {
    if typed.has(Opt::LabelAdd) {
        LabelChange::Add(labels.add.clone())
    } else if !typed.has(Opt::LabelDel) {
        LabelChange::None
    } else if labels.remove.is_empty() {
        LabelChange::Clear
    } else {
        LabelChange::Remove(labels.remove.clone())
    }
}

fn watch(typed: &Typed, entries: Entries, labels: LabelBits) -> Watch {
    Watch {
        entries,
        groups: groups(&typed.events, entries),
        filter: filter(typed, &labels),
        format: format(typed, labels.map),
        buffer_size: typed.buffer_size,
    }
}

fn groups(events: &[EventName], entries: Entries) -> Vec<u32> {
    let all = events.is_empty() || events.contains(&EventName::All);
    let named = [
        (EventName::New, NFNLGRP_CONNTRACK_NEW),
        (EventName::Updates, NFNLGRP_CONNTRACK_UPDATE),
        (EventName::Destroy, NFNLGRP_CONNTRACK_DESTROY),
    ];
    match entries {
        Entries::Flows => named
            .into_iter()
            .filter(|(name, _)| all || events.contains(name))
            .map(|(_, group)| group)
            .collect(),
        Entries::Expectations => {
            vec![
                NFNLGRP_CONNTRACK_EXP_NEW,
                NFNLGRP_CONNTRACK_EXP_UPDATE,
                NFNLGRP_CONNTRACK_EXP_DESTROY,
            ]
        }
    }
}

fn new_expectation(typed: &Typed) -> NewExpectation {
    NewExpectation {
        family: typed.family.unwrap_or(Family::ANY),
        master: expected(&typed.orig, typed.protocol),
        tuple: expected(&typed.tuple, typed.protocol),
        mask: expected(&typed.mask, typed.protocol),
        timeout: typed.timeout.unwrap_or_default(),
    }
}
