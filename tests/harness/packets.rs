//! What goes over the wire, told line by line:
//!
//!     tcp 10.0.0.1:4000 > 10.0.0.2:80             connects, sends a word, gets it back, and stays open
//!     tcp 10.0.0.1:4001 > 10.0.0.2:80 close       the same, then closes from both sides
//!     tcp 10.0.0.1:4002 > 10.0.0.2:80 reset       the same, then resets
//!     tcp 10.0.0.1:4003 > 10.0.0.99:80 unanswered only asks
//!     tcp 10.0.0.1:4004 > 10.0.0.2:21 say 'USER x\r\n' 'PORT 10,0,0,1,200,10\r\n'
//!     udp 10.0.0.1:4000 > 10.0.0.2:53             sends a word and gets it back
//!     udp 10.0.0.1:4001 > 10.0.0.2:9 unanswered
//!     packet 47 10.0.0.1 > 10.0.0.2 00000800      an IP packet of any protocol, its payload in hexadecimal

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, bind, connect,
    sendto, setsockopt, socket, sockopt,
};

use super::words;

/// The ports on which the neighbour gives back what it gets.
const TCP_PORTS: [u16; 3] = [21, 80, 443];
const UDP_PORTS: [u16; 2] = [53, 5353];

const WORD: &[u8] = b"hello";

/// TCP acknowledges what it was last told only after a while, which still changes counters and timeouts.
const DELAYED_ACKNOWLEDGEMENT: Duration = Duration::from_millis(300);

const PATIENCE: Duration = Duration::from_secs(5);

/// Says that everything is in place, and stays as long as whoever started it.
fn stay() {
    println!("ready");
    std::io::stdin().read_to_end(&mut Vec::new()).ok();
}

/// The neighbour's job.
pub fn serve() {
    for port in TCP_PORTS {
        let listener =
            TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).expect("a port to listen on");
        thread::spawn(move || {
            listener
                .incoming()
                .flatten()
                .for_each(|stream| drop(thread::spawn(|| echo(stream))))
        });
    }
    for port in UDP_PORTS {
        let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, port)).expect("a port to listen on");
        thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, sender)) = socket.recv_from(&mut buffer) {
                socket.send_to(&buffer[..length], sender).ok();
            }
        });
    }
    stay();
}

fn echo(mut stream: TcpStream) {
    let mut buffer = [0; 512];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        stream.write_all(&buffer[..length]).ok();
    }
}

/// Our job: the lines of a script, one after the other.
pub fn send(script: &str) {
    let lines = script
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let _open: Vec<Option<TcpStream>> = lines.map(line).collect();
    thread::sleep(DELAYED_ACKNOWLEDGEMENT);
    stay();
}

/// Sends what a line says; a connection that stays open is returned.
fn line(text: &str) -> Option<TcpStream> {
    let words = words::split(text);
    let words: Vec<&str> = words
        .iter()
        .map(|word| word.to_str().expect("words of text"))
        .collect();
    match words.as_slice() {
        ["tcp", from, ">", to, rest @ ..] => tcp(endpoint(from), endpoint(to), rest),
        ["udp", from, ">", to, rest @ ..] => udp(endpoint(from), endpoint(to), rest),
        ["packet", protocol, from, ">", to, payload] => packet(protocol, from, to, payload),
        _ => panic!("`{text}' is no traffic"),
    }
}

fn endpoint(text: &str) -> SocketAddr {
    text.parse().expect("an address and a port")
}

fn tcp(from: SocketAddr, to: SocketAddr, rest: &[&str]) -> Option<TcpStream> {
    let unanswered = rest == ["unanswered"];
    let flags = if unanswered {
        SockFlag::SOCK_NONBLOCK
    } else {
        SockFlag::empty()
    };
    let socket = socket(family(from), SockType::Stream, flags, None).expect("a TCP socket");
    setsockopt(&socket, sockopt::ReuseAddr, &true).expect("a free address");
    let descriptor = std::os::fd::AsRawFd::as_raw_fd(&socket);
    bind(descriptor, &SockaddrStorage::from(from)).expect("an address of ours");
    match connect(descriptor, &SockaddrStorage::from(to)) {
        Ok(()) => {}
        Err(Errno::EINPROGRESS) if unanswered => return Some(socket.into()),
        Err(error) => panic!("{from} > {to}: {error}"),
    }
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let (said, then): (Vec<Vec<u8>>, _) = match rest {
        ["say", said @ ..] => (
            said.iter()
                .map(|line| words::unescaped(line.as_bytes()))
                .collect(),
            "",
        ),
        [then] => (vec![WORD.to_vec()], *then),
        _ => (vec![WORD.to_vec()], ""),
    };
    for word in said {
        stream.write_all(&word).expect("a neighbour who listens");
        stream
            .read_exact(&mut vec![0; word.len()])
            .expect("a neighbour who answers");
    }
    match then {
        "close" => {
            stream
                .shutdown(Shutdown::Write)
                .expect("an open connection");
            stream
                .read_to_end(&mut Vec::new())
                .expect("a neighbour who closes too");
            None
        }
        "reset" => {
            let linger = sockopt::Linger;
            setsockopt(
                &stream,
                linger,
                &nix::libc::linger {
                    l_onoff: 1,
                    l_linger: 0,
                },
            )
            .expect("a reset");
            None
        }
        _ => Some(stream),
    }
}

fn udp(from: SocketAddr, to: SocketAddr, rest: &[&str]) -> Option<TcpStream> {
    let socket = UdpSocket::bind(from).expect("an address of ours");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket.send_to(WORD, to).expect("a way to the neighbour");
    if rest != ["unanswered"] {
        socket
            .recv_from(&mut [0; 512])
            .expect("a neighbour who answers");
    }
    None
}

fn packet(protocol: &str, from: &str, to: &str, payload: &str) -> Option<TcpStream> {
    let protocol: u8 = protocol.parse().expect("a protocol");
    let payload = words::hexadecimal(payload);
    let (from, to): (IpAddr, IpAddr) = (
        from.parse().expect("an address"),
        to.parse().expect("an address"),
    );
    let length = payload.len() as u16;
    let header = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            // The kernel fills in the length, the identification and the checksum.
            [
                &[0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0],
                &from.octets()[..],
                &to.octets(),
            ]
            .concat()
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let [high, low] = length.to_be_bytes();
            [
                &[0x60, 0, 0, 0, high, low, protocol, 64],
                &from.octets()[..],
                &to.octets(),
            ]
            .concat()
        }
        _ => panic!("{from} and {to} are of two families"),
    };
    let to = SocketAddr::new(to, 0);
    let socket = socket(
        family(to),
        SockType::Raw,
        SockFlag::empty(),
        SockProtocol::Raw,
    )
    .expect("a raw socket");
    let descriptor = std::os::fd::AsRawFd::as_raw_fd(&socket);
    let bytes = [header, payload].concat();
    sendto(
        descriptor,
        &bytes,
        &SockaddrStorage::from(to),
        MsgFlags::empty(),
    )
    .expect("a way to the neighbour");
    None
}

fn family(address: SocketAddr) -> AddressFamily {
    if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    }
}
