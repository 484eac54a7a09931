//! The one table of options: everything else that knows an option's name knows it from here.

use crate::flow::protocol::{DCCP, GRE, ICMP, ICMPV6, Protocol, SCTP, TCP, UDP, UDPLITE};

/// What an option sets. Options of several protocols that set the same thing share one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opt {
    Command,
    Expect,
    Src,
    Dst,
    ReplySrc,
    ReplyDst,
    Protonum,
    Timeout,
    Status,
    Zero,
    EventMask,
    TupleSrc,
    TupleDst,
    MaskSrc,
    MaskDst,
    NatRange,
    Mark,
    Id,
    Family,
    SrcNat,
    DstNat,
    Output,
    Secmark,
    BufferSize,
    AnyNat,
    Zone,
    Label,
    LabelAdd,
    LabelDel,
    OrigZone,
    ReplyZone,
    Labelmap,
    Sport,
    Dport,
    ReplySport,
    ReplyDport,
    MaskSport,
    MaskDport,
    State,
    TupleSport,
    TupleDport,
    OrigVtag,
    ReplyVtag,
    Role,
    IcmpType,
    IcmpCode,
    IcmpId,
}

/// Some of the options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptSet(u64);

impl OptSet {
    pub const fn of(options: &[Opt]) -> OptSet {
        let mut set = 0;
        let mut i = 0;
        while i < options.len() {
            set |= 1 << options[i] as u64;
            i += 1;
        }
        OptSet(set)
    }

    pub fn contains(self, option: Opt) -> bool {
        self.0 & (1 << option as u64) != 0
    }

    pub fn intersects(self, other: OptSet) -> bool {
        self.0 & other.0 != 0
    }

    pub fn union(self, other: OptSet) -> OptSet {
        OptSet(self.0 | other.0)
    }

    pub fn insert(&mut self, option: Opt) {
        self.0 |= 1 << option as u64;
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    List,
    Create,
    Add,
    Delete,
    Update,
    Get,
    Flush,
    Event,
    Count,
    Stats,
    Version,
    Help,
}

/// Whether a value follows an option, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    /// A value, glued or as the next word, whatever that looks like.
    Value,
    /// Perhaps a value: glued, or the next word where that begins neither with `-` nor with `!`.
    Word,
    /// Perhaps a table: as [`Takes::Word`], but a letter's glued text is a bundle of further letters.
    Table,
    /// The same, but without `=`.
    PlainTable,
}

/// An option: how it is written and what it takes.
#[derive(Debug)]
pub struct Spec {
    pub option: Opt,
    /// What an [`Opt::Command`] does.
    pub verb: Option<Verb>,
    pub letter: Option<char>,
    /// Long names, of which messages use the first.
    pub names: &'static [&'static str],
    pub takes: Takes,
    /// What the help calls the value.
    pub value: &'static str,
    /// The protocols that have it; empty where it belongs to none.
    pub protocols: &'static [&'static Protocol],
    pub help: &'static str,
}

impl Spec {
    pub fn name(&self) -> &'static str {
        self.names[0]
    }
}

const fn command(
    verb: Verb,
    letter: char,
    names: &'static [&'static str],
    takes: Takes,
    help: &'static str,
) -> Spec {
    Spec {
        option: Opt::Command,
        verb: Some(verb),
        letter: Some(letter),
        names,
        takes,
        value: "TABLE",
        protocols: &[],
        help,
    }
}

const fn option(
    option: Opt,
    letter: char,
    names: &'static [&'static str],
    value: &'static str,
    help: &'static str,
) -> Spec {
    Spec {
        option,
        verb: None,
        letter: Some(letter),
        names,
        takes: Takes::Value,
        value,
        protocols: &[],
        help,
    }
}

const fn of_protocols(
    option: Opt,
    protocols: &'static [&'static Protocol],
    names: &'static [&'static str],
    value: &'static str,
    help: &'static str,
) -> Spec {
    Spec {
        option,
        verb: None,
        letter: None,
        names,
        takes: Takes::Value,
        value,
        protocols,
        help,
    }
}

impl Spec {
    const fn takes(mut self, takes: Takes) -> Spec {
        self.takes = takes;
        self
    }
}

const PORTS: &[&Protocol] = &[&TCP, &UDP, &UDPLITE, &SCTP, &DCCP];
const STATES: &[&Protocol] = &[&TCP, &SCTP, &DCCP];

