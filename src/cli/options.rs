//! The one table of options: everything else that knows an option's name knows it from here.

use super::addresses;
use super::commands;
use super::line::{CommandSpec, Reads, Spec, Takes};
use super::listing;
use super::many;
use super::nat;
use super::opt::{Opt, OptSet};
use super::values;
use crate::field::{Kind, field};
use crate::flow::Part;
use crate::flow::protocol::{DCCP, GRE, ICMP, ICMPV6, Protocol, SCTP, TCP, UDP, UDPLITE};
use Reads::{Expected, Field, Mask, With};

const PORTS: &[&Protocol] = &[&TCP, &UDP, &UDPLITE, &SCTP, &DCCP];
const STATES: &[&Protocol] = &[&TCP, &SCTP, &DCCP];

/// Every option. Those which no protocol owns stand in the order in which the rules look at them, and so do those of
/// each protocol.
#[rustfmt::skip]
pub static OPTIONS: &[Spec] = &[
    command(&commands::LIST),
    command(&commands::CREATE),
    command(&commands::ADD),
    command(&commands::DELETE),
    command(&commands::UPDATE),
    command(&commands::GET),
    command(&commands::FLUSH),
    command(&commands::EVENT),
    command(&commands::COUNT),
    command(&commands::STATS),
    command(&commands::VERSION),
    command(&commands::HELP),
    option(Opt::Expect, b'X', &["expect"], "", With(values::expect), "Work on the expectation table; alone, list it").takes(Takes::Nothing),

    option(Opt::Src, b's', &["src", "orig-src"], "ADDRESS[/LENGTH]", With(addresses::src), "Source address in the original direction").many(),
    option(Opt::Dst, b'd', &["dst", "orig-dst"], "ADDRESS[/LENGTH]", With(addresses::dst), "Destination address in the original direction").many(),
    option(Opt::ReplySrc, b'r', &["reply-src"], "ADDRESS", With(addresses::reply_src), "Source address in the reply direction").many(),
    option(Opt::ReplyDst, b'q', &["reply-dst"], "ADDRESS", With(addresses::reply_dst), "Destination address in the reply direction").many(),
    option(Opt::Protonum, b'p', &["protonum"], "PROTOCOL", With(values::protonum), "Layer 4 protocol, by name or number").many(),
    option(Opt::Timeout, b't', &["timeout"], "SECONDS", Field(field("timeout")), "Time until the entry expires"),
    option(Opt::Status, b'u', &["status"], "STATUS[,…]", With(values::status), "ASSURED, SEEN_REPLY, UNSET, FIXED_TIMEOUT, EXPECTED, OFFLOAD, HW_OFFLOAD; in a filter also UNREPLIED, or ! before one"),
    option(Opt::Zero, b'z', &["zero"], "", With(values::given), "Set the counters to zero while listing").takes(Takes::Nothing),
    option(Opt::EventMask, b'e', &["event-mask"], "EVENT[,…]", With(values::event_mask), "ALL, NEW, UPDATES, DESTROY"),
    option(Opt::TupleSrc, b'[', &["tuple-src"], "ADDRESS[/LENGTH]", With(addresses::tuple_src), "Source address that is expected"),
    option(Opt::TupleDst, b']', &["tuple-dst"], "ADDRESS[/LENGTH]", With(addresses::tuple_dst), "Destination address that is expected"),
    option(Opt::MaskSrc, b'{', &["mask-src"], "ADDRESS", With(addresses::mask_src), "Which bits of the source address count"),
    option(Opt::MaskDst, b'}', &["mask-dst"], "ADDRESS", With(addresses::mask_dst), "Which bits of the destination address count"),
    option(Opt::NatRange, b'a', &["nat-range"], "RANGE", With(values::nat_range), "Ignored, with a warning"),
    option(Opt::Mark, b'm', &["mark"], "MARK[/MASK]", With(values::mark), "Mark"),
    option(Opt::Id, b'i', &["id"], "ID", Field(field("id")), "The kernel's number for the flow"),
    option(Opt::Family, b'f', &["family"], "FAMILY", With(values::family), "ipv4 or ipv6"),
    option(Opt::SrcNat, b'n', &["src-nat"], "ADDRESS[:PORT]", With(nat::src_nat), "Source NAT; without a value, any").takes(Takes::Word),
    option(Opt::DstNat, b'g', &["dst-nat"], "ADDRESS[:PORT]", With(nat::dst_nat), "Destination NAT; without a value, any").takes(Takes::Word),
    option(Opt::Output, b'o', &["output"], "FORMAT[,…]", With(values::output), "xml, save, json, table, or any of extended, timestamp, id, ktimestamp, labels, userspace, mark"),
    option(Opt::Secmark, b'c', &["secmark"], "SECMARK", Field(field("secmark")), "SELinux security mark"),
    option(Opt::BufferSize, b'b', &["buffer-size"], "BYTES", With(values::buffer_size), "Size of the socket's buffer for events"),
    option(Opt::AnyNat, b'j', &["any-nat"], "ADDRESS[:PORT]", With(nat::any_nat), "Source or destination NAT; without a value, any").takes(Takes::Word),
    option(Opt::Zone, b'w', &["zone"], "ZONE", Field(field("zone")), "Zone of both directions").many(),
    option(Opt::Label, b'l', &["label"], "LABEL[,…]", With(values::label), "Labels, all of which must be set"),
    option(Opt::LabelAdd, b'<', &["label-add"], "LABEL[,…]", With(values::label_add), "Labels to set"),
    option(Opt::LabelDel, b'>', &["label-del"], "LABEL[,…]", With(values::label_del), "Labels to clear; without a value, all").takes(Takes::Word),
    option(Opt::OrigZone, b'(', &["orig-zone"], "ZONE", Field(field("orig.zone")), "Zone of the original direction").many(),
    option(Opt::ReplyZone, b')', &["reply-zone"], "ZONE", Field(field("reply.zone")), "Zone of the reply direction").many(),
    option(Opt::Labelmap, b'M', &["labelmap"], "FILE", With(values::labelmap), "File of label names, instead of /etc/xtables/connlabel.conf"),
    addition(Opt::Host, &["host"], "ADDRESS[/LENGTH]", With(many::host), "Address at either end, in either direction").many(),
    addition(Opt::NoNat, &["no-nat"], "", With(values::given), "No translation of any kind"),
    addition(Opt::Bytes, &["bytes"], "AMOUNT", With(many::bytes), "Bytes of both directions: >10M, >=1k, <5G, 10M-20M"),
    addition(Opt::Packets, &["packets"], "AMOUNT", With(many::packets), "Packets of both directions: >1000, 10-20"),
    addition(Opt::Age, &["age"], "TIME", With(many::age), "Time since the flow began: >1h, <30s, 1m-5m"),
    addition(Opt::Expires, &["expires"], "TIME", With(many::expires), "Time until the flow expires: <30s, >1d"),
    addition(Opt::IgnoreMissing, &["ignore-missing"], "", With(values::given), "That nothing is found is no failure"),
    addition(Opt::CountBy, &["count-by"], "FIELD[/LENGTH][,…]", With(listing::count_by), "Count flows by what they have in common, in place of rows"),
    addition(Opt::Columns, &["columns"], "FIELD[,…]", With(listing::columns), "The columns of -o table"),
    addition(Opt::SortBy, &["sort-by"], "FIELD", With(listing::sort_by), "Sort a table, or with - before the field the other way round; groups by count, packets or bytes"),
    addition(Opt::Top, &["top"], "NUMBER", With(listing::top), "Show only so many groups, or rows of a table"),
    addition(Opt::DryRun, &["dry-run"], "", With(values::given), "Show what would be done, and do nothing"),
    addition(Opt::Netns, &["netns"], "NAME|PID|PATH", With(values::netns), "Work in another network namespace"),
    addition(Opt::Generate, &["generate"], "WHAT", With(values::generate), "Alone: write complete-bash, complete-zsh, complete-fish or man"),

    of_protocols(Opt::Sport, PORTS, &["sport", "orig-port-src"], "PORT", Field(field("orig.sport")), "Source port in the original direction, by number or service name").many(),
    of_protocols(Opt::Dport, PORTS, &["dport", "orig-port-dst"], "PORT", Field(field("orig.dport")), "Destination port in the original direction").many(),
    of_protocols(Opt::ReplySport, PORTS, &["reply-port-src"], "PORT", Field(field("reply.sport")), "Source port in the reply direction").many(),
    of_protocols(Opt::ReplyDport, PORTS, &["reply-port-dst"], "PORT", Field(field("reply.dport")), "Destination port in the reply direction").many(),
    addition(Opt::Port, &["port"], "PORT", With(many::port), "Port at either end, in either direction").of(PORTS).many(),
    of_protocols(Opt::MaskSport, PORTS, &["mask-port-src"], "MASK", Mask(Kind::Port, Part::SrcPort), "Which bits of the expected source port count"),
    of_protocols(Opt::MaskDport, PORTS, &["mask-port-dst"], "MASK", Mask(Kind::Port, Part::DstPort), "Which bits of the expected destination port count"),
    of_protocols(Opt::State, STATES, &["state"], "STATE", With(values::state), "State of the connection, such as ESTABLISHED").many(),
    of_protocols(Opt::TupleSport, PORTS, &["tuple-port-src"], "PORT", Expected(Kind::Port, Part::SrcPort), "Source port that is expected"),
    of_protocols(Opt::TupleDport, PORTS, &["tuple-port-dst"], "PORT", Expected(Kind::Port, Part::DstPort), "Destination port that is expected"),
    of_protocols(Opt::OrigVtag, &[&SCTP], &["orig-vtag"], "TAG", Field(field("orig.vtag")), "Verification tag of the original direction"),
    of_protocols(Opt::ReplyVtag, &[&SCTP], &["reply-vtag"], "TAG", Field(field("reply.vtag")), "Verification tag of the reply direction"),
    of_protocols(Opt::Role, &[&DCCP], &["role"], "ROLE", With(values::role), "client or server"),
    of_protocols(Opt::IcmpType, &[&ICMP], &["icmp-type"], "TYPE", Field(field("orig.type")), "ICMP type, by number").many(),
    of_protocols(Opt::IcmpCode, &[&ICMP], &["icmp-code"], "CODE", Field(field("orig.code")), "ICMP code, by number").many(),
    of_protocols(Opt::IcmpId, &[&ICMP], &["icmp-id"], "ID", Field(field("orig.id")), "ICMP id"),
    of_protocols(Opt::Icmpv6Type, &[&ICMPV6], &["icmpv6-type"], "TYPE", Field(field("orig.type")), "ICMPv6 type, by number").many(),
    of_protocols(Opt::Icmpv6Code, &[&ICMPV6], &["icmpv6-code"], "CODE", Field(field("orig.code")), "ICMPv6 code, by number").many(),
    of_protocols(Opt::Icmpv6Id, &[&ICMPV6], &["icmpv6-id"], "ID", Field(field("orig.id")), "ICMPv6 id"),
    of_protocols(Opt::SrcKey, &[&GRE], &["srckey", "orig-key-src"], "KEY", Field(field("orig.srckey")), "Source key in the original direction, decimal or 0x"),
    of_protocols(Opt::DstKey, &[&GRE], &["dstkey", "orig-key-dst"], "KEY", Field(field("orig.dstkey")), "Destination key in the original direction"),
    of_protocols(Opt::ReplySrcKey, &[&GRE], &["reply-key-src"], "KEY", Field(field("reply.srckey")), "Source key in the reply direction"),
    of_protocols(Opt::ReplyDstKey, &[&GRE], &["reply-key-dst"], "KEY", Field(field("reply.dstkey")), "Destination key in the reply direction"),
    of_protocols(Opt::MaskSrcKey, &[&GRE], &["mask-key-src"], "MASK", Mask(Kind::Key, Part::SrcPort), "Which bits of the expected source key count"),
    of_protocols(Opt::MaskDstKey, &[&GRE], &["mask-key-dst"], "MASK", Mask(Kind::Key, Part::DstPort), "Which bits of the expected destination key count"),
    of_protocols(Opt::TupleSrcKey, &[&GRE], &["tuple-key-src"], "KEY", Expected(Kind::Key, Part::SrcPort), "Source key that is expected"),
    of_protocols(Opt::TupleDstKey, &[&GRE], &["tuple-key-dst"], "KEY", Expected(Kind::Key, Part::DstPort), "Destination key that is expected"),
];

