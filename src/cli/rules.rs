//! Which options go with which command: what a command needs and what it takes, as tables.

use super::options::{self, Opt, OptSet, Spec, Verb};
use super::typed::{Table, Typed};
use crate::error::Usage;
use crate::flow::Protocol;
use crate::flow::protocol::{self, DCCP, GRE, ICMP, ICMPV6};

/// The options of a command that no protocol owns. Whatever is not listed is illegal.
struct Rule {
    needs: OptSet,
    takes: OptSet,
}

use Opt::*;

#[rustfmt::skip]
const LIST: Rule = Rule {
    needs: OptSet::of(&[]),
    takes: OptSet::of(&[Src, Dst, ReplySrc, ReplyDst, Protonum, Status, Zero, MaskSrc, MaskDst, Mark, Family, SrcNat, DstNat,
        Output, Secmark, AnyNat, Zone, Label, OrigZone, ReplyZone, Labelmap]),
};

#[rustfmt::skip]
const CREATE: Rule = Rule {
    needs: OptSet::of(&[Protonum, Timeout]),
    takes: OptSet::of(&[Src, Dst, ReplySrc, ReplyDst, Status, Mark, SrcNat, DstNat, Zone, LabelAdd, OrigZone, ReplyZone]),
};

#[rustfmt::skip]
const UPDATE: Rule = Rule {
    needs: OptSet::of(&[]),
    takes: OptSet::of(&[Src, Dst, ReplySrc, ReplyDst, Protonum, Timeout, Status, MaskSrc, MaskDst, Mark, Id, Family, SrcNat,
        DstNat, Output, Label, LabelAdd, LabelDel, Labelmap]),
};

#[rustfmt::skip]
const DELETE: Rule = Rule {
    needs: OptSet::of(&[]),
    takes: OptSet::of(&[Src, Dst, ReplySrc, ReplyDst, Protonum, Timeout, Status, MaskSrc, MaskDst, Mark, Id, Family, SrcNat,
        DstNat, Output, Zone, Label, OrigZone, ReplyZone, Labelmap]),
};

#[rustfmt::skip]
const EVENT: Rule = Rule {
    needs: OptSet::of(&[]),
    takes: OptSet::of(&[Src, Dst, ReplySrc, ReplyDst, Protonum, EventMask, MaskSrc, MaskDst, Mark, Family, SrcNat, DstNat,
        Output, Secmark, BufferSize, AnyNat, Zone, Label, OrigZone, ReplyZone, Labelmap]),
};

const GET: Rule = Rule {
    needs: OptSet::of(&[Protonum]),
    takes: OptSet::of(&[Src, Dst, ReplySrc, ReplyDst, Id, Output, Label]),
};

const EXPECT_CREATE: Rule = Rule {
    needs: OptSet::of(&[
        Src, Dst, Protonum, Timeout, TupleSrc, TupleDst, MaskSrc, MaskDst,
    ]),
    takes: OptSet::of(&[ReplySrc, ReplyDst, Status]),
};

const EXPECT_FIND: Rule = Rule {
    needs: OptSet::of(&[Src, Dst, Protonum]),
    takes: OptSet::of(&[ReplySrc, ReplyDst]),
};
const EXPECT_LIST: Rule = Rule {
    needs: OptSet::of(&[]),
    takes: OptSet::of(&[Family, Output]),
};
const EXPECT_EVENT: Rule = Rule {
    needs: OptSet::of(&[]),
    takes: OptSet::of(&[Output]),
};
const FLUSH: Rule = Rule {
    needs: OptSet::of(&[]),
    takes: OptSet::of(&[Family]),
};
const HELP: Rule = Rule {
    needs: OptSet::of(&[]),
    takes: OptSet::of(&[Protonum]),
};
const NOTHING: Rule = Rule {
    needs: OptSet::of(&[]),
    takes: OptSet::of(&[]),
};

