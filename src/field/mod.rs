//! Fields: what a flow can be asked for, each with one name, one type and one getter, all in [`table::FIELDS`].

pub mod key;
pub mod read;
pub mod show;
mod table;

pub use crate::flow::Direction;
pub use table::FIELDS;

use crate::flow::{Attributes, Flow, Part, State};
use std::net::IpAddr;

/// What a flow has or has not.
#[derive(Debug)]
pub struct Field {
    /// Its name, which is its place in a flow's JSON, if it has one there.
    pub path: &'static str,
    pub kind: Kind,
    /// Whether the kernel says it, or it is worked out from what the kernel says.
    pub source: Source,
    /// The attributes that it comes from.
    pub needs: Attributes,
    pub get: for<'a> fn(&Flow<'a>) -> Option<Value<'a>>,
    /// Gives it to a flow that is to be made or changed, where that can be done.
    pub set: Option<fn(&mut Flow, u32)>,
    /// What a test takes a missing one for.
    pub absent: Option<u64>,
    /// How the kernel's own filter is asked for it, where it knows the field.
    pub kernel: Option<Compare>,
    /// Without this setting of the kernel no new flow has it.
    pub requires: Option<Setting>,
}

/// A setting of the kernel, by its name below /proc/sys/net/netfilter, and what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    /// What the kernel does not do without it.
    pub about: &'static str,
}

/// Packets and bytes of flows.
pub const ACCOUNTING: Setting = Setting {
    name: "nf_conntrack_acct",
    about: "count packets and bytes",
};

/// When flows begin and end.
pub const STAMPS: Setting = Setting {
    name: "nf_conntrack_timestamp",
    about: "note when flows begin",
};

/// Two names of a field are one field.
impl PartialEq for Field {
    fn eq(&self, other: &Field) -> bool {
        self.path == other.path
    }
}

/// Where the values of a field come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The kernel sends it, and a flow's JSON has it.
    Kernel,
    /// It is worked out, and no flow's JSON has it.
    Computed,
}

/// How the values of a field are typed and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A decimal number up to this one.
    Decimal(u32),
    /// A number of any base up to this one.
    Unsigned(u32),
    /// A number of either sign.
    Shift,
    /// A port, by number or by the name of a service.
    Port,
    /// A key of GRE, a number of any base.
    Key,
    Address,
    /// AF_INET and its kin.
    Family,
    /// A layer 4 protocol by its name, or by its number where that has none.
    Protocol,
    /// Packets or bytes, perhaps millions of them.
    Amount,
    /// Seconds, perhaps days of them.
    Span,
    /// A time in nanoseconds since 1970.
    Time,
    /// What a helper or a security module has said.
    Text,
    /// Bits that must be set and bits that must be clear, by their names from the lowest on.
    Bits(&'static [&'static str]),
    /// A number by its name, from 0 on.
    Name(&'static [&'static str]),
    /// A value and a mask.
    Mark,
    State,
    Labels,
}

/// What a field is in one flow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Number(u64),
    Signed(i32),
    Address(IpAddr),
    State(State),
    Text(&'a [u8]),
    /// CTA_LABELS.
    Labels(&'a [u8]),
}

/// What the kernel's filter can compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Src(Direction),
    Dst(Direction),
    Part(Direction, Part),
    Protocol,
    Mark,
    Status,
    Zone,
}

/// The field of a path. In a static, a path that no field has does not compile.
#[expect(clippy::panic, reason = "it ends the compiler, not the program")]
pub const fn field(path: &str) -> &'static Field {
    let mut i = 0;
    while i < FIELDS.len() {
        if equal(FIELDS[i].path.as_bytes(), path.as_bytes()) {
            return &FIELDS[i];
        }
        i += 1;
    }
    panic!("no field has this path")
}

/// The field of a name that somebody has typed: a path, in which a hyphen may stand for the dot, or what follows `orig.` in
/// one where no shorter path is meant.
pub fn by_name(name: &[u8]) -> Option<&'static Field> {
    let is = |path: &str| {
        let dotted = |byte: &u8| if *byte == b'.' { b'-' } else { *byte };
        path.bytes()
            .map(|byte| dotted(&byte))
            .eq(name.iter().map(dotted))
    };
    let whole = FIELDS.iter().find(|field| is(field.path));
    let of_orig = || {
        let mut fields = FIELDS.iter();
        fields.find(|field| field.path.strip_prefix("orig.").is_some_and(is))
    };
    whole.or_else(of_orig)
}

