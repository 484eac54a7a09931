//! Addresses as they are typed: `ADDRESS`, `ADDRESS/LENGTH`, and `ADDRESS:PORT` for NAT.
//!
//! Reading stops where the family is known, because a wrong family is reported before a wrong prefix length and before
//! one where none may stand. So a caller reads a [`Cidr`], compares the family, and asks for what it may have:
//! [`Cidr::host`] or [`Cidr::prefix_length`].

use crate::number;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address, and what stands behind the slash where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr<'a> {
    pub address: IpAddr,
    pub length: Option<&'a [u8]>,
}

/// What `-n`, `-g` and `-j` name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    pub cidr: Cidr<'a>,
    pub port: Option<u16>,
}

/// What is wrong with a text, with the part of it that a message shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError<'a> {
    NotAnAddress(&'a [u8]),
    Netmask,
    CidrUnavailable,
    NoClosingBracket,
    NoAddress,
    NoPort,
    BadPort(&'a [u8]),
}

/// An IPv4 address in any form that inet_aton takes, or an IPv6 address.
pub fn address(text: &[u8]) -> Option<IpAddr> {
    let ipv4 = dotted(text).or_else(|| inet_aton(text));
    ipv4.map(IpAddr::V4).or_else(|| {
        let address: Ipv6Addr = std::str::from_utf8(text).ok()?.parse().ok()?;
        Some(address.into())
    })
}

/// An address, and the prefix length as it was typed. A message shows both.
pub fn cidr(text: &[u8]) -> Result<Cidr<'_>, AddressError<'_>> {
    let (host, length) = match split_once(text, b'/') {
        Some((host, length)) => (host, Some(length)),
        None => (text, None),
    };
    let address = address(host).ok_or(AddressError::NotAnAddress(text))?;
    Ok(Cidr { address, length })
}

/// `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`. A wrong port is reported before a wrong address, and what stands
/// between the bracket and the colon has always been passed over.
pub fn target(text: &[u8]) -> Result<Target<'_>, AddressError<'_>> {
    let (host, port) = match text.strip_prefix(b"[") {
        Some(rest) => {
            let (host, rest) = split_once(rest, b']').ok_or(AddressError::NoClosingBracket)?;
            if host.is_empty() {
                return Err(AddressError::NoAddress);
            }
            match split_once(rest, b':') {
                Some((_, port)) => (host, Some(port)),
                None => (text, None),
            }
        }
        None => match split_once(text, b':') {
            Some((host, port)) if !port.contains(&b':') => (host, Some(port)),
            _ => (text, None),
        },
    };
    Ok(Target {
        port: port.map(self::port).transpose()?,
        cidr: cidr(host)?,
    })
}

/// The mask whose first `length` bits are set.
pub fn mask(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(_) => Ipv4Addr::from(!u32::MAX.checked_shr(length.into()).unwrap_or(0)).into(),
        IpAddr::V6(_) => Ipv6Addr::from(!u128::MAX.checked_shr(length.into()).unwrap_or(0)).into(),
    }
}

impl<'a> Cidr<'a> {
    /// The address of one host, where no prefix may stand.
    pub fn host(self) -> Result<IpAddr, AddressError<'a>> {
        match self.length {
            None => Ok(self.address),
            Some(_) => Err(AddressError::CidrUnavailable),
        }
    }

    /// The prefix length. An empty one counts as 0, as it always has.
    pub fn prefix_length(self) -> Result<Option<u8>, AddressError<'a>> {
        let longest = if self.address.is_ipv4() { 32 } else { 128 };
        let Some(text) = self.length else {
            return Ok(None);
        };
        if text.is_empty() {
            return Ok(Some(0));
        }
        number::decimal(text)
            .and_then(|length| u8::try_from(length).ok())
            .filter(|length| *length <= longest)
            .map(Some)
            .ok_or(AddressError::Netmask)
    }
}

fn port(text: &[u8]) -> Result<u16, AddressError<'_>> {
    if text.is_empty() {
        return Err(AddressError::NoPort);
    }
    number::digits(text)
        .and_then(|port| u16::try_from(port).ok())
        .ok_or(AddressError::BadPort(text))
}