/// Every option. Those which no protocol owns stand in the order in which the rules look at them, and so do those of
/// each protocol.
#[rustfmt::skip]
pub static OPTIONS: &[Spec] = &[
    command(Verb::List, 'L', &["dump"], Takes::Table, "List a table"),
    command(Verb::Create, 'I', &["create"], Takes::Table, "Create an entry"),
    command(Verb::Add, 'A', &["add"], Takes::Table, "Create a flow, or change the one that is there"),
    command(Verb::Delete, 'D', &["delete"], Takes::Table, "Delete the flows that match, or an expectation"),
    command(Verb::Update, 'U', &["update"], Takes::Table, "Change the flows that match"),
    command(Verb::Get, 'G', &["get"], Takes::Table, "Show one entry"),
    command(Verb::Flush, 'F', &["flush"], Takes::Table, "Delete every entry"),
    command(Verb::Event, 'E', &["event"], Takes::Table, "Show changes as they happen"),
    command(Verb::Count, 'C', &["count", "counter"], Takes::Table, "Show how many entries there are"),
    command(Verb::Stats, 'S', &["stats"], Takes::PlainTable, "Show statistics by CPU"),
    command(Verb::Version, 'V', &["version"], Takes::PlainTable, "Show the version"),
    command(Verb::Help, 'h', &["help"], Takes::PlainTable, "Show this help; with -p, a protocol's options"),
    option(Opt::Expect, 'X', &["expect"], "", "Work on the expectation table; alone, list it").takes(Takes::Nothing),

    option(Opt::Src, 's', &["src", "orig-src"], "ADDRESS[/LENGTH]", "Source address in the original direction"),
    option(Opt::Dst, 'd', &["dst", "orig-dst"], "ADDRESS[/LENGTH]", "Destination address in the original direction"),
    option(Opt::ReplySrc, 'r', &["reply-src"], "ADDRESS", "Source address in the reply direction"),
    option(Opt::ReplyDst, 'q', &["reply-dst"], "ADDRESS", "Destination address in the reply direction"),
    option(Opt::Protonum, 'p', &["protonum"], "PROTOCOL", "Layer 4 protocol, by name or number"),
    option(Opt::Timeout, 't', &["timeout"], "SECONDS", "Time until the entry expires"),
    option(Opt::Status, 'u', &["status"], "STATUS[,…]", "ASSURED, SEEN_REPLY, UNSET, FIXED_TIMEOUT, EXPECTED, OFFLOAD, HW_OFFLOAD; in a filter also UNREPLIED, or ! before one"),
    option(Opt::Zero, 'z', &["zero"], "", "Set the counters to zero while listing").takes(Takes::Nothing),
    option(Opt::EventMask, 'e', &["event-mask"], "EVENT[,…]", "ALL, NEW, UPDATES, DESTROY"),
    option(Opt::TupleSrc, '[', &["tuple-src"], "ADDRESS[/LENGTH]", "Source address that is expected"),
    option(Opt::TupleDst, ']', &["tuple-dst"], "ADDRESS[/LENGTH]", "Destination address that is expected"),
    option(Opt::MaskSrc, '{', &["mask-src"], "ADDRESS", "Which bits of the source address count"),
    option(Opt::MaskDst, '}', &["mask-dst"], "ADDRESS", "Which bits of the destination address count"),
    option(Opt::NatRange, 'a', &["nat-range"], "RANGE", "Ignored, with a warning"),
    option(Opt::Mark, 'm', &["mark"], "MARK[/MASK]", "Mark"),
    option(Opt::Id, 'i', &["id"], "ID", "The kernel's number for the flow"),
    option(Opt::Family, 'f', &["family"], "FAMILY", "ipv4 or ipv6"),
    option(Opt::SrcNat, 'n', &["src-nat"], "ADDRESS[:PORT]", "Source NAT; without a value, any").takes(Takes::Word),
    option(Opt::DstNat, 'g', &["dst-nat"], "ADDRESS[:PORT]", "Destination NAT; without a value, any").takes(Takes::Word),
    option(Opt::Output, 'o', &["output"], "FORMAT[,…]", "xml, save, or any of extended, timestamp, id, ktimestamp, labels, userspace, mark"),
    option(Opt::Secmark, 'c', &["secmark"], "SECMARK", "SELinux security mark"),
    option(Opt::BufferSize, 'b', &["buffer-size"], "BYTES", "Size of the socket's buffer for events"),
    option(Opt::AnyNat, 'j', &["any-nat"], "ADDRESS[:PORT]", "Source or destination NAT; without a value, any").takes(Takes::Word),
    option(Opt::Zone, 'w', &["zone"], "ZONE", "Zone of both directions"),
    option(Opt::Label, 'l', &["label"], "LABEL[,…]", "Labels, all of which must be set"),
    option(Opt::LabelAdd, '<', &["label-add"], "LABEL[,…]", "Labels to set"),
    option(Opt::LabelDel, '>', &["label-del"], "LABEL[,…]", "Labels to clear; without a value, all").takes(Takes::Word),
    option(Opt::OrigZone, '(', &["orig-zone"], "ZONE", "Zone of the original direction"),
    option(Opt::ReplyZone, ')', &["reply-zone"], "ZONE", "Zone of the reply direction"),
    option(Opt::Labelmap, 'M', &["labelmap"], "FILE", "File of label names, instead of /etc/xtables/connlabel.conf"),

    of_protocols(Opt::Sport, PORTS, &["sport", "orig-port-src"], "PORT", "Source port in the original direction, by number or service name"),
    of_protocols(Opt::Dport, PORTS, &["dport", "orig-port-dst"], "PORT", "Destination port in the original direction"),
    of_protocols(Opt::ReplySport, PORTS, &["reply-port-src"], "PORT", "Source port in the reply direction"),
    of_protocols(Opt::ReplyDport, PORTS, &["reply-port-dst"], "PORT", "Destination port in the reply direction"),
    of_protocols(Opt::MaskSport, PORTS, &["mask-port-src"], "MASK", "Which bits of the expected source port count"),
    of_protocols(Opt::MaskDport, PORTS, &["mask-port-dst"], "MASK", "Which bits of the expected destination port count"),
    of_protocols(Opt::State, STATES, &["state"], "STATE", "State of the connection, such as ESTABLISHED"),
    of_protocols(Opt::TupleSport, PORTS, &["tuple-port-src"], "PORT", "Source port that is expected"),
    of_protocols(Opt::TupleDport, PORTS, &["tuple-port-dst"], "PORT", "Destination port that is expected"),
    of_protocols(Opt::OrigVtag, &[&SCTP], &["orig-vtag"], "TAG", "Verification tag of the original direction"),
    of_protocols(Opt::ReplyVtag, &[&SCTP], &["reply-vtag"], "TAG", "Verification tag of the reply direction"),
    of_protocols(Opt::Role, &[&DCCP], &["role"], "ROLE", "client or server"),
    of_protocols(Opt::IcmpType, &[&ICMP], &["icmp-type"], "TYPE", "ICMP type, by number"),
    of_protocols(Opt::IcmpCode, &[&ICMP], &["icmp-code"], "CODE", "ICMP code, by number"),
    of_protocols(Opt::IcmpId, &[&ICMP], &["icmp-id"], "ID", "ICMP id"),
    of_protocols(Opt::IcmpType, &[&ICMPV6], &["icmpv6-type"], "TYPE", "ICMPv6 type, by number"),
    of_protocols(Opt::IcmpCode, &[&ICMPV6], &["icmpv6-code"], "CODE", "ICMPv6 code, by number"),
    of_protocols(Opt::IcmpId, &[&ICMPV6], &["icmpv6-id"], "ID", "ICMPv6 id"),
    of_protocols(Opt::Sport, &[&GRE], &["srckey", "orig-key-src"], "KEY", "Source key in the original direction, decimal or 0x"),
    of_protocols(Opt::Dport, &[&GRE], &["dstkey", "orig-key-dst"], "KEY", "Destination key in the original direction"),
    of_protocols(Opt::ReplySport, &[&GRE], &["reply-key-src"], "KEY", "Source key in the reply direction"),
    of_protocols(Opt::ReplyDport, &[&GRE], &["reply-key-dst"], "KEY", "Destination key in the reply direction"),
    of_protocols(Opt::MaskSport, &[&GRE], &["mask-key-src"], "MASK", "Which bits of the expected source key count"),
    of_protocols(Opt::MaskDport, &[&GRE], &["mask-key-dst"], "MASK", "Which bits of the expected destination key count"),
    of_protocols(Opt::TupleSport, &[&GRE], &["tuple-key-src"], "KEY", "Source key that is expected"),
    of_protocols(Opt::TupleDport, &[&GRE], &["tuple-key-dst"], "KEY", "Destination key that is expected"),
];

/// The options that no protocol owns and that are no commands, in the order in which rules look at them.
pub fn general() -> impl Iterator<Item = &'static Spec> {
    OPTIONS.iter().filter(|spec| {
        spec.protocols.is_empty() && !matches!(spec.option, Opt::Command | Opt::Expect)
    })
}

/// The options of a protocol, in the order in which rules look at them.
pub fn of(protocol: &'static Protocol) -> impl Iterator<Item = &'static Spec> {
    OPTIONS
        .iter()
        .filter(move |spec| spec.protocols.contains(&protocol))
}

pub fn by_letter(letter: char) -> Option<&'static Spec> {
    OPTIONS.iter().find(|spec| spec.letter == Some(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_options_share_a_name_or_a_letter() {
        for (i, spec) in OPTIONS.iter().enumerate() {
            for other in &OPTIONS[i + 1..] {
                assert!(
                    spec.letter.is_none() || spec.letter != other.letter,
                    "-{:?}",
                    spec.letter
                );
                assert!(
                    !spec.names.iter().any(|name| other.names.contains(name)),
                    "{spec:?}"
                );
            }
        }
    }
}
