//! The pieces that rows are written with.

use crate::text::escape;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

pub fn number(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// ` key=value`.
pub fn pair(out: &mut Vec<u8>, key: &str, value: impl itoa::Integer) {
    key_of(out, key);
    number(out, value);
}

/// ` key=value` with a value that somebody else has said.
pub fn pair_bytes(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    key_of(out, key);
    escape(out, value, |_| false);
}

/// ` key=`.
pub fn key_of(out: &mut Vec<u8>, key: &str) {
    out.push(b' ');
    text(out, key);
    out.push(b'=');
}

/// `0x` and lower-case hexadecimal digits without leading zeros.
pub fn hex(out: &mut Vec<u8>, value: u16) {
    text(out, "0x");
    hex_digits(out, value);
}

/// A text and the blanks that bring it to `width` characters.
pub fn padded(out: &mut Vec<u8>, value: &str, width: usize) {
    text(out, value);
    out.extend(std::iter::repeat_n(b' ', width.saturating_sub(value.len())));
}

/// An address as inet_ntop writes it, which for IPv6 is not what Rust's `Display` writes.
pub fn address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => ipv4(out, address),
        IpAddr::V6(address) => ipv6(out, address),
    }
}

/// Every octet in decimal with a dot behind it, and how many bytes these are.
static OCTETS: [([u8; 4], u8); 256] = {
    let mut octets = [([0; 4], 0); 256];
    let mut octet = 0;
    while octet < octets.len() {
        let [a, b, c] = [octet / 100, octet / 10 % 10, octet % 10];
        let [a, b, c] = [b'0' + a as u8, b'0' + b as u8, b'0' + c as u8];
        octets[octet] = match octet {
            0..10 => ([c, b'.', 0, 0], 2),
            10..100 => ([b, c, b'.', 0], 3),
            _ => ([a, b, c, b'.'], 4),
        };
        octet += 1;
    }
    octets
};

fn ipv4(out: &mut Vec<u8>, address: Ipv4Addr) {
    for octet in address.octets() {
        let (digits, length) = &OCTETS[usize::from(octet)];
        let end = out.len() + usize::from(*length);
        out.extend_from_slice(digits);
        out.truncate(end);
    }
    out.pop();
}

/// The longest run of zero groups becomes `::`, and an address that begins with six of them, or with five and `ffff`,
/// ends as an IPv4 address.
fn ipv6(out: &mut Vec<u8>, address: Ipv6Addr) {
    let groups = address.segments();
    let (start, length) = longest_zero_run(&groups);
    let embeds_ipv4 = start == 0 && (length == 6 || (length == 5 && groups[5] == 0xffff));
    let end = if embeds_ipv4 { 6 } else { groups.len() };
    let mut i = 0;
    while i < end {
        if i == start && length > 0 {
            text(out, "::");
            i += length;
            continue;
        }
        hex_digits(out, groups[i]);
        i += 1;
        if i < groups.len() && i != start {
            out.push(b':');
        }
    }
    if embeds_ipv4 {
        let [.., a, b, c, d] = address.octets();
        ipv4(out, Ipv4Addr::new(a, b, c, d));
    }
}

/// Where the first of the longest runs of two or more zero groups begins, and its length; length 0 where there is none.
fn longest_zero_run(groups: &[u16; 8]) -> (usize, usize) {
    let mut best = (0, 0);
    let mut i = 0;
    while i < groups.len() {
        let length = groups[i..].iter().take_while(|group| **group == 0).count();
        if length >= 2 && length > best.1 {
            best = (i, length);
        }
        i += length.max(1);
    }
    best
}

fn hex_digits(out: &mut Vec<u8>, value: u16) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = (16 - (value | 1).leading_zeros()).div_ceil(4);
    for place in (0..digits).rev() {
        out.push(DIGITS[usize::from(value >> (4 * place)) & 0xf]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        address(&mut out, text.parse().unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn addresses_read_as_inet_ntop_writes_them() {
        for text in [
            "0.0.0.0",
            "255.1.20.3",
            "::",
            "::1",
            "::2",
            "::10.1.1.2",
            "::0.1.0.0",
            "::ffff:1.2.3.4",
            "64:ff9b::102:304",
            "2001:db8::1:0:0:1",
            "1:0:0:2::",
            "1:0:2:0:3:0:4:0",
            "::2:3:4",
            "fe80::",
            "1:2:3:4:5:6:7:8",
            "abcd:ef01:10:100:1000::",
            "0:1:2:3:4:5:6:7",
        ] {
            assert_eq!(written(text), text);
        }
    }

    #[test]
    fn an_address_that_std_writes_otherwise_still_reads_as_inet_ntop_does() {
        assert_eq!(written("::a01:102"), "::10.1.1.2");
        assert_eq!(written("0:0:0:0:0:ffff:a00:1"), "::ffff:10.0.0.1");
    }
}