/// An address as most are: four numbers of base 10 without zeros before them. A load file may have millions of these.
fn dotted(text: &[u8]) -> Option<Ipv4Addr> {
    let (mut address, mut octet, mut digits, mut dots) = (0, 0, 0, 0);
    for &byte in text {
        match byte {
            b'0'..=b'9' if digits == 0 || octet != 0 => {
                octet = 10 * octet + u32::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && dots < 3 => {
                address = address << 8 | octet;
                (octet, digits, dots) = (0, 0, dots + 1);
            }
            _ => return None,
        }
        if octet > 255 {
            return None;
        }
    }
    (dots == 3 && digits > 0).then(|| Ipv4Addr::from(address << 8 | octet))
}

/// One to four numbers of any base, of which the last fills what is left; what follows a blank is not looked at.
fn inet_aton(text: &[u8]) -> Option<Ipv4Addr> {
    let text = text.split(number::is_blank).next()?;
    let mut address = 0;
    let mut bits_left = 32;
    let mut parts = text.split(|byte| *byte == b'.').peekable();
    while let Some(part) = parts.next() {
        let value = number::prefixed(part)?;
        let width = if parts.peek().is_none() { bits_left } else { 8 };
        if bits_left == 0 || value >> width != 0 {
            return None;
        }
        bits_left -= width;
        address |= value << bits_left;
    }
    u32::try_from(address).ok().map(Ipv4Addr::from)
}

fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == separator)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::AddressError::*;
    use super::*;

    /// Texts, and what they are read as.
    type Table<'a, T> = &'a [(&'a [u8], Result<T, AddressError<'a>>)];

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn shown(text: &[u8]) -> String {
        text.escape_ascii().to_string()
    }

    #[test]
    fn an_address_is_one_in_any_form_of_inet_aton_or_of_ipv6() {
        let table: &[(&[u8], Option<&str>)] = &[
            (b"1.2.3.4", Some("1.2.3.4")),
            (b"10.1.257", Some("10.1.1.1")),
            (b"1.2", Some("1.0.0.2")),
            (b"1.2.3", Some("1.2.0.3")),
            (b"1.2.65535", Some("1.2.255.255")),
            (b"1.16777215", Some("1.255.255.255")),
            (b"4294967295", Some("255.255.255.255")),
            (b"0xa010001", Some("10.1.0.1")),
            (b"0x1.0X2.0x3.0x4", Some("1.2.3.4")),
            (b"0", Some("0.0.0.0")),
            (b"1", Some("0.0.0.1")),
            (b"010.1.1.1", Some("8.1.1.1")),
            (b"037777777777", Some("255.255.255.255")),
            (b"0000000000000001.2.3.4", Some("1.2.3.4")),
            (b"1.2.3.4 x", Some("1.2.3.4")),
            (b"1.2.3.4\t", Some("1.2.3.4")),
            (b"1.2.3.4\n", Some("1.2.3.4")),
            (b"1.2.3.4\x0b", Some("1.2.3.4")),
            (b"1.2.3.4\x0c\xff", Some("1.2.3.4")),
            (b"1.2 .3", Some("1.0.0.2")),
            (b"::", Some("::")),
            (b"::ffff:1.2.3.4", Some("::ffff:1.2.3.4")),
            (b"1:2:3:4:5:6:1.2.3.4", Some("1:2:3:4:5:6:102:304")),
            (b"1:2:3:4:5:6:7::", Some("1:2:3:4:5:6:7:0")),
            (b"::FFFF", Some("::ffff")),
            (b"", None),
            (b" ", None),
            (b".", None),
            (b"1.", None),
            (b".1", None),
            (b".1.2.3", None),
            (b"1..2.3", None),
            (b"1..2", None),
            (b"1.2.3.", None),
            (b"1.2.3.4.", None),
            (b"1.2.3.4.5", None),
            (b"1.2.3.4x", None),
            (b"1.2.3. 4", None),
            (b" 1.2.3.4", None),
            (b"256.1.1.1", None),
            (b"1.2.3.256", None),
            (b"1.2.65536", None),
            (b"1.16777216", None),
            (b"4294967296", None),
            (b"0x100000000", None),
            (b"99999999999999999999", None),
            (b"08.1.1.1", None),
            (b"0x", None),
            (b"1.2.3.0x", None),
            (b"0b1", None),
            (b"+10.0.0.1", None),
            (b"10.+1.1.1", None),
            (b"10.-0.0.1", None),
            (b"-0", None),
            (b"+1", None),
            (b"-1", None),
            (b"1.2.3.4\xa0", None),
            (b"\xff", None),
            (b"::1\xff", None),
            (b"::1 ", None),
            (b"::1.2.3", None),
            (b"::01.2.3.4", None),
            (b"00001::", None),
            (b"fe80::1%lo", None),
            (b"[::1]", None),
            (b"1::2::3", None),
            (b"::1.2.3.4:5", None),
        ];
        for (text, expected) in table {
            assert_eq!(address(text), expected.map(ip), "{}", shown(text));
        }
    }

    #[test]
    fn most_addresses_are_read_as_the_standard_library_reads_them() {
        for text in [
            "1.2.3.4",
            "0.0.0.0",
            "255.255.255.255",
            "10.20.30.40",
            "100.0.254.9",
            "255.255.255.256",
            "1.2.3.04",
            "00.1.2.3",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.",
            ".1.2.3",
            "1..2.3",
            "1.2.3.x",
            "",
        ] {
            assert_eq!(dotted(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn a_prefix_length_is_looked_at_only_when_asked_for() {
        let table: Table<Option<u8>> = &[
            (b"10.0.0.1", Ok(None)),
            (b"10.0.0.1/8", Ok(Some(8))),
            (b"10.0.0.1/", Ok(Some(0))),
            (b"10.0.0.1/ +08", Ok(Some(8))),
            (b"10.0.0.1/32", Ok(Some(32))),
            (b"10.0.0.1 x/8", Ok(Some(8))),
            (b"::/128", Ok(Some(128))),
            (b"::1/", Ok(Some(0))),
            (b"1.2.3.4/33", Err(Netmask)),
            (b"1.2.3.4/288", Err(Netmask)),
            (b"::/129", Err(Netmask)),
            (b"1.2.3.4/-1", Err(Netmask)),
            (b"1.2.3.4/24x", Err(Netmask)),
            (b"1.2.3.4/24 ", Err(Netmask)),
            (b"1.2.3.4/0x8", Err(Netmask)),
            (b"1.2.3.4/24/24", Err(Netmask)),
            (b"1.2.3.4/\xff", Err(Netmask)),
            (b"/", Err(NotAnAddress(b"/"))),
            (b"/24", Err(NotAnAddress(b"/24"))),
            (b"x/y", Err(NotAnAddress(b"x/y"))),
            (b"+1/33", Err(NotAnAddress(b"+1/33"))),
            (b"\xff/8", Err(NotAnAddress(b"\xff/8"))),
        ];
        for (text, expected) in table {
            let length = cidr(text).and_then(Cidr::prefix_length);
            assert_eq!(length, *expected, "{}", shown(text));
        }
    }

    #[test]
    fn a_host_has_no_prefix_length_not_even_an_empty_one() {
        let table: Table<IpAddr> = &[
            (b"1.2.3.4", Ok(ip("1.2.3.4"))),
            (b"1.2.3.4/", Err(CidrUnavailable)),
            (b"1.2.3.4/x", Err(CidrUnavailable)),
            (b"::1/999", Err(CidrUnavailable)),
            (b"x/8", Err(NotAnAddress(b"x/8"))),
            (b"//", Err(NotAnAddress(b"//"))),
            (b" 1.2.3.4/8", Err(NotAnAddress(b" 1.2.3.4/8"))),
        ];
        for (text, expected) in table {
            assert_eq!(
                cidr(text).and_then(Cidr::host),
                *expected,
                "{}",
                shown(text)
            );
        }
    }

    #[test]
    fn a_length_makes_a_mask() {
        for (address, length, expected) in [
            ("10.0.0.1", 0, "0.0.0.0"),
            ("10.0.0.1", 1, "128.0.0.0"),
            ("10.0.0.1", 8, "255.0.0.0"),
            ("10.0.0.1", 32, "255.255.255.255"),
            ("::1", 0, "::"),
            ("::1", 33, "ffff:ffff:8000::"),
            ("::1", 128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            assert_eq!(
                mask(ip(address), length),
                ip(expected),
                "{address}/{length}"
            );
        }
    }

    #[test]
    fn a_target_is_an_address_with_or_without_port() {
        let table: Table<(&str, Option<u16>)> = &[
            (b"1.2.3.4", Ok(("1.2.3.4", None))),
            (b"1.2.3.4:80", Ok(("1.2.3.4", Some(80)))),
            (b"1.2.3.4 x:0", Ok(("1.2.3.4", Some(0)))),
            (b"1.2.3.4:00080", Ok(("1.2.3.4", Some(80)))),
            (b"[1.2.3.4]:65535", Ok(("1.2.3.4", Some(65535)))),
            (b"2001:db8::1", Ok(("2001:db8::1", None))),
            (b"::80", Ok(("::80", None))),
            (b"[::1]:050", Ok(("::1", Some(50)))),
            (b"[::1]x:80", Ok(("::1", Some(80)))),
            (b"[::1]/64:80", Ok(("::1", Some(80)))),
            (b"[::1]]:80", Ok(("::1", Some(80)))),
            (b"[2001:db8::1]:80:80", Err(BadPort(b"80:80"))),
            (b"[::1]::80", Err(BadPort(b":80"))),
            (b"[::1]::", Err(BadPort(b":"))),
            (b"[::1]:x:", Err(BadPort(b"x:"))),
            (b"[::1]:65536", Err(BadPort(b"65536"))),
            (b"[::1]: ", Err(BadPort(b" "))),
            (b"[x]:y", Err(BadPort(b"y"))),
            (b"x:/8", Err(BadPort(b"/8"))),
            (b"1.2.3.4:80/8", Err(BadPort(b"80/8"))),
            (b"1.2.3.4:+80", Err(BadPort(b"+80"))),
            (b"1.2.3.4:0x50", Err(BadPort(b"0x50"))),
            (b"1.2.3.4:http", Err(BadPort(b"http"))),
            (b"1.2.3.4:\xff", Err(BadPort(b"\xff"))),
            (
                b"1.2.3.4:99999999999999999999",
                Err(BadPort(b"99999999999999999999")),
            ),
            (b"1.2.3.4:", Err(NoPort)),
            (b"[::1]:", Err(NoPort)),
            (b"[x]:", Err(NoPort)),
            (b":", Err(NoPort)),
            (b"[", Err(NoClosingBracket)),
            (b"[::1", Err(NoClosingBracket)),
            (b"[/", Err(NoClosingBracket)),
            (b"[]", Err(NoAddress)),
            (b"[]:80", Err(NoAddress)),
            (b"[]/", Err(NoAddress)),
            (b"", Err(NotAnAddress(b""))),
            (b"/", Err(NotAnAddress(b"/"))),
            (b"x/y", Err(NotAnAddress(b"x/y"))),
            (b":80", Err(NotAnAddress(b""))),
            (b"x:80", Err(NotAnAddress(b"x"))),
            (b"[x]:80", Err(NotAnAddress(b"x"))),
            (b"[x]/:80", Err(NotAnAddress(b"x"))),
            (b"[/]:80", Err(NotAnAddress(b"/"))),
            (b"[::1]", Err(NotAnAddress(b"[::1]"))),
            (b"[::1]80", Err(NotAnAddress(b"[::1]80"))),
            (b"[::1]/64", Err(NotAnAddress(b"[::1]/64"))),
            (b"[[::1]]:80", Err(NotAnAddress(b"[::1"))),
            (b"1.2.3.4::80", Err(NotAnAddress(b"1.2.3.4::80"))),
            (b"1.2.3.4:80:", Err(NotAnAddress(b"1.2.3.4:80:"))),
            (b"2001:db8::g/64", Err(NotAnAddress(b"2001:db8::g/64"))),
            (b"[\xff]:1", Err(NotAnAddress(b"\xff"))),
            (b"1.2.3.4/8", Err(CidrUnavailable)),
            (b"1.2.3.4/8:80", Err(CidrUnavailable)),
            (b"[::1/64]:80", Err(CidrUnavailable)),
            (b"2001:db8::1/64", Err(CidrUnavailable)),
        ];
        for (text, expected) in table {
            let found = target(text).and_then(|target| Ok((target.cidr.host()?, target.port)));
            let expected = expected.map(|(address, port)| (ip(address), port));
            assert_eq!(found, expected, "{}", shown(text));
        }
    }
}
