//! Decoding a flow and writing its row, for each kind of flow in the netlink messages that tests/golden captured from a
//! real kernel: `cargo bench --bench rows`.

use conntrack_cli::flow::{Attributes, Flow};
use conntrack_cli::format::{Occasion, Output, Row, Show, outputs};
use conntrack_cli::netlink::decode;
use conntrack_cli::netlink::message::{Body, Content, messages};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const CAPTURED: &str = include_str!("../tests/golden/kernel-flows.txt");

/// What `-o` names; nothing is the classic row.
const FORMATS: [&str; 5] = ["", "extended,id", "xml", "save", "json"];

criterion_group!(benches, decoding, formatting);
criterion_main!(benches);

fn decoding(criterion: &mut Criterion) {
    let datagrams = datagrams();
    let bodies = bodies(&datagrams);
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(bodies.len() as u64));
    for (name, wanted) in [
        ("flows", Attributes::USUAL),
        ("everything", Attributes::ALL),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for body in black_box(&bodies) {
                    black_box(flow(body, wanted));
                }
            });
        });
    }
}

fn formatting(criterion: &mut Criterion) {
    let datagrams = datagrams();
    let flows: Vec<Flow> = bodies(&datagrams)
        .iter()
        .map(|body| flow(body, Attributes::ALL))
        .collect();
    let mut group = criterion.benchmark_group("format");
    group.throughput(Throughput::Elements(flows.len() as u64));
    for names in FORMATS {
        let show = show(names);
        let mut rows = Vec::new();
        group.bench_function(
            if names.is_empty() { "classic" } else { names },
            |bencher| {
                bencher.iter(|| {
                    rows.clear();
                    for flow in black_box(&flows) {
                        show.flow(&mut rows, &row(flow));
                    }
                    black_box(&rows);
                });
            },
        );
    }
}

fn show(names: &str) -> Show {
    let mut show = Show::default();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        match outputs().find(|(known, _)| *known == name) {
            Some((_, Output::Style(style) | Output::Addition(style))) => show.style = *style,
            Some((_, Output::Columns(columns))) => show.columns = columns.union(show.columns),
            Some((_, Output::Table)) | None => panic!("no format is called {name}"),
        }
    }
    show
}

fn row<'a>(flow: &'a Flow<'a>) -> Row<'a> {
    Row {
        flow,
        occasion: Occasion::Listed,
    }
}

fn flow<'a>(body: &Body<'a>, wanted: Attributes) -> Flow<'a> {
    decode::flow(body, wanted).expect("a message that the kernel sent")
}

/// The flows in captured datagrams, each of them yet to be decoded.
fn bodies(datagrams: &[Vec<u8>]) -> Vec<Body<'_>> {
    let messages = datagrams.iter().flat_map(|datagram| messages(datagram));
    let contents = messages.map(|message| message.and_then(|message| message.content()));
    contents
        .filter_map(|content| match content {
            Ok(Content::Flow(body)) => Some(body),
            _ => None,
        })
        .collect()
}

/// The captured datagrams: the lines `@receive HEXADECIMAL`.
fn datagrams() -> Vec<Vec<u8>> {
    let lines = CAPTURED.lines();
    let received = lines.filter_map(|line| line.strip_prefix("@receive "));
    received.map(bytes).collect()
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks_exact(2);
    digits
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(pair, 16).expect("hexadecimal digits")
        })
        .collect()
}
