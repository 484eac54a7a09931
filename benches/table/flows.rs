//! The flows of the tables, each by its number, and everything that puts them there and takes them away.

use crate::Result;
use anyhow::Context;
use conntrack_cli::flow::protocol::{TCP, UDP};
use conntrack_cli::flow::{self, Family, Flow, Labels, Nat, ProtocolInfo, State, Status, Tuple};
use conntrack_cli::format::{OUTPUTS, Occasion, Output, Row, Show};
use conntrack_cli::netlink;
use conntrack_cli::netlink::request;
use conntrack_cli::netlink::socket::{Answer, Socket};
use netlink_packet_core::{NLM_F_ACK, NetlinkBuffer};
use nix::libc::ENOENT;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

pub const LOAD_FILE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/bench.load");

/// The same flows with the numbers of their protocols in place of names.
pub const LOAD_FILE_WITH_NUMBERS: &str =
    concat!(env!("CARGO_TARGET_TMPDIR"), "/bench-numbers.load");

/// The source address of flow 0; each flow has the next one.
const FIRST_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

/// The same as text, for the jobs about a single flow, which is over TCP to port 443.
pub const FIRST_ADDRESS_TEXT: &str = "10.0.0.1";

/// Of so many flows in a row, the first few are TCP to port 443 (16 %), one is TCP to port 80, so that a fifth of the
/// table is TCP, the last is over IPv6, and the others are UDP over IPv4.
const CYCLE: u32 = 25;
const HTTPS: u32 = 4;
const HTTP: u32 = 1;

/// The numbers of flows that are not part of the table begin here: those of a load file, and those of a burst.
const LOADED: u32 = 20_000_000;
const BURST: u32 = 40_000_000;

/// Hours, so that none runs out while the benchmark runs.
const TIMEOUT: u32 = 50_000;

const ESTABLISHED: u8 = 3;

/// The mark of flows over TCP; others have none.
const TCP_MARK: u32 = 4;

/// IPS_SEEN_REPLY and IPS_ASSURED, and IPS_CONFIRMED, which the kernel insists on.
const STATUS: Status = Status(1 << 1 | 1 << 2 | 1 << 3);

const FLOWS_OF_A_BATCH: usize = 128;
const RECEIVE_BUFFER: usize = 1 << 20;

/// What writes the request for a flow.
type Request<'r> = &'r dyn Fn(&mut Vec<u8>, &Flow);

/// Requests that are sent at once.
#[derive(Default)]
struct Batch {
    requests: Vec<u8>,
    flows: u32,
}

/// Which part of a table of so many entries a job is about.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    Nothing,
    Everything,
    Tcp,
    Https,
    One,
}

impl Part {
    pub fn count(self, entries: u32) -> u32 {
        match self {
            Part::Nothing => 0,
            Part::Everything => entries,
            Part::Tcp => entries / CYCLE * (HTTPS + HTTP),
            Part::Https => entries / CYCLE * HTTPS,
            Part::One => 1,
        }
    }

    fn has(self, number: u32) -> bool {
        match self {
            Part::Nothing => false,
            Part::Everything => true,
            Part::Tcp => number % CYCLE < HTTPS + HTTP,
            Part::Https => number % CYCLE < HTTPS,
            Part::One => number == 0,
        }
    }
}

/// How many entries a table may have that shall have room for a burst as large again.
pub fn most_entries(maximum: u32) -> u32 {
    maximum / 5 * 2 / CYCLE * CYCLE
}

/// The flows of a load file for a table of so many entries.
pub fn loaded(entries: u32) -> Range<u32> {
    loaded_of(entries / 5)
}

/// The flows of a load file of so many lines.
pub fn loaded_of(lines: u32) -> Range<u32> {
    LOADED..LOADED + lines
}

/// The flows of a burst.
pub fn burst(count: u32) -> Range<u32> {
    BURST..BURST + count
}

