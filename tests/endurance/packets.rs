//! Real packets, which the kernel tracks by itself, and flows that run out by themselves.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::thread;

use crate::harness::namespace::Namespace;

/// Class 9 belongs to this machine: any of its addresses may send and be sent to.
const ADDRESSES: &str = "ip route add local 10.9.0.0/16 dev lo";

/// A rule that asks for a state makes the kernel track.
const RULES: &str =
    "table inet t { chain c { type filter hook input priority 0; ct state invalid drop; }; }";

/// Soon over, in seconds.
const TIMEOUTS: [(&str, &str); 4] = [
    ("udp_timeout", "2"),
    ("udp_timeout_stream", "3"),
    ("tcp_timeout_time_wait", "2"),
    ("tcp_timeout_close", "1"),
];

const SERVER: &str = "10.9.255.1:80";
const UDP_SERVER: &str = "10.9.255.1:53";

/// How many connections a round makes, and how many lonely packets it sends.
const CONNECTIONS: u32 = 20;
const PACKETS: u32 = 60;

pub fn prepare(namespace: &Namespace) {
    namespace.run(&ADDRESSES.split(' ').collect::<Vec<_>>());
    namespace.feed(&["nft", "-f", "-"], RULES);
    for (name, seconds) in TIMEOUTS {
        namespace.sysctl(&format!("net.netfilter.nf_conntrack_{name}"), seconds);
    }
}

/// Answers every connection with what it sends, and every packet with itself.
pub fn serve() {
    let listener = TcpListener::bind(SERVER).expect("a port to listen on");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut word = [0; 5];
            stream.read_exact(&mut word).ok();
            stream.write_all(&word).ok();
        }
    });
    let socket = UdpSocket::bind(UDP_SERVER).expect("a port to listen on");
    thread::spawn(move || {
        let mut word = [0; 5];
        while let Ok((length, sender)) = socket.recv_from(&mut word) {
            socket.send_to(&word[..length], sender).ok();
        }
    });
}

pub fn round(number: u32) {
    for connection in 0..CONNECTIONS {
        if let Ok(mut stream) = TcpStream::connect(SERVER) {
            stream.write_all(b"hello").ok();
            // Some wait for the answer; of the others the kernel resets some.
            if connection % 4 != 0 {
                stream.read_exact(&mut [0; 5]).ok();
            }
        }
    }
    for packet in 0..PACKETS {
        let address = format!("10.9.{}.{}:0", number % 200, 1 + packet);
        if let Ok(socket) = UdpSocket::bind(address) {
            let to = if packet % 2 == 0 {
                UDP_SERVER
            } else {
                "10.9.255.2:9"
            };
            socket.send_to(b"hello", to).ok();
        }
    }
}