/// What an option is unless it says otherwise.
const PLAIN: Spec = Spec {
    option: Opt::Command,
    letter: None,
    names: &[],
    whole: false,
    many: false,
    takes: Takes::Value,
    value: "",
    reads: With(values::given),
    protocols: &[],
    help: "",
};

const fn command(spec: &'static CommandSpec) -> Spec {
    Spec {
        letter: Some(spec.letter),
        names: spec.names,
        takes: spec.takes,
        value: "TABLE",
        reads: Reads::Command(spec),
        help: spec.help,
        ..PLAIN
    }
}

const fn option(
    option: Opt,
    letter: u8,
    names: &'static [&'static str],
    value: &'static str,
    reads: Reads,
    help: &'static str,
) -> Spec {
    Spec {
        letter: Some(letter),
        ..of_protocols(option, &[], names, value, reads, help)
    }
}

/// An option that 1.4.9 lacks.
const fn addition(
    option: Opt,
    name: &'static [&'static str; 1],
    value: &'static str,
    reads: Reads,
    help: &'static str,
) -> Spec {
    Spec {
        whole: true,
        takes: if value.is_empty() {
            Takes::Nothing
        } else {
            Takes::Value
        },
        ..of_protocols(option, &[], name, value, reads, help)
    }
}

const fn of_protocols(
    option: Opt,
    protocols: &'static [&'static Protocol],
    names: &'static [&'static str],
    value: &'static str,
    reads: Reads,
    help: &'static str,
) -> Spec {
    Spec {
        option,
        names,
        value,
        reads,
        protocols,
        help,
        ..PLAIN
    }
}

