//! The witness: a socket that hears every event, and counts without our program's help.

use std::fs;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use netlink_sys::{Socket, protocols::NETLINK_NETFILTER};
use nix::errno::Errno;
use nix::libc::MSG_DONTWAIT;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{getsockopt, setsockopt, sockopt};

use super::counts::{self, Counts, Event, Tally};

/// NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_UPDATE and NFNLGRP_CONNTRACK_DESTROY
const GROUPS: [u32; 3] = [1, 2, 3];

/// NFNL_SUBSYS_CTNETLINK with IPCTNL_MSG_CT_NEW and IPCTNL_MSG_CT_DELETE
const CT_NEW: u16 = 0x100;
const CT_DELETE: u16 = 0x102;

/// NLM_F_CREATE, by which a new flow differs from one that has changed.
const CREATE: u16 = 0x400;

/// As much room as the system allows.
const ROOM: usize = 64 << 20;

/// What a buffer is charged for an event, at the most.
const MEMORY_OF_AN_EVENT: usize = 1536;

const LONGEST_EVENT: usize = 16 << 10;

/// How long, in milliseconds, it waits for an event until it says again that there is none.
const PATIENCE: u16 = 20;

/// The lengths of the headers of netlink, of netfilter, and of an attribute.
const NETLINK: usize = 16;
const NETFILTER: usize = 4;
const ATTRIBUTE: usize = 4;

/// CTA_TUPLE_ORIG, CTA_TUPLE_IP; CTA_IP_V4_SRC and CTA_IP_V6_SRC
const TUPLE: [u16; 2] = [1, 1];
const SOURCES: [u16; 2] = [1, 3];

#[derive(Default)]
pub struct Watcher {
    tally: Tally,
    overruns: AtomicU64,
    /// How many events may wait for it, and so for anybody.
    pub room: u32,
    /// How often it found nothing to receive.
    idle: Mutex<u64>,
    idled: Condvar,
}

/// What it has seen so far. Where it had to miss something itself, it can witness nothing.
#[derive(Clone, Copy)]
pub struct Seen {
    pub counts: Counts,
    pub overruns: u64,
}

impl Watcher {
    /// From here on every event is counted.
    pub fn start() -> Arc<Self> {
        let mut socket = Socket::new(NETLINK_NETFILTER).expect("a netlink socket");
        socket.bind_auto().expect("a port");
        setsockopt(&socket, sockopt::RcvBuf, &ROOM).expect("a large buffer");
        for group in GROUPS {
            socket.add_membership(group).expect("a group of events");
        }
        let granted = getsockopt(&socket, sockopt::RcvBuf).expect("the size of a buffer");
        let watcher = Arc::new(Self {
            room: (granted / MEMORY_OF_AN_EVENT) as u32,
            ..Self::default()
        });
        let theirs = Arc::clone(&watcher);
        thread::spawn(move || theirs.watch(&socket));
        watcher
    }

    /// What there was up to now: everything that waits in the socket is counted before.
    pub fn seen(&self) -> Seen {
        let mut idle = self.idle.lock().expect("a watcher");
        // The first time may have begun before now.
        let enough = *idle + 2;
        while *idle < enough {
            idle = self.idled.wait(idle).expect("a watcher");
        }
        self.glance()
    }

    /// The same without waiting.
    pub fn glance(&self) -> Seen {
        Seen {
            overruns: self.overruns.load(Ordering::Relaxed),
            counts: self.tally.now(),
        }
    }

    fn watch(&self, socket: &Socket) {
        let mut buffer = vec![0; LONGEST_EVENT];
        loop {
            match socket.recv(&mut &mut buffer[..], MSG_DONTWAIT) {
                Ok(length) => self.count(&buffer[..length]),
                Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) => {
                    self.overruns.fetch_add(1, Ordering::Relaxed);
                }
                Err(_) => {
                    *self.idle.lock().expect("a watcher") += 1;
                    self.idled.notify_all();
                    let mut waited = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
                    poll(&mut waited, PATIENCE).ok();
                }
            }
        }
    }

    fn count(&self, mut datagram: &[u8]) {
        while let Some(length) = datagram.first_chunk().map(|l| u32::from_ne_bytes(*l)) {
            let length = (length as usize).clamp(NETLINK, datagram.len());
            let number = |at| u16::from_ne_bytes([datagram[at], datagram[at + 1]]);
            let event = match (number(4), number(6) & CREATE) {
                (CT_NEW, CREATE) => Some(Event::New),
                (CT_NEW, _) => Some(Event::Update),
                (CT_DELETE, _) => Some(Event::Destroy),
                _ => None,
            };
            if let Some(event) = event {
                self.tally
                    .add(event, counts::class(number_of(&datagram[NETLINK..length])));
            }
            datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        }
    }
}

impl Seen {
    /// What there was since an earlier moment.
    pub fn since(&self, before: &Seen) -> Seen {
        Seen {
            counts: self.counts.since(&before.counts),
            overruns: self.overruns - before.overruns,
        }
    }
}

/// Whether a process has joined a group: its first socket has its id for a port.
pub fn listens(id: u32) -> bool {
    let sockets = fs::read_to_string("/proc/net/netlink").expect("a list of sockets");
    let id = id.to_string();
    sockets.lines().any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        matches!(columns[..], [_, "12", port, groups, ..] if port == id && groups != "00000000")
    })
}

/// The number in the source address of a flow: 10.N… or fdNN:…
fn number_of(message: &[u8]) -> Option<u8> {
    let mut attributes = message.get(NETFILTER..)?;
    for kind in TUPLE {
        attributes = attribute(attributes, kind)?;
    }
    let source = SOURCES.iter().find_map(|kind| attribute(attributes, *kind));
    match source? {
        [10 | 0xfd, number, ..] => Some(*number),
        _ => None,
    }
}

fn attribute(mut attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    /// NLA_F_NESTED
    const NESTED: u16 = 0x8000;
    loop {
        let &[low, high, first, second] = attributes.first_chunk()?;
        let length = usize::from(u16::from_ne_bytes([low, high]));
        if u16::from_ne_bytes([first, second]) & !NESTED == wanted {
            return attributes.get(ATTRIBUTE..length);
        }
        attributes = attributes.get(length.max(ATTRIBUTE).next_multiple_of(4)..)?;
    }
}
