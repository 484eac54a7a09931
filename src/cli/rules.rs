//! Which options go together, in the order in which 1.4.9 looks at them.

use super::line::{Line, Rule};
use super::opt::Opt::{self, *};
use super::opt::OptSet;
use super::options;
use crate::error::{Error, Usage, Value};
use crate::flow::Protocol;
use crate::flow::protocol::{self, DCCP, GRE, ICMP, ICMPV6};
use crate::task::{Table, Verb};

/// Checks a line once it is read.
pub fn check(line: &Line) -> Result<(), Usage> {
    if line.has(AnyNat) && (line.has(SrcNat) || line.has(DstNat)) {
        return Err(Usage::AnyNatAndOne);
    }
    let rule = line.rule();
    check_general_options(line, rule)?;
    let Some(rule) = rule else {
        return refuse_all_of_protocols(line);
    };
    let one_flow = names_one_flow(line);
    if one_flow {
        check_pair(
            line,
            [Src, Dst],
            [ReplySrc, ReplyDst],
            ["src", "dst", "reply-src", "reply-dst"],
        )?;
    }
    match line.protocol.and_then(protocol::by_number) {
        Some(protocol) => check_protocol_options(line, rule, protocol, one_flow),
        None => check_options_of_any_protocol(line, rule),
    }
}

/// Checks what 1.4.9 looks at only when it carries the line out, which in a load file is after the lines before it.
pub fn check_late(line: &Line) -> Result<(), Error> {
    /// With these, counters are not those of the whole table.
    const FILTERS: OptSet = OptSet::of(&[
        Src, Dst, ReplySrc, ReplyDst, Protonum, Status, Mark, Secmark, Zone, OrigZone, ReplyZone,
        Label,
    ]);
    let Some((_, Table::Conntrack)) = line.command else {
        return Ok(());
    };
    let looks_for_flows = [Verb::List, Verb::Update, Verb::Delete, Verb::Event].map(Some);
    if !looks_for_flows.contains(&line.verb()) {
        return Ok(());
    }
    let filtered = line.given.intersects(FILTERS) || !line.of_protocols.is_empty();
    if line.has(Zero) && filtered {
        return Err(Usage::ZeroWithFilter.into());
    }
    if line.has(MaskSrc) && !line.has(Src) {
        return Err(Usage::MaskWithoutSrc.into());
    }
    if line.has(MaskDst) && !line.has(Dst) {
        return Err(Usage::MaskWithoutDst.into());
    }
    Ok(())
}

/// A status that names no bit to look at would match every flow.
pub fn check_status(line: &Line) -> Result<(), Error> {
    let (Some(rule), Some((_, Table::Conntrack))) = (line.rule(), line.command) else {
        return Ok(());
    };
    let selects = rule.selects.has(Status) && line.has(Status);
    match selects && line.status.test().is_none() {
        true => Err(Value::StatusWithoutBits.into()),
        false => Ok(()),
    }
}

fn names_one_flow(line: &Line) -> bool {
    let one = [Verb::Create, Verb::Add, Verb::Get];
    matches!(line.command, Some((command, Table::Conntrack)) if one.contains(&command.verb))
}

/// Names the first option that is missing or illegal.
fn check_general_options(line: &Line, rule: Option<&Rule>) -> Result<(), Usage> {
    for spec in options::general() {
        let given = line.has(spec.option);
        let needed = rule.is_some_and(|rule| rule.needs.has(spec.option));
        let allowed = rule.is_some_and(|rule| rule.allows(spec.option));
        if !given && needed {
            return Err(Usage::OptionNeeded(spec.name()));
        }
        if given && !allowed && spec.option != NatRange {
            return Err(Usage::IllegalOption(spec.name()));
        }
    }
    Ok(())
}

fn refuse_all_of_protocols(line: &Line) -> Result<(), Usage> {
    let first = line.of_protocols.first();
    first.map_or(Ok(()), |(spec, _)| Err(Usage::IllegalOption(spec.name())))
}

fn check_protocol_options(
    line: &Line,
    rule: &Rule,
    protocol: &'static Protocol,
    one_flow: bool,
) -> Result<(), Usage> {
    for spec in options::of(protocol) {
        match line.has(spec.option) {
            false if rule.needs.has(spec.option) => {
                return Err(Usage::OptionNeeded(spec.name()));
            }
            true if !rule.allows(spec.option) => return Err(Usage::IllegalOption(spec.name())),
            _ => {}
        }
    }
    let mut given = line.of_protocols.iter();
    let foreign = given.find(|(spec, _)| !spec.protocols.contains(&protocol));
    if let Some((spec, _)) = foreign {
        return Err(Usage::IllegalOption(spec.name()));
    }
    if !one_flow || protocol == &ICMP || protocol == &ICMPV6 {
        return Ok(());
    }
    let (orig, reply) = match protocol == &GRE {
        true => ([SrcKey, DstKey], [ReplySrcKey, ReplyDstKey]),
        false => ([Sport, Dport], [ReplySport, ReplyDport]),
    };
    check_pair(line, orig, reply, pair_names(protocol))
}

/// Without `-p`, an option means every protocol that has it, so there must be one that has all of them.
fn check_options_of_any_protocol(line: &Line, rule: &Rule) -> Result<(), Usage> {
    for (spec, word) in &line.of_protocols {
        if line.protocol.is_some() {
            return Err(Usage::UnknownOption((*word).into()));
        }
        if !rule.allows(spec.option) {
            return Err(Usage::IllegalOption(spec.name()));
        }
    }
    let Some(((first, _), rest)) = line.of_protocols.split_first() else {
        return Ok(());
    };
    let foreign = rest.iter().find(|(spec, _)| {
        let mut protocols = first.protocols.iter();
        !protocols.any(|protocol| spec.protocols.contains(protocol))
    });
    foreign.map_or(Ok(()), |(spec, _)| {
        Err(Usage::NoSuchProtocol(first.name(), spec.name()))
    })
}

/// The reference names the options of a pair in its own way for each protocol.
fn pair_names(protocol: &Protocol) -> [&'static str; 4] {
    if protocol == &GRE {
        ["srckey", "dstkey", "reply-src-key", "reply-dst-key"]
    } else if protocol == &DCCP {
        ["sport", "dport", "reply-port-src", "report-port-dst"]
    } else {
        ["sport", "dport", "reply-src-port", "reply-dst-port"]
    }
}

/// One direction must be complete; where none is, the error names the one that was begun.
fn check_pair(
    line: &Line,
    orig: [Opt; 2],
    reply: [Opt; 2],
    names: [&'static str; 4],
) -> Result<(), Usage> {
    let complete = |pair: [Opt; 2]| pair.into_iter().all(|option| line.has(option));
    let begun = |pair: [Opt; 2]| pair.into_iter().any(|option| line.has(option));
    if complete(orig) || complete(reply) {
        Ok(())
    } else if begun(reply) && !begun(orig) {
        Err(Usage::PairNeeded(names[2], names[3]))
    } else {
        Err(Usage::PairNeeded(names[0], names[1]))
    }
}
