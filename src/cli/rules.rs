//! Which options go together, in the order in which 1.4.9 looks at them.

use super::line::{Line, Rule, Spec};
use super::opt::Opt::{self, *};
use super::opt::OptSet;
use super::options;
use crate::error::{Error, Usage, Value};
use crate::flow::Protocol;
use crate::flow::protocol::{self, DCCP, GRE, ICMP, ICMPV6};
use crate::task::{Table, Verb};

/// What goes with every command.
const ALWAYS: OptSet = OptSet::of(&[NatRange, Netns]);

/// Checks a line once it is read.
pub fn check(line: &Line) -> Result<(), Usage> {
    if line.has(AnyNat) && (line.has(SrcNat) || line.has(DstNat)) {
        return Err(Usage::AnyNatAndOne);
    }
    let rule = line.rule();
    check_general_options(line, rule)?;
    check_additions(line)?;
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
        Label, Id, Host, Port, NoNat, Bytes, Packets, Age, Expires,
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
    let always = match line.has(Generate) {
        // It is none of a command, and stands alone.
        true => ALWAYS.without(OptSet::of(&[NatRange])),
        false => ALWAYS,
    };
    let (missing, illegal) = match rule {
        Some(rule) => {
            let idle = match line.has(DryRun) {
                true => OptSet::NONE,
                false => rule.shows_plan,
            };
            let allowed = rule.allowed_in(line).without(idle).union(always);
            let needed = rule.needs.without(options::OF_ANY_PROTOCOL);
            (needed.without(line.given), line.given.without(allowed))
        }
        None => {
            let mut allowed = always.without(OptSet::of(&[Netns]));
            allowed.insert(Generate);
            (OptSet::NONE, line.given.without(allowed))
        }
    };
    first_wrong(options::general(), missing, illegal)
}

/// Names the first option of a list that is missing or illegal.
fn first_wrong(
    mut options: impl Iterator<Item = &'static Spec>,
    missing: OptSet,
    illegal: OptSet,
) -> Result<(), Usage> {
    if missing.union(illegal) == OptSet::NONE {
        return Ok(());
    }
    let wrong = options.find_map(|spec| {
        let illegal = illegal.has(spec.option);
        let missing = missing.has(spec.option);
        illegal
            .then(|| Usage::IllegalOption(spec.name()))
            .or_else(|| missing.then(|| Usage::OptionNeeded(spec.name())))
    });
    wrong.map_or(Ok(()), Err)
}

