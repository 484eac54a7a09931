//! A line whose options go together -> the command it means, a function each.

use super::line::Line;
use super::opt::Opt;
use crate::command::count::Count;
use crate::command::create::Create;
use crate::command::delete::Delete;
use crate::command::event::Watch;
use crate::command::flush::Flush;
use crate::command::get::Get;
use crate::command::help::Version;
use crate::command::list::List;
use crate::command::stats::Stats;
use crate::command::update::Update;
use crate::command::{Command, expectation};
use crate::error::Error;
use crate::field::{Field, field};
use crate::filter::{Filter, Test};
use crate::flow::protocol::{ICMP, ICMPV6};
use crate::flow::{Change, Endpoint, Event, Flow, LabelChange, Labels, Nat, Part, Status, Tuple};
use crate::format::{Columns, Show};
use crate::task::{Entries, Table, Verb};
use std::net::IpAddr;

type Built = Result<Box<dyn Command>, Error>;

static FAMILY: &Field = field("family");
static PROTONUM: &Field = field("protonum");
static LABELS: &Field = field("labels");

/// The addresses of both directions.
static ADDRESSES: [&Field; 4] = [
    field("orig.src"),
    field("orig.dst"),
    field("reply.src"),
    field("reply.dst"),
];

pub fn list(mut line: Line) -> Built {
    Ok(Box::new(List {
        table: table(&line),
        zero: line.has(Opt::Zero),
        family: line.family,
        filter: filter(&mut line),
        show: show(&line),
    }))
}

pub fn list_expectations(line: Line) -> Built {
    Ok(Box::new(expectation::List {
        family: line.family,
        show: show(&line),
    }))
}

pub fn delete(mut line: Line) -> Built {
    Ok(Box::new(Delete {
        family: line.family,
        filter: filter(&mut line),
        show: show(&line),
    }))
}

pub fn update(mut line: Line) -> Built {
    let change = Change {
        timeout: line.flow.timeout,
        status: status(&line),
        mark: line.mark,
        info: line.flow.info,
        labels: label_change(&line),
    };
    Ok(Box::new(Update {
        family: line.family,
        filter: filter(&mut line),
        change,
        show: show(&line),
    }))
}

pub fn get(mut line: Line) -> Built {
    let (mut orig, reply) = tuples(&line);
    orig.present = line.flow.orig.src.is_some() && line.flow.orig.dst.is_some();
    let flow = Flow {
        family: line.family.unwrap_or_default(),
        orig,
        reply,
        ..Flow::default()
    };
    Ok(Box::new(Get {
        flow,
        filter: filter(&mut line),
        show: show(&line),
    }))
}

pub fn make(line: Line) -> Built {
    Ok(Box::new(create(&line)))
}

/// The same for a load file, which may have a million of them.
pub fn create(line: &Line) -> Create {
    let (orig, reply) = tuples(line);
    let flow = Flow {
        family: line.family.unwrap_or_default(),
        orig,
        reply,
        status: status(line),
        mark: line.mark.map(|mark| mark.value),
        ..line.flow.clone()
    };
    let bits = label_bits(line, Opt::LabelAdd);
    Create {
        flow,
        labels: match bits.is_empty() {
            true => Labels::default(),
            false => Labels::setting(&bits),
        },
        nat: Nat {
            src: target(line.src_nat),
            dst: target(line.dst_nat),
        },
        overwrite: line.verb() == Some(Verb::Add),
    }
}

pub fn flush(line: Line) -> Built {
    Ok(Box::new(Flush {
        entries: entries(&line),
        family: line.family,
    }))
}

pub fn watch(mut line: Line) -> Built {
    let all = line.events.is_empty();
    let wanted = |event: &Event| all || line.events.contains(event);
    Ok(Box::new(Watch {
        entries: entries(&line),
        events: Event::ALL.into_iter().filter(wanted).collect(),
        filter: filter(&mut line),
        show: show(&line),
        buffer_size: line.buffer_size,
    }))
}

pub fn count(line: Line) -> Built {
    Ok(Box::new(Count {
        entries: entries(&line),
    }))
}

pub fn stats(line: Line) -> Built {
    Ok(Box::new(Stats {
        entries: entries(&line),
    }))
}

pub fn version(_: Line) -> Built {
    Ok(Box::new(Version))
}