fn rule(command: Option<(Verb, Table)>) -> Rule {
    match command {
        Some((Verb::List, Table::Expect)) => EXPECT_LIST,
        Some((Verb::List, _)) => LIST,
        Some((Verb::Create, Table::Expect)) => EXPECT_CREATE,
        Some((Verb::Delete | Verb::Get, Table::Expect)) => EXPECT_FIND,
        Some((Verb::Event, Table::Expect)) => EXPECT_EVENT,
        Some((Verb::Flush, Table::Expect)) => NOTHING,
        Some((Verb::Create | Verb::Add, _)) => CREATE,
        Some((Verb::Update, _)) => UPDATE,
        Some((Verb::Delete, _)) => DELETE,
        Some((Verb::Event, _)) => EVENT,
        Some((Verb::Get, _)) => GET,
        Some((Verb::Flush, _)) => FLUSH,
        Some((Verb::Help, _)) => HELP,
        Some((Verb::Count | Verb::Stats | Verb::Version, _)) | None => NOTHING,
    }
}

/// Whether an option of a protocol goes with a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Illegal,
    Optional,
    Required,
}

/// What a command does to flows, as far as the options of protocols go.
#[derive(Clone, Copy)]
enum Use {
    /// Looks for flows.
    Match,
    /// Looks for flows and changes them.
    Change,
    /// Names one flow.
    Get,
    /// Makes a flow.
    Make,
    /// Makes an expectation.
    MakeExpectation,
    /// Names an expectation.
    FindExpectation,
    /// Shows the options.
    Help,
}

fn use_of(command: (Verb, Table)) -> Option<Use> {
    Some(match command {
        (Verb::Help, _) => Use::Help,
        (Verb::Create, Table::Expect) => Use::MakeExpectation,
        (Verb::Delete | Verb::Get, Table::Expect) => Use::FindExpectation,
        (_, Table::Expect) => return None,
        (Verb::List | Verb::Delete | Verb::Event, _) => Use::Match,
        (Verb::Update, _) => Use::Change,
        (Verb::Get, _) => Use::Get,
        (Verb::Create | Verb::Add, _) => Use::Make,
        (Verb::Flush | Verb::Count | Verb::Stats | Verb::Version, _) => return None,
    })
}

fn need(option: Opt, protocol: &Protocol, purpose: Use) -> Need {
    use Need::*;
    let is_icmp = protocol == &ICMP || protocol == &ICMPV6;
    match (option, purpose) {
        (_, Use::Help) => Optional,
        (IcmpId, Use::Get | Use::Make) => Optional,
        (IcmpType | IcmpCode, Use::Get | Use::Make) => Required,
        (_, Use::Match | Use::Change) if is_icmp => Optional,
        (_, Use::MakeExpectation | Use::FindExpectation) if is_icmp => Illegal,
        (Sport | Dport | ReplySport | ReplyDport, Use::FindExpectation) => Required,
        (ReplySport | ReplyDport, Use::MakeExpectation) if protocol != &GRE => Illegal,
        (State, Use::MakeExpectation) => Illegal,
        (_, Use::MakeExpectation) => Required,
        (Sport | Dport | ReplySport | ReplyDport, _) => Optional,
        (State | OrigVtag | ReplyVtag | Role, Use::Make) => Required,
        (State, Use::Match | Use::Change | Use::Get) => Optional,
        (OrigVtag | ReplyVtag, Use::Change | Use::Get) => Optional,
        _ => Illegal,
    }
}

/// Checks a whole command line, in the order in which the reference does.
pub fn check(typed: &Typed) -> Result<(), Usage> {
    if typed.any_nat.is_some() && (typed.src_nat.is_some() || typed.dst_nat.is_some()) {
        return Err(Usage::AnyNatAndOne);
    }
    check_general_options(typed, &rule(typed.command))?;
    let Some(command) = typed.command else {
        return check_protocol_options_without_command(typed);
    };
    let names_one_flow = matches!(
        command,
        (Verb::Create | Verb::Add | Verb::Get, Table::Conntrack)
    );
    if names_one_flow {
        check_pair(
            typed,
            [Src, Dst],
            [ReplySrc, ReplyDst],
            ["src", "dst", "reply-src", "reply-dst"],
        )?;
    }
    check_protocol_options(typed, command, names_one_flow)?;
    check_masks(typed, command)
}

/// Names the first option that is missing or illegal.
fn check_general_options(typed: &Typed, rule: &Rule) -> Result<(), Usage> {
    const ALWAYS_LEGAL: OptSet = OptSet::of(&[NatRange]);
    let legal = rule.needs.union(rule.takes).union(ALWAYS_LEGAL);
    for spec in options::general() {
        let given = typed.has(spec.option);
        if !given && rule.needs.contains(spec.option) {
            return Err(Usage::OptionNeeded(spec.name()));
        }
        if given && !legal.contains(spec.option) {
            return Err(Usage::IllegalOption(spec.name()));
        }
    }
    Ok(())
}

