//! Numbers as C reads them, but whole: what is not a number in range is an error, never zero.

/// A number of base 10, or of base 16 after `0x`, or of base 8 after `0`.
pub fn any_base(text: &str) -> Option<u64> {
    let digits = unsigned(text)?;
    match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => digits_of(&digits[2..], 16),
        [b'0', _, ..] => digits_of(&digits[1..], 8),
        _ => digits_of(digits, 10),
    }
}

/// A number of base 10.
pub fn decimal(text: &str) -> Option<u64> {
    digits_of(unsigned(text)?, 10)
}

/// Digits and nothing else.
pub fn digits(text: &str) -> Option<u64> {
    digits_of(text, 10)
}

/// What follows blanks and a `+`. Of negative numbers there is only -0.
fn unsigned(text: &str) -> Option<&str> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    match text.strip_prefix('-') {
        Some(zeros) if zeros.trim_start_matches('0').is_empty() => Some(zeros),
        Some(_) => None,
        None => Some(text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Unlike `from_str_radix`, takes no sign.
fn digits_of(digits: &str, base: u32) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain
        .then(|| u64::from_str_radix(digits, base).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_tells_the_base() {
        for (text, value) in [
            ("0", 0),
            ("12", 12),
            ("0x1F", 31),
            ("010", 8),
            ("+6", 6),
            (" 6", 6),
            ("-0", 0),
        ] {
            assert_eq!(any_base(text), Some(value), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_wholly_a_number_is_none() {
        for text in [
            "",
            "x",
            "6x",
            "08",
            "0x",
            "-1",
            "6 ",
            "++6",
            "0x-1",
            "99999999999999999999",
        ] {
            assert_eq!(any_base(text), None, "{text:?}");
        }
        for text in ["", "0x10", "http", "5 "] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
        for text in ["+5", " 5", "-0"] {
            assert_eq!(digits(text), None, "{text:?}");
        }
    }
}
