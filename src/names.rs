//! Names in place of numbers: protocols and services, from the files in /etc.
//!
//! Numbers come first, so that they need no file; each file is read once, for the first name that is looked up in it.

use crate::flow::protocol;
use crate::number;
use std::collections::HashMap;
use std::fs;
use std::iter;
use std::sync::LazyLock;

static PROTOCOLS: LazyLock<Protocols> =
    LazyLock::new(|| Protocols::parse(contents("/etc/protocols")));
static SERVICES: LazyLock<Services> = LazyLock::new(|| Services::parse(contents("/etc/services")));

/// What is in /etc/protocols.
#[derive(Debug, Default)]
struct Protocols<'a> {
    numbers: HashMap<&'a [u8], u8>,
    names: HashMap<u8, &'a [u8]>,
}

/// What is in /etc/services: the protocols and ports of a name, in the order of the lines.
#[derive(Debug, Default)]
struct Services<'a> {
    ports: HashMap<&'a [u8], Vec<(&'a [u8], u16)>>,
}

/// A layer 4 protocol: a number, one of ours in any case, or one of /etc/protocols as it stands there.
pub fn protocol(text: &[u8]) -> Option<u8> {
    let ours = || {
        let mut ours = protocol::ALL.iter();
        ours.find(|known| known.name.as_bytes().eq_ignore_ascii_case(text))
    };
    number::any_base(text)
        .and_then(|number| u8::try_from(number).ok())
        .or_else(|| ours().map(|known| known.number))
        .or_else(|| PROTOCOLS.numbers.get(text).copied())
}

/// The name of a protocol number in /etc/protocols.
pub fn protocol_name(number: u8) -> Option<&'static [u8]> {
    PROTOCOLS.names.get(&number).copied()
}

/// A port: a number, or a service of a protocol, or of any where none is given.
pub fn port(text: &[u8], protocol: Option<&str>) -> Option<u16> {
    number::decimal(text)
        .and_then(|number| u16::try_from(number).ok())
        .or_else(|| SERVICES.port(text, protocol))
}

/// A file, for as long as the process lasts. One that cannot be read has no names in it.
fn contents(path: &str) -> &'static [u8] {
    fs::read(path).unwrap_or_default().leak()
}

impl<'a> Protocols<'a> {
    /// As in the C library, the first line that has a name or a number counts. A number out of range is no line.
    fn parse(file: &'a [u8]) -> Self {
        let mut protocols = Self::default();
        for (name, value, aliases) in lines(file) {
            let number = number::decimal(value).and_then(|number| u8::try_from(number).ok());
            let Some(number) = number else { continue };
            protocols.names.entry(number).or_insert(name);
            for name in iter::once(name).chain(aliases) {
                protocols.numbers.entry(name).or_insert(number);
            }
        }
        protocols
    }
}

impl<'a> Services<'a> {
    /// A value is `PORT/PROTOCOL`, the port of any base.
    fn parse(file: &'a [u8]) -> Self {
        let mut services = Self::default();
        for (name, value, aliases) in lines(file) {
            let mut parts = value.splitn(2, |byte| *byte == b'/');
            let port = parts.next().and_then(number::any_base);
            let Some(port) = port.and_then(|port| u16::try_from(port).ok()) else {
                continue;
            };
            let protocol = parts.next().unwrap_or_default();
            for name in iter::once(name).chain(aliases) {
                services
                    .ports
                    .entry(name)
                    .or_default()
                    .push((protocol, port));
            }
        }
        services
    }

    fn port(&self, name: &[u8], protocol: Option<&str>) -> Option<u16> {
        let mut ports = self.ports.get(name)?.iter();
        let (_, port) =
            ports.find(|(of, _)| protocol.is_none_or(|wanted| wanted.as_bytes() == *of))?;
        Some(*port)
    }
}