pub fn create_expectation(line: Line) -> Built {
    Ok(Box::new(expectation::Create {
        family: line.family.unwrap_or_default(),
        master: expected(&line.flow.orig, line.protocol),
        expected: expected(&line.expected, line.protocol),
        mask: expected(&line.mask, line.protocol),
        timeout: line.flow.timeout.unwrap_or_default(),
    }))
}

pub fn get_expectation(line: Line) -> Built {
    Ok(Box::new(expectation::Get {
        family: line.family.unwrap_or_default(),
        tuple: expected(&line.flow.orig, line.protocol),
    }))
}

pub fn delete_expectation(line: Line) -> Built {
    Ok(Box::new(expectation::Delete {
        family: line.family.unwrap_or_default(),
        tuple: expected(&line.flow.orig, line.protocol),
    }))
}

fn table(line: &Line) -> Table {
    line.command.map(|(_, table)| table).unwrap_or_default()
}

fn entries(line: &Line) -> Entries {
    table(line).entries()
}

/// Everything that a flow must be.
fn filter(line: &mut Line) -> Filter {
    let mut all = Vec::new();
    if let Some(family) = line.family {
        all.push(Filter::Is(FAMILY, vec![Test::number(family.0.into())]));
    }
    if let Some(protocols) = protocols(line) {
        let tests = protocols.map(|number| Test::number(number.into()));
        all.push(Filter::Is(PROTONUM, tests.collect()));
    }
    let Tuple { src, dst, .. } = line.flow.orig;
    let (reply, mask) = (line.flow.reply, line.mask);
    let addresses = [
        (src, mask.src),
        (dst, mask.dst),
        (reply.src, None),
        (reply.dst, None),
    ];
    for (field, (address, mask)) in ADDRESSES.iter().zip(addresses) {
        if let Some(address) = address {
            all.push(Filter::Is(field, vec![Test::address(address, mask)]));
        }
    }
    all.extend(line.take_tests());
    let labels = label_bits(line, Opt::Label).into_iter();
    all.extend(labels.map(|bit| Filter::Is(LABELS, vec![Test::Label(bit)])));
    Filter::All(all)
}

/// That of `-p`, or those which have every option of a protocol that was given.
fn protocols(line: &Line) -> Option<impl Iterator<Item = u8>> {
    let of_options = || {
        let (first, rest) = line.of_protocols.split_first()?;
        let (first, _) = first;
        let all = first.protocols.iter().filter(|protocol| {
            rest.iter()
                .all(|(spec, _)| spec.protocols.contains(protocol))
        });
        Some(all.map(|protocol| protocol.number).collect())
    };
    let numbers: Vec<u8> = match line.protocol {
        Some(number) => vec![number],
        None => of_options()?,
    };
    Some(numbers.into_iter())
}

/// Labels that are named are shown as well.
fn show(line: &Line) -> Show {
    let default = Show::default();
    let named = !line.labels.is_empty() || line.has(Opt::LabelDel);
    Show {
        style: line.style_alone.or(line.style).unwrap_or(default.style),
        columns: match named {
            true => line.columns.union(Columns::LABELS),
            false => line.columns,
        },
        labels: line.map.clone(),
    }
}

/// The bits that an option names.
fn label_bits(line: &Line, option: Opt) -> Vec<u16> {
    let named = line.label_bits.iter().filter(|(of, _)| *of == option);
    named.map(|(_, bit)| *bit).collect()
}

fn label_change(line: &Line) -> LabelChange {
    if line.has(Opt::LabelAdd) {
        return LabelChange::Add(label_bits(line, Opt::LabelAdd));
    }
    let bits = label_bits(line, Opt::LabelDel);
    match line.has(Opt::LabelDel) {
        false => LabelChange::None,
        true if bits.is_empty() => LabelChange::Clear,
        true => LabelChange::Remove(bits),
    }
}

/// The kernel lets nobody take away that a flow is confirmed.
fn status(line: &Line) -> Option<Status> {
    line.has(Opt::Status)
        .then(|| line.status.set.union(Status::CONFIRMED))
}

/// An address that NAT shall map to, with its port.
fn target(typed: Option<Endpoint>) -> Option<Endpoint> {
    typed.filter(|target| target.address.is_some())
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
        for part in [Part::IcmpType, Part::IcmpCode, Part::IcmpId] {
            tuple.set_part(part, 0);
        }
    }
    tuple
}

/// Both tuples of one flow. Whatever one lacks is what the other says of the opposite direction; an ICMP id is 0.
fn tuples(line: &Line) -> (Tuple, Tuple) {
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