impl Spec {
    /// In a filter, lists, ranges and what must not be as well.
    const fn many(mut self) -> Spec {
        self.many = true;
        self
    }

    const fn of(mut self, protocols: &'static [&'static Protocol]) -> Spec {
        self.protocols = protocols;
        self
    }

    const fn takes(mut self, takes: Takes) -> Spec {
        self.takes = takes;
        self
    }
}

/// The options that are no commands, in the order in which rules look at them.
pub fn all() -> impl Iterator<Item = &'static Spec> {
    OPTIONS.iter().filter(|spec| spec.option != Opt::Command)
}

/// Those of them that no protocol owns and that the rules look at.
pub fn general() -> impl Iterator<Item = &'static Spec> {
    all().filter(|spec| spec.protocols.is_empty() && spec.option != Opt::Expect)
}

/// Those of a protocol.
pub fn of(protocol: &'static Protocol) -> impl Iterator<Item = &'static Spec> {
    OPTIONS
        .iter()
        .filter(move |spec| spec.protocols.contains(&protocol))
}

/// Those that any protocol owns.
pub const OF_ANY_PROTOCOL: OptSet = {
    let mut set = OptSet::NONE;
    let mut i = 0;
    while i < OPTIONS.len() {
        if !OPTIONS[i].protocols.is_empty() {
            set = set.union(OptSet::of(&[OPTIONS[i].option]));
        }
        i += 1;
    }
    set
};

/// The options of a protocol as a set.
pub fn set_of(protocol: &'static Protocol) -> OptSet {
    OF_PROTOCOLS[usize::from(protocol.number)]
}

pub fn by_letter(letter: u8) -> Option<&'static Spec> {
    BY_LETTER[usize::from(letter)]
}