/// What several values, or options that 1.4.9 lacks, do not go with.
fn check_additions(line: &Line) -> Result<(), Usage> {
    for (mask, of, name) in [(MaskSrc, Src, "mask-src"), (MaskDst, Dst, "mask-dst")] {
        if line.has(mask) && line.lists.has(of) {
            return Err(Usage::MaskOfMany(name));
        }
    }
    for (nat, name) in [
        (SrcNat, "src-nat"),
        (DstNat, "dst-nat"),
        (AnyNat, "any-nat"),
    ] {
        if line.has(NoNat) && line.has(nat) {
            return Err(Usage::NoNatAndNat(name));
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
    let own = options::set_of(protocol);
    let missing = rule.needs.without(line.given).intersection(own);
    let illegal = line.given.without(rule.allowed()).intersection(own);
    first_wrong(options::of(protocol), missing, illegal)?;
    let mut given = line.of_protocols.iter();
    let foreign = given.find(|(spec, _)| !own.has(spec.option));
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
        if !rule.allowed().has(spec.option) {
            return Err(Usage::IllegalOption(spec.name()));
        }
    }
    let Some(((first, _), rest)) = line.of_protocols.split_first() else {
        return Ok(());
    };
    if !line.several_protocols.is_empty() {
        return check_options_of_several_protocols(line);
    }
    let foreign = rest.iter().find(|(spec, _)| {
        let mut protocols = first.protocols.iter();
        !protocols.any(|protocol| spec.protocols.contains(protocol))
    });
    foreign.map_or(Ok(()), |(spec, _)| {
        Err(Usage::NoSuchProtocol(first.name(), spec.name()))
    })
}

/// Of the protocols that were named, one must have all options.
fn check_options_of_several_protocols(line: &Line) -> Result<(), Usage> {
    let mut named = line.several_protocols.iter().copied();
    let mut known = named.by_ref().filter_map(protocol::by_number);
    let has_all = |protocol: &'static Protocol| {
        let mut options = line.of_protocols.iter();
        options.all(|(spec, _)| spec.protocols.contains(&protocol))
    };
    match (known.any(has_all), line.of_protocols.last()) {
        (false, Some((spec, _))) => Err(Usage::IllegalOption(spec.name())),
        _ => Ok(()),
    }
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

#[cfg(test)]
mod tests {
    use crate::cli::hall;
    use crate::cli::letters::Letters;

    /// What a line is refused with, if it is.
    fn refusal(line: &str) -> String {
        let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
        let read = hall::line(Letters::new(&words), &mut Vec::new());
        let built = read.and_then(hall::command);
        built.map_or_else(|error| error.to_string(), |_| "nothing".to_owned())
    }

    #[test]
    fn a_command_takes_its_own_options() {
        for (line, expected) in [
            (
                "-L -p tcp -s 1.1.1.1 -u ASSURED -m 5 -w 1 -o xml",
                "nothing",
            ),
            ("-L -t 5", "Illegal option `--timeout' with this command"),
            ("-L -i 5", "nothing"),
            (
                "-L -c 5 --ignore-missing",
                "Illegal option `--ignore-missing' with this command",
            ),
            ("-L expect -f ipv4 -o xml", "nothing"),
            (
                "-L expect -s 1.1.1.1",
                "Illegal option `--src' with this command",
            ),
            (
                "-D -t 5 -i 5 -z",
                "Illegal option `--zero' with this command",
            ),
            ("-D -o xml -M file", "nothing"),
            ("-U -o xml -M file --label-del", "nothing"),
            ("-E -o xml -M file", "nothing"),
            ("-E expect -o xml", "nothing"),
            (
                "-G -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2 -o xml",
                "nothing",
            ),
            ("-D -j", "Illegal option `--any-nat' with this command"),
            ("-U -w 5 -m 1", "nothing"),
            ("-F -f ipv4 -w 5", "nothing"),
            ("-F --bytes 5", "Illegal option `--bytes' with this command"),
            ("-L --no-nat -n", "cannot use --no-nat with --src-nat"),
            (
                "-E --no-nat -j 1.1.1.1",
                "cannot use --no-nat with --any-nat",
            ),
            ("-D -p tcp,udp --dport 5", "nothing"),
            ("-D -p tcp,icmp --dport 5 --sport 6", "nothing"),
            (
                "-D --dport 5 -p icmp,gre",
                "Illegal option `--dport' with this command",
            ),
            (
                "-D -p tcp,icmp --dport 5 --icmp-type 8",
                "Illegal option `--icmp-type' with this command",
            ),
            ("-D -p !tcp --dport 5", "nothing"),
            (
                "-L -s 1.1.1.1,2.2.2.2 --mask-src 255.0.0.0",
                "cannot use --mask-src with several addresses",
            ),
            (
                "-L -d !1.1.1.1 --mask-dst 255.0.0.0",
                "cannot use --mask-dst with several addresses",
            ),
            (
                "-F expect -f ipv4",
                "Illegal option `--family' with this command",
            ),
            ("-C -o json", "nothing"),
            ("-C expect -o json", "nothing"),
            ("-S -o json", "nothing"),
            ("-C -o xml", "Illegal option `--output' with this command"),
            ("-S -o id", "Illegal option `--output' with this command"),
            ("-F -o json", "Illegal option `--output' with this command"),
            ("-V -o json", "Illegal option `--output' with this command"),
            ("-C -p tcp", "Illegal option `--protonum' with this command"),
            ("-E -e NEW -b 5", "nothing"),
            (
                "-E -u ASSURED",
                "Illegal option `--status' with this command",
            ),
            (
                "-E expect -e NEW",
                "Illegal option `--event-mask' with this command",
            ),
            ("-h -p tcp", "nothing"),
            ("-h -m 5", "Illegal option `--mark' with this command"),
            ("-V -a 1", "nothing"),
            ("-p tcp", "Illegal option `--protonum' with this command"),
            ("--dport 5", "Illegal option `--dport' with this command"),
            ("", "nothing"),
            ("--generate man", "nothing"),
            (
                "--generate man -p tcp",
                "Illegal option `--protonum' with this command",
            ),
            (
                "--generate man --dport 5",
                "Illegal option `--dport' with this command",
            ),
            (
                "--generate man --netns a",
                "Illegal option `--netns' with this command",
            ),
            (
                "--generate man -a 5",
                "Illegal option `--nat-range' with this command",
            ),
            (
                "-V --generate man",
                "Illegal option `--generate' with this command",
            ),
            (
                "--generate man --generate man",
                "option `--generate' can only be specified once",
            ),
        ] {
            assert_eq!(refusal(line), expected, "{line}");
        }
    }

    #[test]
    fn the_first_option_that_is_missing_or_illegal_is_named() {
        for (line, expected) in [
            (
                "-I",
                "You need to supply the `--protonum' option for this command",
            ),
            (
                "-I -p tcp",
                "You need to supply the `--timeout' option for this command",
            ),
            (
                "-I -s 1.1.1.1 -z",
                "You need to supply the `--protonum' option for this command",
            ),
            (
                "-I -p tcp -t 5 -z",
                "Illegal option `--zero' with this command",
            ),
            (
                "-G",
                "You need to supply the `--protonum' option for this command",
            ),
            (
                "-D expect",
                "You need to supply the `--src' option for this command",
            ),
            (
                "-I expect -s 1.1.1.1",
                "You need to supply the `--dst' option for this command",
            ),
        ] {
            assert_eq!(refusal(line), expected, "{line}");
        }
    }

    #[test]
    fn a_flow_is_named_by_one_complete_direction() {
        let make = "-I -t 5 -p tcp --state CLOSE ";
        for (rest, expected) in [
            ("", "you have to specify `--src' and `--dst'"),
            ("-s 1.1.1.1", "you have to specify `--src' and `--dst'"),
            (
                "-r 1.1.1.1",
                "you have to specify `--reply-src' and `--reply-dst'",
            ),
            (
                "-s 1.1.1.1 -d 2.2.2.2",
                "you have to specify `--sport' and `--dport'",
            ),
            (
                "-s 1.1.1.1 -d 2.2.2.2 --sport 1",
                "you have to specify `--sport' and `--dport'",
            ),
            (
                "-s 1.1.1.1 -d 2.2.2.2 --reply-port-src 1",
                "you have to specify `--reply-src-port' and `--reply-dst-port'",
            ),
            ("-s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2", "nothing"),
            (
                "-r 1.1.1.1 -q 2.2.2.2 --reply-port-src 1 --reply-port-dst 2",
                "nothing",
            ),
        ] {
            assert_eq!(refusal(&format!("{make}{rest}")), expected, "{rest}");
        }
        for (line, expected) in [
            ("-p gre", "you have to specify `--srckey' and `--dstkey'"),
            (
                "-p gre --reply-key-src 1",
                "you have to specify `--reply-src-key' and `--reply-dst-key'",
            ),
            (
                "-p dccp --state OPEN --role client --reply-port-src 1",
                "you have to specify `--reply-port-src' and `--report-port-dst'",
            ),
            ("-p icmp --icmp-type 8 --icmp-code 0", "nothing"),
            ("-p 50", "nothing"),
        ] {
            let line = format!("-I -t 5 -s 1.1.1.1 -d 2.2.2.2 {line}");
            assert_eq!(refusal(&line), expected, "{line}");
        }
    }

    #[test]
    fn the_options_of_a_protocol_are_needed_or_illegal_by_command() {
        let flow = "-t 5 -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2";
        for (line, expected) in [
            (
                format!("-I -p tcp {flow}"),
                "You need to supply the `--state' option for this command",
            ),
            (
                format!("-I -p sctp --state CLOSED {flow}"),
                "You need to supply the `--orig-vtag' option for this command",
            ),
            (
                format!("-I -p dccp --state OPEN {flow}"),
                "You need to supply the `--role' option for this command",
            ),
            (format!("-I -p udp {flow}"), "nothing"),
            (
                "-L -p sctp --orig-vtag 1".into(),
                "Illegal option `--orig-vtag' with this command",
            ),
            ("-U -p sctp --orig-vtag 1".into(), "nothing"),
            (
                "-L -p dccp --role client".into(),
                "Illegal option `--role' with this command",
            ),
            (
                "-L -p tcp --mask-port-src 1".into(),
                "Illegal option `--mask-port-src' with this command",
            ),
            ("-L -p 50 --sport 1".into(), "unknown option `--sport'"),
            (
                "-L -p tcp --icmp-type 8".into(),
                "unknown option `--icmp-type'",
            ),
            (
                "-L -p icmp -p tcp --icmp-type 8".into(),
                "Illegal option `--icmp-type' with this command",
            ),
        ] {
            assert_eq!(refusal(&line), expected, "{line}");
        }
    }

    #[test]
    fn without_a_protocol_there_must_be_one_that_has_every_option() {
        for (line, expected) in [
            ("-L --dport 80", "nothing"),
            ("-L --dport 80 --state ESTABLISHED", "nothing"),
            ("-D --icmp-type 8 --icmp-code 0", "nothing"),
            (
                "-L --dport 80 --icmp-type 8",
                "no protocol has both `--dport' and `--icmp-type'",
            ),
            (
                "-L --srckey 80 --sport 8",
                "no protocol has both `--srckey' and `--sport'",
            ),
            (
                "-L --mask-port-src 80",
                "Illegal option `--mask-port-src' with this command",
            ),
            (
                "-F --dport 80",
                "Illegal option `--dport' with this command",
            ),
        ] {
            assert_eq!(refusal(line), expected, "{line}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for (line, expected) in [
            (
                "-L -n -j",
                "cannot specify `--src-nat' or `--dst-nat' with `--any-nat'",
            ),
            (
                "-L -j -g 1.1.1.1",
                "cannot specify `--src-nat' or `--dst-nat' with `--any-nat'",
            ),
            ("-L -n -g", "nothing"),
            ("-L -z -p tcp", "Can't use -z with filtering parameters"),
            ("-L -z --dport 1", "Can't use -z with filtering parameters"),
            ("-L -z -f ipv4", "nothing"),
            ("-L dying -z -p tcp", "nothing"),
            (
                "-D --mask-src 1.1.1.1",
                "Can't use --mask-src without --src",
            ),
            (
                "-E --mask-dst 1.1.1.1",
                "Can't use --mask-dst without --dst",
            ),
            ("-D -s 1.1.1.1 --mask-src 1.1.1.1", "nothing"),
            ("-L -u UNSET", "Operation failed: invalid parameters"),
            ("-D -u UNSET", "Operation failed: invalid parameters"),
            ("-L dying -u UNSET", "nothing"),
            ("-U -u UNSET", "nothing"),
            ("-L -D", "Invalid commands combination"),
            ("-U expect", "Can't do --update on expectations"),
            ("-X -A", "Can't do --add on expectations"),
            ("-X", "nothing"),
            (
                "-D dying",
                "Can't do that command with tables `dying' and `unconfirmed'",
            ),
        ] {
            assert_eq!(refusal(line), expected, "{line}");
        }
    }
}
