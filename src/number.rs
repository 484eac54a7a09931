//! Numbers as C reads them, but whole: what is not a number in range is an error, never zero.

/// A number of base 10, or of base 16 after `0x`, or of base 8 after `0`. Of negative numbers there is only -0.
pub fn any_base(text: &str) -> Option<u64> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    if let Some(magnitude) = text.strip_prefix('-') {
        return any_base(magnitude).filter(|value| *value == 0);
    }
    let digits = text.strip_prefix('+').unwrap_or(text);
    let (digits, base) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&digits[2..], 16),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits, 10),
    };
    digits_of(digits, base)
}

/// A number of base 10.
pub fn decimal(text: &str) -> Option<u64> {
    digits_of(text, 10)
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
        for text in ["", "+5", " 5", "0x10", "http"] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }
}
