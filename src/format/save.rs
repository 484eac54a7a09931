//! Rows that `-R` reads back: the options which would make the flow anew.

use super::classic;
use super::row::{Occasion, Row, Show, Style};
use crate::flow::nat::{Endpoint, Side};
use crate::flow::{Event, Expectation, Family, Flow, Status, protocol};
use crate::pieces::{address, number, text};

pub struct Save;

impl Style for Save {
    fn flow(&self, out: &mut Vec<u8>, row: &Row, _: &Show) {
        flow(out, row);
        row.occasion.write_sender(out, is_apart);
    }

    /// It has no form of its own for expectations.
    fn expectation(&self, out: &mut Vec<u8>, entry: &Expectation, occasion: Occasion, show: &Show) {
        classic::expectation(out, entry, occasion, show, is_apart);
    }

    fn stands_alone(&self) -> bool {
        true
    }
}

/// What would make a name several words of a line that is loaded, of which one may be an option.
fn is_apart(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'')
}

/// The status bits that `-u` can set, in the order in which they are shown.
const STATUS_NAMES: [(Status, &str); 4] = [
    (Status::EXPECTED, "EXPECTED"),
    (Status::SEEN_REPLY, "SEEN_REPLY"),
    (Status::ASSURED, "ASSURED"),
    (Status::FIXED_TIMEOUT, "FIXED_TIMEOUT"),
];

const ROLES: [&str; 2] = ["client", "server"];

fn flow(out: &mut Vec<u8>, row: &Row) {
    let flow = row.flow;
    text(out, command(row.occasion));
    option(out, "-t", flow.timeout);
    if let Some(set) = flow.status {
        status(out, set);
    }
    option(out, "-m", flow.mark.filter(|mark| *mark != 0));
    option(out, "-c", flow.secmark);
    option(out, "-w", flow.zone);
    option(out, "--orig-zone", flow.orig.zone);
    option(out, "--reply-zone", flow.reply.zone);
    addresses(out, flow);
    if (flow.orig.present || flow.reply.present) && flow.family.unspecified().is_some() {
        protocol_options(out, flow);
    } else {
        out.push(b' ');
    }
}

fn command(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Deleted | Occasion::Event(Some(Event::Destroy), _) => "-D",
        Occasion::Event(Some(Event::Update), _) => "-U",
        Occasion::Listed | Occasion::Event(..) => "-A",
    }
}

/// ` name value`, where there is a value.
fn option(out: &mut Vec<u8>, name: &str, value: Option<impl itoa::Integer>) {
    if let Some(value) = value {
        named(out, name);
        number(out, value);
    }
}

/// ` name `.
fn named(out: &mut Vec<u8>, name: &str) {
    out.push(b' ');
    text(out, name);
    out.push(b' ');
}

fn status(out: &mut Vec<u8>, status: Status) {
    named(out, "-u");
    let mut set = STATUS_NAMES.iter().filter(|(bit, _)| status.contains(*bit));
    text(out, set.next().map_or("UNSET", |(_, name)| name));
    for (_, name) in set {
        out.push(b',');
        text(out, name);
    }
}

/// The reply tuple's addresses are told as the NAT that made them, where there was any.
fn addresses(out: &mut Vec<u8>, flow: &Flow) {
    let (source, destination) = (Side::source(flow), Side::destination(flow));
    plain(out, flow, "-s", source.before);
    plain(out, flow, "-d", destination.before);
    for (side, nat, reply) in [(destination, "-g", "-r"), (source, "-n", "-q")] {
        match side.is_translated() {
            true if side.before.port != side.after.port => with_port(out, nat, side.after),
            true => plain(out, flow, nat, side.after),
            false => plain(out, flow, reply, side.after),
        }
    }
}

/// ` name address`, where there is an address of the flow's family.
fn plain(out: &mut Vec<u8>, flow: &Flow, name: &str, end: Endpoint) {
    if let Some(value) = end
        .address
        .filter(|value| Family::of(*value) == flow.family)
    {
        named(out, name);
        address(out, value);
    }
}

/// ` name address:port`, or ` name [address]:port` for IPv6.
fn with_port(out: &mut Vec<u8>, name: &str, end: Endpoint) {
    let (Some(value), Some(port)) = (end.address, end.port) else {
        return;
    };
    let (open, close) = if value.is_ipv6() {
        ("[", "]:")
    } else {
        ("", ":")
    };
    named(out, name);
    text(out, open);
    address(out, value);
    text(out, close);
    number(out, port);
}

fn protocol_options(out: &mut Vec<u8>, flow: &Flow) {
    named(out, "-p");
    let number_ = flow.orig.protocol.unwrap_or(0);
    let Some(protocol) = protocol::by_number(number_) else {
        return number(out, number_);
    };
    text(out, protocol.name);
    for shown in protocol.parts {
        long_option(out, shown.orig_option, flow.orig.part(shown.part));
    }
    for shown in protocol.parts {
        if let Some(name) = shown.reply_option {
            long_option(out, name, flow.reply.part(shown.part));
        }
    }
    if let Some(state) = flow.info.state.filter(|state| state.protocol == protocol) {
        text(out, " --state ");
        text(out, state.name());
        long_option(out, "orig-vtag", flow.info.orig_vtag);
        long_option(out, "reply-vtag", flow.info.reply_vtag);
        if let Some(role) = flow.info.role.and_then(|role| ROLES.get(usize::from(role))) {
            text(out, " --role ");
            text(out, role);
        }
    }
}

fn long_option(out: &mut Vec<u8>, name: &str, value: Option<impl itoa::Integer>) {
    if let Some(value) = value {
        text(out, " --");
        text(out, name);
        out.push(b' ');
        number(out, value);
    }
}
