//! The least that a listing can cost: the same request to the kernel, and everything that it answers received, and not
//! so much as looked at beyond the messages' headers. The walk over those is not the library's, so that a slow one there
//! cannot hide here.

use crate::{Result, flows};
use anyhow::bail;
use conntrack_cli::flow::{Family, Part, Tuple, protocol::TCP};
use conntrack_cli::netlink::dump::Dump;
use conntrack_cli::netlink::kernel_filter::Hints;
use conntrack_cli::netlink::request;
use netlink_packet_core::{NLMSG_DONE, NLMSG_ERROR};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};
use nix::libc::MSG_DONTWAIT;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{setsockopt, sockopt};
use signal_hook::consts::SIGINT;
use std::fs;
use std::io::{Write, stdout};
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The name under which the program calls itself to be this reader.
pub const ROLE: &str = "raw";

const LONGEST_READ: usize = 256 << 10;

/// Room for events, in bytes.
const ROOM: usize = 16 << 20;

/// The mask of NFNLGRP_CONNTRACK_NEW.
const NEW_FLOWS: u32 = 1;

/// Milliseconds.
const PATIENCE: u16 = 20;

/// The word that asks for the opposite: to send what makes the flows of the load file, of which every line is one.
pub const SEND: &str = "send";

/// The word that asks for events: a line of each, until SIGINT.
pub const LISTEN: &str = "listen";

/// Reads the whole table or, with a port and then an address, the flows over TCP to the one and from the other. As the
/// kernel compares ports in one family only, it is asked for both at once where no address says which.
pub fn run(words: &[String]) -> Result<()> {
    if words.first().is_some_and(|word| word == SEND) {
        let lines = fs::read(flows::LOAD_FILE)?;
        let count = lines.iter().filter(|byte| **byte == b'\n').count() as u32;
        return flows::create(flows::loaded_of(count));
    }
    if words.first().is_some_and(|word| word == LISTEN) {
        return listen();
    }
    let port = words.first().map(|text| text.parse()).transpose()?;
    let source: Option<IpAddr> = words.get(1).map(|text| text.parse()).transpose()?;
    let families = match (port, source) {
        (_, Some(address)) => vec![Family::of(address)],
        (Some(_), None) => vec![Family::IPV4, Family::IPV6],
        (None, None) => vec![Family::ANY],
    };
    let read = |family| -> Result<()> {
        let mut bytes = Vec::new();
        request::dump(&mut bytes, Dump::Flows, family, &hints(port, source));
        receive_all(&bytes)
    };
    thread::scope(|scope| {
        let [first, rest @ ..] = &families[..] else {
            return Ok(());
        };
        let beside: Vec<_> = rest
            .iter()
            .map(|family| scope.spawn(move || read(*family)))
            .collect();
        read(*first)?;
        beside
            .into_iter()
            .try_for_each(|reader| reader.join().expect("a reader"))
    })
}

fn hints(port: Option<u16>, src: Option<IpAddr>) -> Hints {
    let reply = Tuple {
        protocol: port.map(|_| TCP.number),
        ..Tuple::default()
    };
    let mut orig = Tuple { src, ..reply };
    if let Some(port) = port {
        orig.set_part(Part::DstPort, port);
    }
    Hints {
        orig,
        reply,
        ..Hints::default()
    }
}

fn receive_all(request: &[u8]) -> Result<()> {
    let mut socket = Socket::new(NETLINK_NETFILTER)?;
    socket.bind_auto()?;
    socket.send(request, 0)?;
    let mut buffer = vec![0; LONGEST_READ];
    loop {
        let length = socket.recv(&mut &mut buffer[..], 0)?;
        let mut kinds = kinds(&buffer[..length]);
        match kinds.find(|kind| matches!(*kind, NLMSG_DONE | NLMSG_ERROR)) {
            Some(NLMSG_DONE) => return Ok(()),
            Some(_) => bail!("the kernel refused the raw reader's request"),
            None => {}
        }
    }
}

/// Reads events of new flows with as much room for them as ours has, and writes the end of a line for each.
fn listen() -> Result<()> {
    let ended = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGINT, ended.clone())?;
    let mut socket = Socket::new(NETLINK_NETFILTER)?;
    setsockopt(&socket, sockopt::RcvBufForce, &ROOM)
        .or_else(|_| setsockopt(&socket, sockopt::RcvBuf, &ROOM))?;
    socket.bind(&SocketAddr::new(0, NEW_FLOWS))?;
    let mut buffer = vec![0; LONGEST_READ];
    let mut out = stdout().lock();
    while !ended.load(Ordering::Relaxed) {
        let mut waited = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
        if !matches!(poll(&mut waited, PATIENCE), Ok(1..)) {
            continue;
        }
        let mut events = 0;
        while let Ok(length) = socket.recv(&mut &mut buffer[..], MSG_DONTWAIT) {
            events += kinds(&buffer[..length]).count();
        }
        out.write_all(&vec![b'\n'; events])?;
        out.flush()?;
    }
    Ok(())
}

/// The types of a datagram's messages, whose headers begin with their length and their type.
fn kinds(mut datagram: &[u8]) -> impl Iterator<Item = u16> {
    std::iter::from_fn(move || {
        let &[a, b, c, d, e, f] = datagram.first_chunk()?;
        let length = u32::from_ne_bytes([a, b, c, d]) as usize;
        datagram = datagram
            .get(length.next_multiple_of(4)..)
            .unwrap_or_default();
        Some(u16::from_ne_bytes([e, f]))
    })
}
