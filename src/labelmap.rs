//! The file that gives label bits their names, a line `BIT NAME` each.

use crate::flow::LabelMap;
use crate::number;
use nix::libc::EFBIG;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Where iptables and the reference look for the names.
pub const DEFAULT_PATH: &str = "/etc/xtables/connlabel.conf";

/// What is longer than this is no file of names, as /dev/zero is none.
const LONGEST_FILE: u64 = 16 << 20;

/// The reference reads lines in pieces of so many bytes, of which each counts as a line.
const LONGEST_LINE: usize = 1023;

/// What a number may begin with where a digit of that base follows.
const PREFIXES: [(&[u8; 2], u32); 2] = [(b"0x", 16), (b"0b", 2)];

/// The map of a file, which is read once.
pub fn load(path: &Path) -> io::Result<Arc<LabelMap>> {
    static LOADED: LazyLock<Mutex<HashMap<PathBuf, Arc<LabelMap>>>> = LazyLock::new(Mutex::default);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(map) = loaded.get(path) {
        return Ok(Arc::clone(map));
    }
    let map = Arc::new(parse(&contents(path)?));
    loaded.insert(path.to_owned(), Arc::clone(&map));
    Ok(map)
}

fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?.take(LONGEST_FILE + 1);
    if file.read_to_end(&mut bytes)? as u64 > LONGEST_FILE {
        return Err(io::Error::from_raw_os_error(EFBIG));
    }
    Ok(bytes)
}

/// Whatever is no line of a map is passed over.
pub fn parse(file: &[u8]) -> LabelMap {
    let mut map = LabelMap::default();
    let lines = file.split(|byte| *byte == b'\n');
    for line in lines.flat_map(|line| line.chunks(LONGEST_LINE)) {
        if let Some((bit, name)) = entry(line) {
            map.name(bit, name);
        }
    }
    map
}

/// A number, and behind it or behind blanks a name of letters, digits, spaces and hyphens. A NUL ends a line, as in C.
fn entry(line: &[u8]) -> Option<(u64, &[u8])> {
    let line = line.split(|byte| *byte == 0).next()?;
    let (bit, rest) = leading_number(number::without_blanks(line))?;
    let name = number::without_blanks(rest);
    let end = name.iter().rposition(|byte| !number::is_blank(byte))?;
    let name = name.get(..=end)?;
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-');
    name.iter().all(allowed).then_some((bit, name))
}

/// The number that a text begins with, as strtoul reads it, and what follows. A negative one wraps around.
fn leading_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let prefixed = PREFIXES.into_iter().find_map(|(prefix, base)| {
        let (start, digits) = digits.split_at_checked(prefix.len())?;
        let number = leading_digits(digits, base)?;
        start.eq_ignore_ascii_case(prefix).then_some(number)
    });
    let base = if digits.starts_with(b"0") { 8 } else { 10 };
    let (number, rest) = prefixed.or_else(|| leading_digits(digits, base))?;
    let number = number?;
    Some((
        if negative {
            number.wrapping_neg()
        } else {
            number
        },
        rest,
    ))
}

/// The number of the digits that a text begins with, where it has any; none where they are too many.
fn leading_digits(text: &[u8], base: u32) -> Option<(Option<u64>, &[u8])> {
    let digit = |byte: &u8| char::from(*byte).to_digit(base).map(u64::from);
    let count = text.iter().map_while(digit).count();
    let number = text
        .iter()
        .map_while(digit)
        .try_fold(0u64, |number, digit| {
            number.checked_mul(base.into())?.checked_add(digit)
        });
    (count > 0).then_some((number, text.get(count..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Entry<'a> = Option<(u64, &'a [u8])>;

    /// Lines, and what 1.4.9 makes of them.
    const LINES: &[(&[u8], Entry)] = &[
        (b"0 zero", Some((0, b"zero"))),
        (b"0zero", Some((0, b"zero"))),
        (b"0-a", Some((0, b"-a"))),
        (b"0--1", Some((0, b"--1"))),
        (b"08 a", Some((0, b"8 a"))),
        (b"8a", Some((8, b"a"))),
        (b"0a b", Some((0, b"a b"))),
        (b"5e1 a", Some((5, b"e1 a"))),
        (b"0x", Some((0, b"x"))),
        (b"0x a", Some((0, b"x a"))),
        (b"0xzero", Some((0, b"xzero"))),
        (b"0x5a b", Some((0x5a, b"b"))),
        (b"0X5g", Some((5, b"g"))),
        (b"0b2", Some((0, b"b2"))),
        (b"0B11a", Some((3, b"a"))),
        (b"00x1", Some((0, b"x1"))),
        (b"0", None),
        (b"00 a", Some((0, b"a"))),
        (b"010 a", Some((8, b"a"))),
        (b"5 5 5", Some((5, b"5 5"))),
        (b"55", None),
        (b"5-", Some((5, b"-"))),
        (b"+5 a", Some((5, b"a"))),
        (b"+-5 a", None),
        (b"+ 5 a", None),
        (b"-0 a", Some((0, b"a"))),
        (b"-18446744073709551611 a", Some((5, b"a"))),
        (b"-18446744073709551616 a", None),
        (b"99999999999999999999 a", None),
        (b"\r\x0b\x0c\t 5 a", Some((5, b"a"))),
        (b"5\r\x0b\x0c\t a", Some((5, b"a"))),
        (b"5 a\r", Some((5, b"a"))),
        (b"5 a\r\x0b\x0c\t ", Some((5, b"a"))),
        (b"5 a\r b", None),
        (b"5 a\tb", None),
        (b"5  a  b", Some((5, b"a  b"))),
        (b"5 \r", None),
        (b"5 ", None),
        (b"5", None),
        (b"", None),
        (b"x", None),
        (b"# 5 a", None),
        (b"5 a # b", None),
        (b"5 a_b", None),
        (b"5.5 a", None),
        (b"5,a", None),
        (b"5 a\0b", Some((5, b"a"))),
        (b"5 \0a", None),
        (b"\x005 a", None),
        (b"5 a\xff", None),
        (b"5\xa0a", None),
        (b"\xef\xbb\xbf5 a", None),
    ];

    #[test]
    fn a_line_is_a_bit_and_its_name() {
        for (line, expected) in LINES {
            assert_eq!(entry(line), *expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn a_line_that_is_too_long_goes_on_as_another() {
        let line = [&b"5 "[..], &[b'a'; 1021], b"6 b"].concat();
        assert_eq!(parse(&line).bit(b"b"), Some(6));
        assert_eq!(parse(&line).bit(&[b'a'; 1021]), Some(5));
        let comment = [&b"#"[..], &[b'x'; 1021], b"7 c"].concat();
        assert!(parse(&comment).is_empty());
    }

    #[test]
    fn lines_end_in_line_feeds_with_or_without_carriage_returns() {
        let map = parse(b"0 zero\r\n\r\n1one\n\n2 two");
        let bits = ["zero", "one", "two"].map(|name| map.bit(name.as_bytes()));
        assert_eq!(bits, [Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn a_file_without_end_is_an_error() {
        let error = load(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(EFBIG));
    }

    #[test]
    fn a_file_is_read_once() {
        let path = Path::new("/dev/null");
        assert!(Arc::ptr_eq(&load(path).unwrap(), &load(path).unwrap()));
    }
}
