//! Options of filters whose value may be more than one: lists, ranges, what must not be, and either of several fields.

use super::line::{Line, Spec};
use super::opt::Opt;
use super::refusals;
use crate::address::AddressError;
use crate::error::{Error, Usage, Value};
use crate::field::{Field, Kind, field};
use crate::filter::Filter;
use crate::filter::read::{self, Tests, Wrong};
use crate::flow::{Protocol, protocol};

static PROTONUM: &Field = field("protonum");
static STATE: &Field = field("state");
static PACKETS: &Field = field("packets");
static BYTES: &Field = field("bytes");
static AGE: &Field = field("age");
static TIMEOUT: &Field = field("timeout");

/// Both ends in both directions.
static HOSTS: [&Field; 4] = [
    field("orig.src"),
    field("orig.dst"),
    field("reply.src"),
    field("reply.dst"),
];
static PORTS: [&Field; 4] = [
    field("orig.sport"),
    field("orig.dport"),
    field("reply.sport"),
    field("reply.dport"),
];

type Read = Result<(), Error>;

/// What a list of numbers says of a field; nothing where it is wrong in a way that counts later.
pub fn numbers(line: &mut Line, spec: &'static Spec, field: &'static Field, text: &[u8]) -> Read {
    let read = read::numbers(field.kind, text, line.protocols.last());
    let tests = match (field.kind, read) {
        (_, Ok(tests)) => tests,
        (Kind::Unsigned(_), Err(_)) => {
            return Err(Value::Unexpected(text.into(), spec.char()).into());
        }
        (_, Err(wrong)) => {
            line.later::<()>(Err(refused(wrong, spec.name(), text)));
            return Ok(());
        }
    };
    line.select_many(spec.option, || Filter::of(field, tests));
    Ok(())
}

/// Reads a list of addresses, if it is one.
pub fn addresses(
    line: &mut Line,
    option: Opt,
    field: &'static Field,
    text: &[u8],
) -> Result<bool, Usage> {
    let has_mask = [Opt::Src, Opt::Dst].contains(&option);
    let is_network = || text.contains(&b'/') && !has_mask;
    let several = || read::is_list_of_addresses(text) || is_network();
    if !line.may_be_many(option) || !several() {
        line.select_one(option);
        return Ok(false);
    }
    let tests = read_addresses(line, text)?;
    line.select_many(option, || Filter::of(field, tests));
    Ok(true)
}

fn read_addresses(line: &mut Line, text: &[u8]) -> Result<Tests, Usage> {
    let refused = |wrong| refused(wrong, "", text);
    let fix = |family| line.fix_family(family);
    read::addresses(text, fix, refused)
}

/// Several protocols, or all but some.
pub fn protocols(line: &mut Line, text: &[u8]) -> Read {
    let refused = |wrong| match wrong {
        Wrong::Value(_) => Usage::UnsupportedProtocol(text.into()),
        other => refused(other, "protonum", text),
    };
    let tests = read::protocols(text).map_err(refused)?;
    let numbers = 0..=u8::MAX;
    let named = |number: &u8| {
        tests
            .one_of
            .iter()
            .any(|test| test.fits_number((*number).into()))
    };
    line.set_protocols(numbers.filter(named).collect());
    line.select_many(Opt::Protonum, || Filter::of(PROTONUM, tests));
    Ok(())
}

/// States of any of the protocols that were named, or of any at all.
pub fn states(line: &mut Line, text: &[u8]) -> Read {
    let named = line.several_protocols.iter().copied();
    let mut protocols: Vec<&Protocol> = named.filter_map(protocol::by_number).collect();
    protocols.retain(|protocol| !protocol.states.is_empty());
    if line.several_protocols.is_empty() {
        protocols.extend(line.protocols.last_with_states());
    }
    let refused = |wrong| match wrong {
        Wrong::Value(_) => refusals::unknown_state(line.protocols.last_with_states(), text),
        other => refused(other, "state", text),
    };
    let tests = read::states(text, &protocols).map_err(refused)?;
    line.select_many(Opt::State, || Filter::of(STATE, tests));
    Ok(())
}

/// An address at either end in either direction.
pub fn host(line: &mut Line, text: Option<&[u8]>) -> Read {
    let tests = read_addresses(line, text.unwrap_or_default())?;
    line.select_many(Opt::Host, || either(&HOSTS, &tests));
    Ok(())
}

/// The same of ports.
pub fn port(line: &mut Line, text: Option<&[u8]>) -> Read {
    let text = text.unwrap_or_default();
    let refused = |wrong| refused(wrong, "port", text);
    let tests = read::numbers(Kind::Port, text, line.protocols.last()).map_err(refused);
    if let Some(tests) = line.later(tests) {
        line.select_many(Opt::Port, || either(&PORTS, &tests));
    }
    Ok(())
}

/// One of the fields fits, and none is what must not be.
fn either(fields: &[&'static Field], tests: &Tests) -> Filter {
    let Tests { one_of, none_of } = tests;
    let fits = |field: &&'static Field| Filter::one_of(field, one_of.clone());
    let avoids = |field: &&'static Field| Filter::Is {
        field,
        one_of: Vec::new(),
        none_of: none_of.clone(),
    };
    let mut all = Vec::new();
    if !one_of.is_empty() {
        all.push(Filter::Any(fields.iter().map(fits).collect()));
    }
    if !none_of.is_empty() {
        all.extend(fields.iter().map(avoids));
    }
    Filter::All(all)
}

pub fn bytes(line: &mut Line, text: Option<&[u8]>) -> Read {
    compared(line, Opt::Bytes, "bytes", BYTES, text, &read::AMOUNTS)
}

pub fn packets(line: &mut Line, text: Option<&[u8]>) -> Read {
    compared(line, Opt::Packets, "packets", PACKETS, text, &read::AMOUNTS)
}

pub fn age(line: &mut Line, text: Option<&[u8]>) -> Read {
    compared(line, Opt::Age, "age", AGE, text, &read::SPANS)
}

pub fn expires(line: &mut Line, text: Option<&[u8]>) -> Read {
    compared(line, Opt::Expires, "expires", TIMEOUT, text, &read::SPANS)
}

fn compared(
    line: &mut Line,
    option: Opt,
    name: &'static str,
    field: &'static Field,
    text: Option<&[u8]>,
    units: &[(u8, u64)],
) -> Read {
    let text = text.unwrap_or_default();
    let test = read::amount(text, units).map_err(|wrong| refused(wrong, name, text))?;
    line.select_many(option, || Filter::is(field, test));
    Ok(())
}

fn refused(wrong: Wrong, option: &'static str, whole: &[u8]) -> Usage {
    match wrong {
        Wrong::Empty => Usage::EmptyItem(whole.into()),
        Wrong::Reversed(item) => Usage::Reversed(item.into()),
        Wrong::Address(AddressError::NotAnAddress(_)) => Usage::Address(whole.into()),
        Wrong::Address(error) => refusals::refused(error, option),
        Wrong::Value(item) if PORT_OPTIONS.contains(&option) => Usage::Port(item.into()),
        Wrong::Value(item) => Usage::Number(item.into(), option),
    }
}

/// The names of options whose values are ports.
const PORT_OPTIONS: [&str; 5] = ["sport", "dport", "reply-port-src", "reply-port-dst", "port"];