fn flow(number: u32) -> Flow<'static> {
    let (protocol, port) = match number % CYCLE {
        place if place < HTTPS => (&TCP, 443),
        place if place < HTTPS + HTTP => (&TCP, 80),
        _ => (&UDP, 53),
    };
    let [client, server] = if number % CYCLE == CYCLE - 1 {
        [number, 0].map(|number| Ipv6Addr::from(0xfd00 << 112 | u128::from(number)).into())
    } else {
        let client = Ipv4Addr::from(u32::from(FIRST_ADDRESS) + number);
        [client, Ipv4Addr::new(192, 168, 0, (number % 250) as u8)].map(IpAddr::V4)
    };
    let client_port = 1024 + (number.wrapping_mul(7) % 60_000) as u16;
    let state = (protocol == &TCP).then_some(State {
        protocol: &TCP,
        number: ESTABLISHED,
    });
    Flow {
        family: Family::of(client),
        orig: tuple([client, server], protocol.number, [client_port, port]),
        reply: tuple([server, client], protocol.number, [port, client_port]),
        status: Some(STATUS),
        timeout: Some(TIMEOUT),
        info: ProtocolInfo {
            state,
            ..ProtocolInfo::default()
        },
        mark: Some(if protocol == &TCP { TCP_MARK } else { 0 }),
        ..Flow::default()
    }
}

fn tuple(addresses: [IpAddr; 2], protocol: u8, ports: [u16; 2]) -> Tuple {
    let mut tuple = Tuple {
        present: true,
        src: Some(addresses[0]),
        dst: Some(addresses[1]),
        protocol: Some(protocol),
        ..Tuple::default()
    };
    tuple.set_part(flow::Part::SrcPort, ports[0]);
    tuple.set_part(flow::Part::DstPort, ports[1]);
    tuple
}

/// Creates the flows of a range.
pub fn create(range: Range<u32>) -> Result<()> {
    send_all(range, &creation)?;
    Ok(())
}

/// The same with a mark.
pub fn create_marked(range: Range<u32>, mark: u32) -> Result<()> {
    send_all(range, &|out, flow| creation(out, &marked(flow, mark)))?;
    Ok(())
}

/// Puts another flow, with this mark, in the place of each; returns how many were put there, which is all.
pub fn replace(range: Range<u32>, mark: u32) -> Result<u32> {
    let count = range.len() as u32;
    send_all(range, &|out, flow| {
        request::delete(out, flow);
        creation(out, &marked(flow, mark));
    })?;
    Ok(count)
}

/// Gives each flow this mark; returns how many were still there.
pub fn remark(range: Range<u32>, mark: u32) -> Result<u32> {
    let count = range.len() as u32;
    let missing = send_all(range, &|out, flow| {
        let change = Flow {
            family: flow.family,
            orig: flow.orig,
            mark: Some(mark),
            ..Flow::default()
        };
        request::update(out, &change, &Labels::default());
    })?;
    Ok(count - missing)
}

/// Deletes everything.
pub fn flush() -> Result<()> {
    let mut request = Vec::new();
    request::flush(&mut request, None);
    open()?.exchange(&mut request, |_, _| Ok::<(), netlink::Error>(()))?;
    Ok(())
}

fn marked<'a>(flow: &Flow<'a>, mark: u32) -> Flow<'a> {
    Flow {
        mark: Some(mark),
        ..flow.clone()
    }
}

/// The same, but at most so many a second, by several threads. The requests are made before, so that only sending them takes
/// time; returns how many seconds it took.
pub fn create_at(rate: u32, writers: u32, range: Range<u32>) -> Result<f64> {
    let share = range.len().div_ceil(writers as usize);
    let numbers: Vec<u32> = range.collect();
    let shares: Vec<Vec<Batch>> = numbers
        .chunks(share)
        .map(|numbers| batches(numbers.iter().copied(), &creation).collect())
        .collect();
    let start = Instant::now();
    let write = |batches| send_at(rate / writers, batches, start);
    thread::scope(|scope| {
        let writers: Vec<_> = shares
            .into_iter()
            .map(|batches| scope.spawn(move || write(batches)))
            .collect();
        writers
            .into_iter()
            .try_for_each(|writer| writer.join().expect("a writer"))
    })?;
    Ok(start.elapsed().as_secs_f64())
}

