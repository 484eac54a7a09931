//! What may stand behind an option, as far as that can be known before it is typed.

use super::GENERATED;
use super::place::Place;
use crate::cli::lists::{EVENTS, STATUS};
use crate::cli::opt::Opt;
use crate::field::FIELDS;
use crate::flow::protocol;
use crate::format;
use crate::task::{Table, Verb};

#[derive(Clone, Copy)]
pub enum Values {
    /// Words, which may be others from place to place.
    Words(fn(&Place) -> Vec<String>),
    /// What a function of the script finds when it is asked.
    Found(&'static str),
}

use Values::{Found, Words};

/// The function that finds files.
pub const FILES: &str = "_conntrack_files";

const ADDRESSES: Values = Found("_conntrack_addresses");

const VALUES: &[(Opt, Values)] = &[
    (Opt::Src, ADDRESSES),
    (Opt::Dst, ADDRESSES),
    (Opt::ReplySrc, ADDRESSES),
    (Opt::ReplyDst, ADDRESSES),
    (Opt::TupleSrc, ADDRESSES),
    (Opt::TupleDst, ADDRESSES),
    (Opt::SrcNat, ADDRESSES),
    (Opt::DstNat, ADDRESSES),
    (Opt::AnyNat, ADDRESSES),
    (Opt::Host, ADDRESSES),
    (Opt::Netns, Found("_conntrack_namespaces")),
    (Opt::Labelmap, Found(FILES)),
    (Opt::Protonum, Words(protocols)),
    (Opt::State, Words(states)),
    (Opt::Status, Words(statuses)),
    (Opt::EventMask, Words(events)),
    (Opt::Output, Words(outputs)),
    (Opt::Family, Words(|_| owned(["ipv4", "ipv6"]))),
    (Opt::Role, Words(|_| owned(["client", "server"]))),
    (Opt::CountBy, Words(|_| fields().collect())),
    (Opt::Columns, Words(|_| fields().collect())),
    (Opt::SortBy, Words(orders)),
    (
        Opt::Generate,
        Words(|_| owned(GENERATED.map(|(name, _)| name))),
    ),
];

pub fn of(option: Opt) -> Option<Values> {
    let values = VALUES.iter().find(|(of, _)| *of == option);
    values.map(|(_, values)| *values)
}

fn owned<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}

fn protocols(_: &Place) -> Vec<String> {
    owned(protocol::ALL.map(|protocol| protocol.name))
}

/// Those of every protocol that has any, where none of them was named.
fn states(place: &Place) -> Vec<String> {
    let named = place
        .protocol
        .filter(|protocol| !protocol.states.is_empty());
    let protocols = protocol::ALL.into_iter();
    let protocols = protocols.filter(|protocol| named.is_none_or(|named| named == *protocol));
    let mut states = Vec::new();
    for state in protocols.flat_map(|protocol| protocol.states) {
        if !states.contains(state) {
            states.push(*state);
        }
    }
    owned(states)
}

/// What is not set can only be asked for.
fn statuses(place: &Place) -> Vec<String> {
    let sets = place.rule().is_some_and(|rule| rule.sets.has(Opt::Status));
    let names = STATUS.iter().map(|(name, _)| *name);
    owned(names.chain(Some("UNREPLIED").filter(|_| !sets)))
}

fn events(_: &Place) -> Vec<String> {
    owned(EVENTS.map(|(name, _)| name))
}

/// A table is one of flows, and what 1.4.9 has one format for has one more.
fn outputs(place: &Place) -> Vec<String> {
    let lists = place.verb().is_none_or(|verb| verb == Verb::List);
    let tables = lists && place.table == Table::Conntrack;
    let all = place
        .rule()
        .is_none_or(|rule| rule.allowed().has(Opt::Output));
    let names = format::outputs().map(|(name, _)| *name);
    owned(names.filter(|name| match *name {
        "table" => tables,
        name => all || name == "json",
    }))
}

/// By their shortest names.
fn fields() -> impl Iterator<Item = String> {
    let is_field = |name: &str| FIELDS.iter().any(|field| field.path == name);
    FIELDS.iter().map(move |field| {
        let short = field.path.strip_prefix("orig.");
        let short = short.filter(|name| !is_field(name));
        short.unwrap_or(field.path).to_owned()
    })
}

/// Groups have one order more, and every field two.
fn orders(_: &Place) -> Vec<String> {
    let count = std::iter::once("count".to_owned());
    let backwards = fields().map(|field| format!("-{field}"));
    count.chain(fields()).chain(backwards).collect()
}