/// The option that has exactly this long name.
pub fn by_name(name: &[u8]) -> Option<&'static Spec> {
    let (names, starts) = &NAMES;
    let end = starts.get(name.len() + 1)?;
    let mut of_length = names[starts[name.len()]..*end].iter();
    // To compare one byte takes less than to compare all.
    let is_this = |full: &[u8]| full.first() == name.first() && full == name;
    let (_, spec) = of_length.find(|(full, _)| is_this(full.as_bytes()))?;
    Some(spec)
}

// A load file may have a million lines, so what is looked up for each option of each stands ready.

static BY_LETTER: [Option<&Spec>; 256] = {
    let mut table = [None; 256];
    let mut i = 0;
    while i < OPTIONS.len() {
        if let Some(letter) = OPTIONS[i].letter {
            table[letter as usize] = Some(&OPTIONS[i]);
        }
        i += 1;
    }
    table
};

/// The long names with their options, the short ones first, and where those of each length begin.
static NAMES: ([(&str, &Spec); count_names()], [usize; LONGEST_NAME + 2]) = {
    let mut names = [("", &OPTIONS[0]); count_names()];
    let mut starts = [0; LONGEST_NAME + 2];
    let (mut length, mut count) = (0, 0);
    while length <= LONGEST_NAME {
        let mut i = 0;
        while i < OPTIONS.len() {
            let mut name = 0;
            while name < OPTIONS[i].names.len() {
                if OPTIONS[i].names[name].len() == length {
                    names[count] = (OPTIONS[i].names[name], &OPTIONS[i]);
                    count += 1;
                }
                name += 1;
            }
            i += 1;
        }
        length += 1;
        starts[length] = count;
    }
    (names, starts)
};