/// Name, value and aliases of each line that has the first two. `#` begins a comment; a NUL ends a line, as it does in C.
fn lines(file: &[u8]) -> impl Iterator<Item = (&[u8], &[u8], impl Iterator<Item = &[u8]>)> {
    file.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = line.split(|byte| matches!(byte, b'#' | 0)).next()?;
        let mut words = line.split(number::is_blank).filter(|word| !word.is_empty());
        Some((words.next()?, words.next()?, words))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOCOLS: &[u8] = b"# comment 9\n\
        tcp 6 TCP # transmission control\n\
        \ttabs\t51\talias1  alias2#alias3\n\
        cr 67 cralias\r\n\
        caf\xe9 70 t\xeate\n\
        vt\x0b73 vta\n\
        nul 77 end\0ed\n\
        dup 64 first\n\
        dup 65 second first\n\
        again 6\n\
        plus +55\n\
        octal 066\n\
        hex 0x35\n\
        glued 57x\n\
        minus -1\n\
        far 256\n\
        farther 99999999999999999999\n\
        lonely\n\
        late # 58\n\
        last 119";

    #[test]
    fn a_protocol_is_what_the_first_line_with_its_name_says() {
        let table: &[(&[u8], Option<u8>)] = &[
            (b"tcp", Some(6)),
            (b"TCP", Some(6)),
            (b"Tcp", None),
            (b"tabs", Some(51)),
            (b"alias2", Some(51)),
            (b"alias3", None),
            (b"cr", Some(67)),
            (b"cralias", Some(67)),
            (b"caf\xe9", Some(70)),
            (b"t\xeate", Some(70)),
            (b"vta", Some(73)),
            (b"end", Some(77)),
            (b"ended", None),
            (b"ed", None),
            (b"dup", Some(64)),
            (b"first", Some(64)),
            (b"second", Some(65)),
            (b"plus", Some(55)),
            (b"octal", Some(66)),
            (b"hex", None),
            (b"glued", None),
            (b"minus", None),
            (b"far", None),
            (b"farther", None),
            (b"lonely", None),
            (b"late", None),
            (b"comment", None),
            (b"#", None),
            (b"", None),
            (b"last", Some(119)),
        ];
        let protocols = Protocols::parse(PROTOCOLS);
        for (name, expected) in table {
            let found = protocols.numbers.get(name).copied();
            assert_eq!(found, *expected, "{}", name.escape_ascii());
        }
    }

    #[test]
    fn a_number_has_the_name_of_the_first_line_with_it() {
        let protocols = Protocols::parse(PROTOCOLS);
        for (number, expected) in [(6, Some("tcp")), (65, Some("dup")), (9, None), (0, None)] {
            let found = protocols.names.get(&number).copied();
            assert_eq!(found, expected.map(str::as_bytes), "{number}");
        }
    }

    #[test]
    fn a_service_is_what_the_first_line_with_its_name_and_protocol_says() {
        let services = Services::parse(
            b"http 1001/tcp www\n\
              http 1002/udp # http3\n\
              \xff 1026/udp\n\
              cr 1024/udp\r\n\
              hex 0x3ed/udp\n\
              octal 01006/udp\n\
              al 1039/udp other\n\
              other 1040/udp\n\
              bare 1009\n\
              bare2 1010/\n\
              blank 1011 /udp\n\
              three 1013/udp/tcp\n\
              upper 1014/UDP\n\
              far 66551/udp\n\
              minus -16/udp\n\
              glued 1008x/udp\n",
        );
        let table: &[(&[u8], Option<&str>, Option<u16>)] = &[
            (b"http", Some("tcp"), Some(1001)),
            (b"http", Some("udp"), Some(1002)),
            (b"http", Some("sctp"), None),
            (b"http", None, Some(1001)),
            (b"HTTP", None, None),
            (b"www", Some("tcp"), Some(1001)),
            (b"www", Some("udp"), None),
            (b"http3", None, None),
            (b"\xff", Some("udp"), Some(1026)),
            (b"cr", Some("udp"), Some(1024)),
            (b"hex", Some("udp"), Some(1005)),
            (b"octal", Some("udp"), Some(518)),
            (b"other", Some("udp"), Some(1039)),
            (b"bare", None, Some(1009)),
            (b"bare", Some("udp"), None),
            (b"bare2", None, Some(1010)),
            (b"blank", Some("udp"), None),
            (b"three", Some("udp"), None),
            (b"upper", Some("udp"), None),
            (b"far", None, None),
            (b"minus", None, None),
            (b"glued", None, None),
            (b"", None, None),
        ];
        for (name, protocol, expected) in table {
            let found = services.port(name, *protocol);
            assert_eq!(found, *expected, "{} {protocol:?}", name.escape_ascii());
        }
    }

    #[test]
    fn what_is_a_number_or_one_of_ours_needs_no_file() {
        let table: &[(&[u8], Option<u8>)] = &[
            (b"17", Some(17)),
            (b"0x11", Some(17)),
            (b"021", Some(17)),
            (b" +17", Some(17)),
            (b"-0", Some(0)),
            (b"UdpLite", Some(136)),
            (b"262", None),
            (b"-1", None),
            (b"17 ", None),
            (b"", None),
            (b"\xff", None),
        ];
        for (text, expected) in table {
            assert_eq!(protocol(text), *expected, "{}", text.escape_ascii());
        }
        let table: &[(&[u8], Option<u16>)] = &[
            (b"80", Some(80)),
            (b"+080", Some(80)),
            (b"65536", None),
            (b"0x50", None),
            (b"", None),
        ];
        for (text, expected) in table {
            assert_eq!(port(text, None), *expected, "{}", text.escape_ascii());
        }
    }
}
