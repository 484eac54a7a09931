//! What a flow's object has: the table of fields, each at the place that its path names.

use super::super::row::Show;
use super::write::{
    address, begin, bits, comma, digits, end, family, key, list, number, protocol, said, time, word,
};
use crate::field::{FIELDS, Field, Kind, Source, Value};
use crate::flow::{Attributes, Family, Flow, label};
use std::sync::LazyLock;

/// A member of an object, with its key as it is written.
enum Member {
    Field {
        key: Vec<u8>,
        field: &'static Field,
    },
    Object {
        name: &'static str,
        key: Vec<u8>,
        /// The attributes that any of its members comes from.
        needs: Attributes,
        members: Vec<Member>,
    },
}

/// All that the kernel says, in the order of the table.
static MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| {
    let mut members = Vec::new();
    for field in FIELDS.iter().filter(|field| field.source == Source::Kernel) {
        insert(&mut members, field, field.path);
    }
    members
});

/// Puts a field where its path says, in objects that are made as they are needed.
fn insert(members: &mut Vec<Member>, field: &'static Field, path: &'static str) {
    let Some((name, rest)) = path.split_once('.') else {
        let key = ready(path);
        return members.push(Member::Field { key, field });
    };
    let is_it = |member: &Member| matches!(member, Member::Object { name: of, .. } if *of == name);
    let place = members.iter().position(is_it).unwrap_or(members.len());
    if place == members.len() {
        members.push(Member::Object {
            name,
            key: ready(name),
            needs: Attributes::NONE,
            members: Vec::new(),
        });
    }
    if let Some(Member::Object { needs, members, .. }) = members.get_mut(place) {
        *needs = needs.union(field.needs);
        insert(members, field, rest);
    }
}

fn ready(name: &str) -> Vec<u8> {
    let mut out = vec![b'{'];
    key(&mut out, name);
    out.split_off(1)
}

/// Appends everything that is known of a flow.
pub fn members(out: &mut Vec<u8>, flow: &Flow, show: &Show) {
    write(out, &MEMBERS, flow, flow.attributes(), show);
}

/// What comes from attributes that the flow does not have is passed over. An object without members is left out.
fn write(out: &mut Vec<u8>, members: &[Member], flow: &Flow, has: Attributes, show: &Show) {
    let absent = |needs: Attributes| needs != Attributes::NONE && !has.intersects(needs);
    for member in members {
        match member {
            Member::Field { field, .. } if absent(field.needs) => {}
            Member::Object { needs, .. } if absent(*needs) => {}
            Member::Field { key, field } => {
                if let Some(value) = (field.get)(flow) {
                    comma(out);
                    out.extend_from_slice(key);
                    write_value(out, field.kind, value, show);
                }
            }
            Member::Object { key, members, .. } => {
                let before = out.len();
                comma(out);
                out.extend_from_slice(key);
                begin(out);
                let opened = out.len();
                write(out, members, flow, has, show);
                if out.len() == opened {
                    out.truncate(before);
                } else {
                    end(out);
                }
            }
        }
    }
}

pub fn write_value(out: &mut Vec<u8>, kind: Kind, value: Value, show: &Show) {
    match (value, kind) {
        (Value::Number(set), Kind::Bits(names)) => bits(out, set, names),
        (Value::Number(of), Kind::Family) => family(out, Family(of as u8)),
        (Value::Number(of), Kind::Protocol) => protocol(out, of as u8),
        (Value::Number(at), Kind::Time) => time(out, at),
        (Value::Number(of), Kind::Name(names)) => named(out, of, names),
        (Value::Number(value), _) => number(out, value),
        (Value::Signed(value), _) => number(out, value),
        (Value::Address(value), _) => address(out, value),
        (Value::State(state), _) => named(out, state.number.into(), state.protocol.states),
        (Value::Text(text), _) => said(out, text),
        (Value::Labels(set), _) => labels(out, set, show),
    }
}

fn named(out: &mut Vec<u8>, of: u64, names: &[&str]) {
    match names.get(of as usize) {
        Some(name) => word(out, name),
        None => digits(out, of),
    }
}

/// Labels by their names; those without one by their numbers.
fn labels(out: &mut Vec<u8>, set: &[u8], show: &Show) {
    let map = show.labels.as_deref();
    list(out, label::bits(set), |out, bit| {
        match map.and_then(|map| map.name_of(bit)) {
            Some(name) => said(out, name),
            None => number(out, bit),
        }
    });
}