const LONGEST_NAME: usize = 16;

const fn count_names() -> usize {
    let (mut i, mut count) = (0, 0);
    while i < OPTIONS.len() {
        count += OPTIONS[i].names.len();
        i += 1;
    }
    count
}

/// The options of each protocol, by its number.
static OF_PROTOCOLS: [OptSet; 256] = {
    let mut sets = [OptSet::NONE; 256];
    let mut i = 0;
    while i < OPTIONS.len() {
        let Spec {
            option, protocols, ..
        } = &OPTIONS[i];
        let mut of = 0;
        while of < protocols.len() {
            let set = &mut sets[protocols[of].number as usize];
            *set = set.union(OptSet::of(&[*option]));
            of += 1;
        }
        i += 1;
    }
    sets
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_options_share_a_name_or_a_letter() {
        for (i, spec) in OPTIONS.iter().enumerate() {
            for other in &OPTIONS[i + 1..] {
                assert!(
                    spec.letter.is_none() || spec.letter != other.letter,
                    "{spec:?}"
                );
                let shared = spec.names.iter().any(|name| other.names.contains(name));
                assert!(!shared, "{spec:?}");
            }
        }
    }

    #[test]
    fn an_option_is_found_by_each_of_its_names() {
        for spec in OPTIONS {
            for name in spec.names {
                assert_eq!(by_name(name.as_bytes()), Some(spec));
            }
            assert!(
                spec.letter
                    .is_none_or(|letter| by_letter(letter) == Some(spec))
            );
        }
        for name in ["", "sr", "srcs", "no-option-has-such-a-name"] {
            assert_eq!(by_name(name.as_bytes()), None);
        }
    }
}