const fn equal(one: &[u8], other: &[u8]) -> bool {
    let mut i = 0;
    while i < one.len() && i < other.len() && one[i] == other[i] {
        i += 1;
    }
    i == one.len() && i == other.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::protocol::GRE;

    #[test]
    fn a_field_is_found_by_its_path_and_no_two_share_one() {
        for (place, one) in FIELDS.iter().enumerate() {
            assert!(std::ptr::eq(field(one.path), one), "{}", one.path);
            assert!(!FIELDS[place + 1..].contains(one), "{}", one.path);
        }
    }

    #[test]
    fn an_empty_flow_has_no_field_but_its_family() {
        let flow = Flow::default();
        for field in FIELDS {
            let has = (field.get)(&flow).is_some();
            assert_eq!(has, field.path == "family", "{}", field.path);
        }
    }

    #[test]
    fn the_kernel_is_asked_for_what_it_can_compare() {
        use Direction::{Orig, Reply};
        let asked = |path: &str| field(path).kernel;
        for (path, compare) in [
            ("protonum", Compare::Protocol),
            ("orig.src", Compare::Src(Orig)),
            ("orig.dst", Compare::Dst(Orig)),
            ("reply.src", Compare::Src(Reply)),
            ("reply.dst", Compare::Dst(Reply)),
            ("orig.sport", Compare::Part(Orig, Part::SrcPort)),
            ("reply.dstkey", Compare::Part(Reply, Part::DstPort)),
            ("orig.code", Compare::Part(Orig, Part::IcmpCode)),
            ("zone", Compare::Zone),
            ("status", Compare::Status),
            ("mark", Compare::Mark),
        ] {
            assert_eq!(asked(path), Some(compare), "{path}");
        }
        for path in [
            "family",
            "state",
            "timeout",
            "orig.zone",
            "labels",
            "src-nat",
        ] {
            assert_eq!(asked(path), None, "{path}");
        }
    }

    #[test]
    fn what_a_field_is_set_to_is_what_it_has() {
        for field in FIELDS {
            let Some(set) = field.set else { continue };
            let mut flow = Flow::default();
            if matches!(field.kind, Kind::Key) {
                flow.orig.protocol = Some(GRE.number);
                flow.reply.protocol = Some(GRE.number);
            }
            set(&mut flow, 7);
            let value = (field.get)(&flow);
            assert_eq!(value, Some(Value::Number(7)), "{}", field.path);
        }
    }

    #[test]
    fn a_name_is_a_path_or_what_follows_orig_in_one() {
        for (name, path) in [
            ("orig.src", Some("orig.src")),
            ("orig-src", Some("orig.src")),
            ("src", Some("orig.src")),
            ("dport", Some("orig.dport")),
            ("type", Some("orig.type")),
            ("reply-dst", Some("reply.dst")),
            ("id", Some("id")),
            ("orig.id", Some("orig.id")),
            ("zone", Some("zone")),
            ("bytes", Some("bytes")),
            ("src-nat", Some("src-nat")),
            ("origsrc", None),
            ("orig", None),
            ("SRC", None),
            ("", None),
        ] {
            let found = by_name(name.as_bytes()).map(|field| field.path);
            assert_eq!(found, path, "{name}");
        }
    }

    #[test]
    fn the_manual_lists_every_field_and_no_other() {
        let manual = include_str!("../../man/conntrack.8").replace("\\-", "-");
        let (_, rest) = manual.split_once(".\\\" fields\n").unwrap();
        let (list, _) = rest.split_once(".\\\" end of fields\n").unwrap();
        let mut listed: Vec<&str> = list.split_whitespace().collect();
        let mut paths: Vec<&str> = FIELDS.iter().map(|field| field.path).collect();
        listed.sort_unstable();
        paths.sort_unstable();
        assert_eq!(listed, paths);
    }
}
