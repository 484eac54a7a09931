//! Netlink datagrams -> messages -> flows and expectations -> rows in every format.

#![no_main]

use conntrack_cli::flow::{Attributes, Event, Sender};
use conntrack_cli::format::{Columns, Occasion, Output, Row, Show, outputs};
use conntrack_cli::labelmap;
use conntrack_cli::netlink::decode;
use conntrack_cli::netlink::dump::Dump;
use conntrack_cli::netlink::message::{Body, Content, Message, end_of_dump, messages};
use conntrack_cli::task::Entries;
use conntrack_fuzz::oracle;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

/// The highest number of an attribute, and one more.
const ATTRIBUTES: u16 = 32;

/// The kernel knows a process by at most so many bytes.
const NAME_LENGTH: usize = 15;

/// Every style by its name, with its usual columns and with all of them.
static SHOWS: LazyLock<Vec<(&str, Show)>> = LazyLock::new(|| {
    let named = outputs().filter_map(|(name, output)| match output {
        Output::Style(style) | Output::Addition(style) => Some((*name, *style)),
        Output::Columns(_) | Output::Table => None,
    });
    let all = outputs().fold(Columns::NONE, |all, (_, output)| match output {
        Output::Columns(columns) => all.union(*columns),
        Output::Style(_) | Output::Addition(_) | Output::Table => all,
    });
    let labels = Some(Arc::new(labelmap::parse(b"0 zero\n1 a b\n64 -\n127 last")));
    let styles = named.chain([("", Show::default().style)]);
    let shows = styles.flat_map(|(name, style)| {
        [Columns::NONE, all].map(|columns| {
            let labels = labels.clone();
            (
                name,
                Show {
                    style,
                    columns,
                    labels,
                },
            )
        })
    });
    shows.collect()
});

fuzz_target!(|datagram: &[u8]| {
    let _ = end_of_dump(datagram);
    for message in messages(datagram).flatten() {
        let sender = &datagram[datagram.len().saturating_sub(NAME_LENGTH)..];
        match message.content() {
            Ok(Content::Flow(body)) => {
                flow(&message, &body, sender);
                statistics(&body);
            }
            Ok(Content::Expectation(body)) => {
                expectation(&message, &body);
                statistics(&body);
            }
            _ => {}
        }
    }
});

fn flow(message: &Message, body: &Body, sender: &[u8]) {
    let whole = decode::flow(body, Attributes::ALL);
    assert_eq!(in_two_steps(message.sequence, body), whole);
    let Ok(flow) = whole else { return };
    let sender = Sender {
        port: message.port,
        name: Some(sender),
    };
    for occasion in occasions(message.event(), Some(sender)) {
        let row = Row {
            flow: &flow,
            occasion,
        };
        judge(Entries::Flows, |out, show| show.flow(out, &row));
    }
}

/// A filter reads what it needs before the rest is read, which makes no difference to the flow.
fn in_two_steps<'a>(
    choice: u32,
    body: &Body<'a>,
) -> Result<conntrack_cli::flow::Flow<'a>, conntrack_cli::netlink::Malformed> {
    let chosen = (0..ATTRIBUTES).filter(|kind| choice >> kind & 1 == 1);
    let first = Attributes::of(&chosen.collect::<Vec<_>>());
    let mut flow = decode::named(body);
    decode::read(body, first, &mut flow)?;
    decode::read(body, Attributes::ALL.without(first), &mut flow)?;
    Ok(flow)
}

fn expectation(message: &Message, body: &Body) {
    let Ok(entry) = decode::expectation(body) else {
        return;
    };
    for occasion in occasions(message.event(), None) {
        judge(Entries::Expectations, |out, show| {
            show.expectation(out, &entry, occasion);
        });
    }
}

fn occasions<'a>(event: Option<Event>, sender: Option<Sender<'a>>) -> [Occasion<'a>; 3] {
    [
        Occasion::Listed,
        Occasion::Deleted,
        Occasion::Event(event, sender),
    ]
}

/// Writes a row in every style, and has each looked at.
fn judge(entries: Entries, write: impl Fn(&mut Vec<u8>, &Show)) {
    let mut row = Vec::new();
    for (name, show) in &*SHOWS {
        row.clear();
        write(&mut row, show);
        oracle::is_a_line(&row);
        match *name {
            "xml" => oracle::is_xml(show.style.frame(entries), &row),
            "save" => oracle::is_safe_to_load(&row),
            "json" => oracle::is_json(&row),
            _ => {}
        }
    }
}

fn statistics(body: &Body) {
    let _ = decode::entry_count(body.attributes);
    for what in [Dump::Stats, Dump::ExpectationStats] {
        if let Ok(stats) = decode::cpu_stats(what, body) {
            for (name, show) in &*SHOWS {
                let mut row = Vec::new();
                show.style.cpu(&mut row, &stats);
                if *name == "json" {
                    oracle::is_json(&row);
                }
            }
        }
    }
}
