//! Bytes inside messages. What is typed need not be text, and an error shows it as it was typed all the same.

use std::fmt::{self, Display, Formatter, Write};

/// Bytes that a message shows.
///
/// Messages are strings until they are written. So a byte that is no part of a UTF-8 character travels as one of 256
/// characters set aside for private use, from which [`to_bytes`] makes the byte again.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Vec<u8>);

/// The character that stands for byte 0.
const FIRST: u32 = 0x10_FE00;

/// What is shown of a text that may be of any length, in bytes.
const LONGEST: usize = 200;

impl Text {
    /// Cuts it where it is too long to read, and no character in two.
    pub fn cut(&mut self) {
        if self.0.len() > LONGEST {
            let mut before = LONGEST - 3..LONGEST;
            let end = before.find(|start| self.has_character_across(*start, LONGEST));
            self.0.truncate(end.unwrap_or(LONGEST));
            self.0.extend_from_slice("…".as_bytes());
        }
    }

    /// Whether a character begins at one place and ends behind another. Not all bytes need be text.
    fn has_character_across(&self, start: usize, place: usize) -> bool {
        (2..=4).any(|width| {
            let bytes = self.0.get(start..start + width).unwrap_or_default();
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            start + width > place && text.chars().count() == 1
        })
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Text {
        Text(bytes.to_vec())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(text.into())
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match byte(character) {
                    // Somebody typed a character that was set aside.
                    Some(_) => stand_ins(f, character.encode_utf8(&mut [0; 4]).as_bytes())?,
                    None => f.write_char(character)?,
                }
            }
            stand_ins(f, chunk.invalid())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

fn stand_ins(f: &mut Formatter, bytes: &[u8]) -> fmt::Result {
    let characters = bytes.iter().map(|byte| FIRST + u32::from(*byte));
    characters
        .filter_map(char::from_u32)
        .try_for_each(|character| f.write_char(character))
}

/// The byte that a character stands for, if it is one of those set aside.
fn byte(character: char) -> Option<u8> {
    u8::try_from(u32::from(character).checked_sub(FIRST)?).ok()
}

/// A message as it is written: the bytes in it are as they were typed.
pub fn to_bytes(message: impl Display) -> Vec<u8> {
    let mut bytes = Vec::new();
    for character in message.to_string().chars() {
        match byte(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// Appends what somebody else has said, so that it ends no line and moves no cursor: control characters and what is not
/// UTF-8 as `\x1b`, a backslash doubled, and likewise whatever is `special` to those who read it.
pub fn escape(out: &mut Vec<u8>, said: &[u8], special: impl Fn(char) -> bool) {
    // XML knows no such characters, and nobody means them.
    let unsafe_ = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    for chunk in said.utf8_chunks() {
        for character in chunk.valid().chars() {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).as_bytes();
            match character {
                '\\' => out.extend_from_slice(b"\\\\"),
                c if unsafe_(c) || special(c) => hexadecimal(out, bytes),
                _ => out.extend_from_slice(bytes),
            }
        }
        hexadecimal(out, chunk.invalid());
    }
}

fn hexadecimal(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_holds_the_very_bytes() {
        for typed in [
            &b""[..],
            b"plain",
            "ünicöde €".as_bytes(),
            b"\xff",
            b"a\xc3",
            b"\xc3\xa9\xa9",
            b"\0",
            "\u{10FE41}\u{10FEFF}".as_bytes(),
            b"\xf4\x8f\xb9",
        ] {
            let message = format!("bad value `{}' here", Text::from(typed));
            let expected = [b"bad value `", typed, b"' here"].concat();
            assert_eq!(to_bytes(message), expected, "{typed:?}");
        }
    }

    #[test]
    fn what_others_say_is_escaped() {
        let escaped = |said: &[u8]| {
            let mut out = Vec::new();
            escape(&mut out, said, |character| character == ' ');
            String::from_utf8(out).unwrap()
        };
        for (said, expected) in [
            (&b"conntrack"[..], "conntrack"),
            ("ünï".as_bytes(), "ünï"),
            (b"x\n-F", r"x\x0a-F"),
            (b"\x1b[2J", r"\x1b[2J"),
            (b"a\\x41", r"a\\x41"),
            (b"\xff\xc3", r"\xff\xc3"),
            ("\u{9b}0".as_bytes(), r"\xc2\x9b0"),
            ("\u{ffff}".as_bytes(), r"\xef\xbf\xbf"),
            (b"q -m 9", r"q\x20-m\x209"),
            (b"\0\x7f", r"\x00\x7f"),
        ] {
            assert_eq!(escaped(said), expected, "{said:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let cut = |text: &str| {
            let mut text = Text::from(text);
            text.cut();
            text.to_string()
        };
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(cut(&"x".repeat(201)), format!("{}…", "x".repeat(200)));
        for before in 0..4 {
            let start = "x".repeat(200 - before);
            assert_eq!(cut(&format!("{start}\u{10fffe}")), format!("{start}…"));
        }
        // Three bytes that continue no character stand behind one that ends with such.
        let mut bytes = "x".repeat(194).into_bytes();
        bytes.extend("\u{4a28a}".bytes().chain([0x8a; 5]));
        let mut text = Text::from(&bytes[..]);
        text.cut();
        assert_eq!(text.0, [&bytes[..200], "…".as_bytes()].concat());
    }
}