fn check_option(typed: &Typed, spec: &Spec, need: Need) -> Result<(), Usage> {
    match (need, typed.has(spec.option)) {
        (Need::Required, false) => Err(Usage::OptionNeeded(spec.name())),
        (Need::Illegal, true) => Err(Usage::IllegalOption(spec.name())),
        _ => Ok(()),
    }
}

fn check_protocol_options_without_command(typed: &Typed) -> Result<(), Usage> {
    typed
        .of_protocols
        .first()
        .map_or(Ok(()), |(spec, _)| Err(Usage::IllegalOption(spec.name())))
}

fn check_protocol_options(
    typed: &Typed,
    command: (Verb, Table),
    names_one_flow: bool,
) -> Result<(), Usage> {
    let Some(purpose) = use_of(command) else {
        return check_protocol_options_without_command(typed);
    };
    let Some(protocol) = typed.protocol.and_then(protocol::by_number) else {
        return check_options_of_any_protocol(typed, purpose);
    };
    for spec in options::of(protocol) {
        check_option(typed, spec, need(spec.option, protocol, purpose))?;
    }
    let foreign = typed
        .of_protocols
        .iter()
        .find(|(spec, _)| !spec.protocols.contains(&protocol));
    if let Some((spec, _)) = foreign {
        return Err(Usage::IllegalOption(spec.name()));
    }
    if names_one_flow && protocol != &ICMP && protocol != &ICMPV6 {
        check_pair(
            typed,
            [Sport, Dport],
            [ReplySport, ReplyDport],
            pair_names(protocol),
        )?;
    }
    Ok(())
}

/// Without `-p`, an option means every protocol that has it, so there must be one that has all of them.
fn check_options_of_any_protocol(typed: &Typed, purpose: Use) -> Result<(), Usage> {
    for (spec, word) in &typed.of_protocols {
        if typed.protocol.is_some() {
            return Err(Usage::UnknownOption(word.clone()));
        }
        if need(spec.option, spec.protocols[0], purpose) == Need::Illegal {
            return Err(Usage::IllegalOption(spec.name()));
        }
    }
    if let [(first, _), rest @ ..] = &typed.of_protocols[..] {
        for (spec, _) in rest {
            if !first
                .protocols
                .iter()
                .any(|protocol| spec.protocols.contains(protocol))
            {
                return Err(Usage::NoSuchProtocol(first.name(), spec.name()));
            }
        }
    }
    Ok(())
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
    typed: &Typed,
    orig: [Opt; 2],
    reply: [Opt; 2],
    names: [&'static str; 4],
) -> Result<(), Usage> {
    let complete = |pair: [Opt; 2]| pair.into_iter().all(|option| typed.has(option));
    let begun = |pair: [Opt; 2]| pair.into_iter().any(|option| typed.has(option));
    if complete(orig) || complete(reply) {
        Ok(())
    } else if begun(reply) && !begun(orig) {
        Err(Usage::PairNeeded(names[2], names[3]))
    } else {
        Err(Usage::PairNeeded(names[0], names[1]))
    }
}

/// A mask needs something that it masks, and counters are not set to zero for some flows only.
fn check_masks(typed: &Typed, command: (Verb, Table)) -> Result<(), Usage> {
    const FILTERS: OptSet = OptSet::of(&[
        Src, Dst, ReplySrc, ReplyDst, Protonum, Status, Mark, Secmark, Zone, OrigZone, ReplyZone,
        Label,
    ]);
    if !matches!(
        command,
        (
            Verb::List | Verb::Update | Verb::Delete | Verb::Event,
            Table::Conntrack
        )
    ) {
        return Ok(());
    }
    let filtered = typed.given.intersects(FILTERS) || !typed.of_protocols.is_empty();
    if typed.has(Zero) && filtered {
        return Err(Usage::ZeroWithFilter);
    }
    if typed.has(MaskSrc) && !typed.has(Src) {
        return Err(Usage::MaskWithoutSrc);
    }
    if typed.has(MaskDst) && !typed.has(Dst) {
        return Err(Usage::MaskWithoutDst);
    }
    Ok(())
}