fn send_at(rate: u32, batches: Vec<Batch>, start: Instant) -> Result<()> {
    let mut socket = open()?;
    let mut sent = 0;
    for batch in batches {
        sent += batch.flows;
        send(&mut socket, batch)?;
        let due = Duration::from_secs(1) * sent / rate;
        thread::sleep(due.saturating_sub(start.elapsed()));
    }
    Ok(())
}

/// Makes a part of a table of so many entries as it is to be: what is missing, and what a job has changed.
pub fn restore(part: Part, entries: u32) -> Result<()> {
    let numbers = (0..entries).filter(|number| part.has(*number));
    send_all(numbers, &creation)?;
    Ok(())
}

/// Deletes the flows of a range, as far as they are there.
pub fn remove(range: Range<u32>) -> Result<()> {
    send_all(range, &request::delete)?;
    Ok(())
}

/// Writes the file from which `-R` creates the flows of a range: it is what `-L -o save` prints for them.
pub fn write_load_files(range: Range<u32>) -> Result<()> {
    let save = OUTPUTS.iter().find_map(|(name, output)| match output {
        Output::Style(style) if *name == "save" => Some(*style),
        _ => None,
    });
    let show = Show {
        style: save.context("a format called save")?,
        ..Show::default()
    };
    let mut lines = Vec::new();
    for number in range {
        let row = Row {
            flow: &flow(number),
            occasion: Occasion::Listed,
        };
        show.flow(&mut lines, &row);
    }
    let with_numbers = String::from_utf8(lines.clone())?
        .replace("-p tcp", "-p 6")
        .replace("-p udp", "-p 17");
    fs::write(LOAD_FILE, lines)?;
    Ok(fs::write(LOAD_FILE_WITH_NUMBERS, with_numbers)?)
}

fn creation(out: &mut Vec<u8>, flow: &Flow) {
    request::create(out, flow, &Labels::default(), &Nat::default(), false);
}

/// Sends a request for each flow; returns how many flows were not there.
fn send_all(numbers: impl Iterator<Item = u32>, request: Request) -> Result<u32> {
    let mut socket = open()?;
    batches(numbers, request)
        .map(|batch| send(&mut socket, batch))
        .sum()
}

fn batches<'r>(
    mut numbers: impl Iterator<Item = u32> + 'r,
    request: Request<'r>,
) -> impl Iterator<Item = Batch> + 'r {
    std::iter::from_fn(move || {
        let mut batch = Batch::default();
        for number in numbers.by_ref().take(FLOWS_OF_A_BATCH) {
            let begin = batch.requests.len();
            request(&mut batch.requests, &flow(number));
            do_not_acknowledge(&mut batch.requests[begin..]);
            batch.flows += 1;
        }
        (batch.flows > 0).then_some(batch)
    })
}

/// A socket on which all requests of a batch may be refused without loss.
fn open() -> Result<Socket> {
    let socket = Socket::open()?;
    socket.enlarge_receive_buffer(RECEIVE_BUFFER)?;
    Ok(socket)
}

/// Returns how many flows were not there.
fn send(socket: &mut Socket, mut batch: Batch) -> Result<u32> {
    let mut missing = 0;
    socket.exchange(&mut batch.requests, |_, reply| match reply {
        Answer::Refused(ENOENT) => {
            missing += 1;
            Ok(())
        }
        Answer::Refused(errno) => Err(netlink::Error::Refused(errno)),
        Answer::Entry(_) => Ok(()),
    })?;
    Ok(missing)
}

/// Only the last request of a batch needs an answer, and the socket sees to that.
fn do_not_acknowledge(requests: &mut [u8]) {
    let mut rest = requests;
    while !rest.is_empty() {
        let mut header = NetlinkBuffer::new(&mut *rest);
        header.set_flags(header.flags() & !NLM_F_ACK);
        let length = (header.length() as usize).next_multiple_of(4);
        rest = &mut rest[length..];
    }
}
