//! What a flow's object has: the table of fields, each at the place that its path names.

use super::super::row::Show;
use super::write::{
    Key, address, bits, digits, family, list, number, object, protocol, said, time, word,
};
use crate::field::{FIELDS, Field, Kind, Source, Value};
use crate::flow::{Attributes, Family, Flow, label};
use std::sync::LazyLock;

/// A member of an object.
struct Member {
    key: Key,
    /// The attributes that it, or anything in it, comes from. Empty where it comes from none.
    needs: Attributes,
    what: What,
}

enum What {
    Value(&'static Field),
    Object {
        name: &'static str,
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
        return members.push(Member {
            key: Key::new(path),
            needs: field.needs,
            what: What::Value(field),
        });
    };
    let is_it = |what: &What| matches!(what, What::Object { name: of, .. } if *of == name);
    let place = members.iter().position(|member| is_it(&member.what));
    let place = place.unwrap_or_else(|| {
        members.push(Member {
            key: Key::new(name),
            needs: Attributes::NONE,
            what: What::Object {
                name,
                members: Vec::new(),
            },
        });
        members.len() - 1
    });
    let member = &mut members[place];
    member.needs = member.needs.union(field.needs);
    if let What::Object { members, .. } = &mut member.what {
        insert(members, field, rest);
    }
}

/// Appends everything that is known of a flow.
pub fn members(out: &mut Vec<u8>, flow: &Flow, show: &Show) {
    write(out, &MEMBERS, flow, flow.attributes(), show);
}

/// What comes from attributes that the flow does not have is passed over. An object without members is left out.
fn write(out: &mut Vec<u8>, members: &[Member], flow: &Flow, has: Attributes, show: &Show) {
    for member in members {
        if member.needs != Attributes::NONE && !has.intersects(member.needs) {
            continue;
        }
        match &member.what {
            What::Value(field) => {
                if let Some(value) = (field.get)(flow) {
                    member.key.write(out);
                    write_value(out, field.kind, value, show);
                }
            }
            What::Object { members, .. } => {
                let before = out.len();
                member.key.write(out);
                let opened = out.len();
                object(out, |out| write(out, members, flow, has, show));
                if out.len() == opened + "{}".len() {
                    out.truncate(before);
                }
            }
        }
    }
}

/// Inlined, for its many arms save more registers than most values take digits.
#[inline(always)]
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
