//! What a filter asks of the place where its command runs: the addresses that `local` stands for, and settings of the
//! kernel without which it would match nothing, or everything.

use crate::context::Context;
use crate::error::{Error, Usage};
use crate::field::Setting;
use crate::filter::Filter;
use crate::netlink;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::SockaddrStorage;
use std::fs;
use std::io;
use std::net::IpAddr;

/// Below the root of /proc.
const SETTINGS: &str = "sys/net/netfilter";

/// What becomes of a command whose filter asks for what the kernel does not note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnoted {
    /// It is said, and the command goes on: older flows may have it.
    Said,
    /// Nothing is touched.
    Refused,
}

/// Makes a filter ready to match flows.
pub fn settle(filter: &mut Filter, unnoted: Unnoted, cx: &mut Context) -> Result<(), Error> {
    require(filter.requires(), unnoted, cx)?;
    if filter.asks_for_local() {
        filter.name_local(&local_addresses().map_err(netlink::Error::from)?);
    }
    Ok(())
}

/// Looks whether settings of the kernel are on.
pub fn require(
    mut settings: Vec<Setting>,
    unnoted: Unnoted,
    cx: &mut Context,
) -> Result<(), Error> {
    settings.retain(|setting| is_off(*setting, cx));
    for setting in settings {
        let missing = Usage::SettingNeeded(setting.about, setting.name);
        match unnoted {
            Unnoted::Refused => return Err(missing.into()),
            Unnoted::Said => cx.notes.notice(format_args!("WARNING: {missing}")),
        }
    }
    Ok(())
}

/// A setting that cannot be read is taken to be on.
fn is_off(setting: Setting, cx: &Context) -> bool {
    let file = cx.proc.join(SETTINGS).join(setting.name);
    fs::read_to_string(file).is_ok_and(|text| text.trim() == "0")
}

/// The addresses of this namespace's interfaces.
fn local_addresses() -> io::Result<Vec<IpAddr>> {
    let address = |of: SockaddrStorage| {
        let v4 = of.as_sockaddr_in().map(|of| IpAddr::V4(of.ip()));
        v4.or_else(|| of.as_sockaddr_in6().map(|of| IpAddr::V6(of.ip())))
    };
    let interfaces = getifaddrs()?;
    Ok(interfaces
        .filter_map(|interface| interface.address.and_then(address))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Notes;
    use crate::field::field;
    use crate::filter::Test;
    use crate::output::{Kind, Output};
    use crate::stop::Stop;
    use std::path::Path;

    /// What settling a filter comes to where the setting of accounting holds a text: the refusal, or else what was said.
    fn settled(filter: &mut Filter, accounting: Option<&str>, unnoted: Unnoted) -> String {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join(SETTINGS);
        fs::create_dir_all(&directory).unwrap();
        if let Some(text) = accounting {
            fs::write(directory.join("nf_conntrack_acct"), text).unwrap();
        }
        let (mut said, stop) = (Vec::new(), Stop::default());
        let result = settle(
            filter,
            unnoted,
            &mut Context {
                out: Output::new(Vec::new(), Kind::Stream),
                notes: Notes::new(&mut said),
                quiet: false,
                proc: Path::new(root.path()),
                stop: &stop,
            },
        );
        result.map_or_else(
            |error| format!("{} {error}", error.exit_status()),
            |()| String::from_utf8(said).unwrap(),
        )
    }

    #[test]
    fn a_filter_by_what_the_kernel_does_not_note_is_refused_or_warned_of() {
        let bytes = || Filter::is(field("bytes"), Test::between(1, 9));
        let mark = || Filter::is(field("mark"), Test::number(1));
        let off =
            "the kernel does not count packets and bytes: net.netfilter.nf_conntrack_acct is 0";
        for (mut filter, accounting, unnoted, expected) in [
            (bytes(), Some("0\n"), Unnoted::Refused, format!("2 {off}")),
            (
                bytes(),
                Some("0\n"),
                Unnoted::Said,
                format!("WARNING: {off}\n"),
            ),
            (bytes(), Some("1\n"), Unnoted::Refused, String::new()),
            (bytes(), None, Unnoted::Refused, String::new()),
            (mark(), Some("0\n"), Unnoted::Refused, String::new()),
        ] {
            assert_eq!(settled(&mut filter, accounting, unnoted), expected);
        }
    }

    #[test]
    fn local_becomes_the_addresses_of_the_interfaces() {
        let mut filter = Filter::is(field("orig.src"), Test::Local);
        settled(&mut filter, None, Unnoted::Said);
        let tests = local_addresses().unwrap();
        let tests = tests.iter().map(|address| Test::address(*address, None));
        let named: Vec<Test> = std::iter::once(Test::Local).chain(tests).collect();
        assert_eq!(filter, Filter::one_of(field("orig.src"), named));
    }
}
