//! Numbers as C reads them, but whole: what is not a number in range is an error, never zero.

/// A number of base 10, or of base 16 after `0x`, or of base 8 after `0`.
pub fn any_base(text: &[u8]) -> Option<u64> {
    prefixed(unsigned(text)?)
}

/// The same without blanks and sign before it.
pub fn prefixed(digits: &[u8]) -> Option<u64> {
    match digits {
        [b'0', b'x' | b'X', hexadecimal @ ..] => digits_of(hexadecimal, 16),
        [b'0', octal @ ..] if !octal.is_empty() => digits_of(octal, 8),
        _ => digits_of(digits, 10),
    }
}

/// A number of base 10.
pub fn decimal(text: &[u8]) -> Option<u64> {
    digits_of(unsigned(text)?, 10)
}

/// Digits and nothing else.
pub fn digits(text: &[u8]) -> Option<u64> {
    digits_of(text, 10)
}

/// Whether C takes a byte for a blank: unlike `is_ascii_whitespace`, this counts the vertical tab.
pub fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// A text from its first byte on that is no blank.
pub fn without_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| is_blank(byte)).count();
    text.get(blanks..).unwrap_or_default()
}

/// What follows blanks and a `+`. Of negative numbers there is only -0.
fn unsigned(text: &[u8]) -> Option<&[u8]> {
    match without_blanks(text) {
        [b'-', zeros @ ..] => zeros.iter().all(|zero| *zero == b'0').then_some(zeros),
        [b'+', digits @ ..] => Some(digits),
        digits => Some(digits),
    }
}

fn digits_of(digits: &[u8], base: u32) -> Option<u64> {
    let (first, rest) = digits.split_first()?;
    let digit = |byte: &u8| char::from(*byte).to_digit(base).map(u64::from);
    rest.iter().try_fold(digit(first)?, |number, byte| {
        number.checked_mul(base.into())?.checked_add(digit(byte)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader, and texts with what it makes of them.
    type Table<'a> = (fn(&[u8]) -> Option<u64>, &'a [(&'a [u8], Option<u64>)]);

    const TABLES: [Table; 4] = [
        (
            any_base,
            &[
                (b"0", Some(0)),
                (b"12", Some(12)),
                (b"0x1F", Some(31)),
                (b"0X1f", Some(31)),
                (b"010", Some(8)),
                (b"00", Some(0)),
                (b"+6", Some(6)),
                (b" \t\n\x0b\x0c\r6", Some(6)),
                (b" +6", Some(6)),
                (b"-0", Some(0)),
                (b"-00", Some(0)),
                (b"18446744073709551615", Some(u64::MAX)),
                (b"0xffffffffffffffff", Some(u64::MAX)),
                (b"18446744073709551616", None),
                (b"99999999999999999999", None),
                (b"", None),
                (b" ", None),
                (b"+", None),
                (b"-", None),
                (b"x", None),
                (b"6x", None),
                (b"08", None),
                (b"0x", None),
                (b"0xg", None),
                (b"0b1", None),
                (b"-1", None),
                (b"6 ", None),
                (b"+ 6", None),
                (b"++6", None),
                (b"+-0", None),
                (b"0x-1", None),
                (b"6\0", None),
                (b"\xff", None),
                (b"6\xff", None),
            ],
        ),
        (
            prefixed,
            &[
                (b"0x10", Some(16)),
                (b"010", Some(8)),
                (b"+1", None),
                (b" 1", None),
                (b"-0", None),
            ],
        ),
        (
            decimal,
            &[
                (b"010", Some(10)),
                (b" +5", Some(5)),
                (b"-0", Some(0)),
                (b"0x10", None),
                (b"http", None),
                (b"5 ", None),
                (b"", None),
            ],
        ),
        (
            digits,
            &[
                (b"080", Some(80)),
                (b"+5", None),
                (b" 5", None),
                (b"-0", None),
                (b"", None),
            ],
        ),
    ];

    #[test]
    fn a_number_is_read_whole_or_not_at_all() {
        for (read, table) in TABLES {
            for (text, expected) in table {
                assert_eq!(
                    read(text),
                    *expected,
                    "{:?}",
                    text.escape_ascii().to_string()
                );
            }
        }
    }
}
