//! Addresses as they are typed.

use crate::error::Usage;
use crate::flow::nat::Endpoint;
use crate::number;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address, and the length of its prefix where one was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cidr {
    pub address: IpAddr,
    pub length: Option<u8>,
}

/// An IPv4 address in any form that inet_aton takes, or an IPv6 address.
pub fn address(text: &str) -> Result<IpAddr, Usage> {
    inet_aton(text)
        .map(IpAddr::V4)
        .or_else(|| text.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
        .ok_or_else(|| Usage::Address(text.to_owned()))
}

/// An address without a prefix length; `option` is named where it has one.
pub fn host(text: &str, option: &'static str) -> Result<IpAddr, Usage> {
    if text.contains('/') {
        return Err(Usage::CidrUnavailable(option));
    }
    address(text)
}

/// An address, perhaps with a prefix length.
pub fn cidr(text: &str) -> Result<Cidr, Usage> {
    let (host, length) = match text.split_once('/') {
        Some((host, length)) => (host, Some(length)),
        None => (text, None),
    };
    let address = address(host).map_err(|_| Usage::Address(text.to_owned()))?;
    let length = length
        .map(|length| prefix_length(length, address))
        .transpose()?;
    Ok(Cidr { address, length })
}

/// An empty length counts as 0, as it always has.
fn prefix_length(text: &str, address: IpAddr) -> Result<u8, Usage> {
    let length = if text.is_empty() {
        Some(0)
    } else {
        number::decimal(text)
    };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    length
        .filter(|length| *length <= longest)
        .map(|length| length as u8)
        .ok_or(Usage::Netmask)
}

/// The mask whose first `length` bits are set.
pub fn mask(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(_) => {
            Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)).into()
        }
        IpAddr::V6(_) => {
            Ipv6Addr::from(u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)).into()
        }
    }
}

/// `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`.
pub fn nat_target(text: &str, option: &'static str) -> Result<Endpoint, Usage> {
    if text.contains('/') {
        return Err(Usage::CidrUnavailable(option));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or(Usage::NoClosingBracket)?;
            if host.is_empty() {
                return Err(Usage::NoAddress);
            }
            let Some((_, port)) = rest.rsplit_once(':') else {
                return Err(Usage::Address(text.to_owned()));
            };
            (host, Some(port))
        }
        None => match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (text, None),
        },
    };
    let port = match port {
        Some("") => return Err(Usage::NoPort),
        Some(port) => Some(nat_port(port)?),
        None => None,
    };
    Ok(Endpoint {
        address: Some(address(host)?),
        port,
    })
}

fn nat_port(text: &str) -> Result<u16, Usage> {
    number::digits(text)
        .and_then(|port| u16::try_from(port).ok())
        .ok_or_else(|| Usage::Port(text.to_owned()))
}

/// One to four numbers of any base, of which the last fills what is left; what follows a blank is not looked at.
fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    let text = text.split([' ', '\t', '\n', '\x0b', '\x0c', '\r']).next()?;
    let parts: Vec<u64> = text
        .split('.')
        .map(number::any_base)
        .collect::<Option<_>>()?;
    let (last, leading) = parts.split_last()?;
    let bits = 32u32
        .checked_sub(8 * leading.len() as u32)
        .filter(|bits| *bits > 0)?;
    if leading.iter().any(|part| *part > 0xff) || *last >> bits != 0 {
        return None;
    }
    let leading = leading.iter().fold(0, |address, part| address << 8 | part);
    Some(Ipv4Addr::from((leading << bits | last) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_inet_aton_is_taken() {
        for (text, expected) in [
            ("1.2.3.4", "1.2.3.4"),
            ("10.1.257", "10.1.1.1"),
            ("0xa010001", "10.1.0.1"),
            ("1", "0.0.0.1"),
            ("010.1.1.1", "8.1.1.1"),
            ("1.2.3.4 x", "1.2.3.4"),
            ("255.255.255.255", "255.255.255.255"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ] {
            assert_eq!(
                address(text).unwrap(),
                expected.parse::<IpAddr>().unwrap(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            " ",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.2.3.256",
            "1..2",
            "fe80::1%lo",
            "[::1]",
            "+1.2.3.4x",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_prefix_length_makes_a_mask() {
        for (text, length, expected) in [
            ("10.0.0.1/8", 8, "255.0.0.0"),
            ("10.0.0.1/0", 0, "0.0.0.0"),
            ("10.0.0.1/", 0, "0.0.0.0"),
            ("10.0.0.1/32", 32, "255.255.255.255"),
            ("2001:db8::/33", 33, "ffff:ffff:8000::"),
        ] {
            let Cidr {
                address,
                length: found,
            } = cidr(text).unwrap();
            assert_eq!(found, Some(length));
            assert_eq!(
                mask(address, length),
                expected.parse::<IpAddr>().unwrap(),
                "{text}"
            );
        }
        for text in [
            "1.2.3.4/33",
            "::/129",
            "1.2.3.4/-1",
            "1.2.3.4/24x",
            "1.2.3.4/24/24",
        ] {
            assert!(matches!(cidr(text), Err(Usage::Netmask)), "{text}");
        }
    }

    #[test]
    fn nat_targets_are_addresses_with_or_without_port() {
        let target = |text: &str| {
            let Endpoint { address, port } = nat_target(text, "src-nat").unwrap();
            (address.unwrap().to_string(), port)
        };
        assert_eq!(target("1.2.3.4"), ("1.2.3.4".into(), None));
        assert_eq!(target("1.2.3.4:80"), ("1.2.3.4".into(), Some(80)));
        assert_eq!(target("[1.2.3.4]:80"), ("1.2.3.4".into(), Some(80)));
        assert_eq!(target("2001:db8::1"), ("2001:db8::1".into(), None));
        assert_eq!(
            target("[2001:db8::1]:050"),
            ("2001:db8::1".into(), Some(50))
        );
    }
}
