//! Words of a line, and bytes that are no text.

use std::ffi::OsString;
use std::iter::Peekable;
use std::os::unix::ffi::OsStringExt;

/// Splits as bash does: blanks separate, quotes and backslashes protect, and in `$'…'` a backslash begins what
/// `unescaped` knows.
pub fn split(line: &str) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut word = None::<Vec<u8>>;
    let mut quote = None;
    let mut bytes = line.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(b'\'' | b'$'), b'\'') | (Some(b'"'), b'"') => quote = None,
            (Some(b'$'), b'\\') => word.get_or_insert_default().extend(escape(&mut bytes)),
            (None | Some(b'"'), b'\\') => word.get_or_insert_default().extend(bytes.next()),
            (None, b'$') if bytes.next_if_eq(&b'\'').is_some() => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (None, b'\'' | b'"') => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (None, b' ' | b'\t') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words.into_iter().map(OsString::from_vec).collect()
}

/// What `\n`, `\r`, `\t`, `\xff` and a doubled backslash stand for. A backslash at the end of a line joins it with the
/// next.
pub fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => plain.extend(escape(&mut bytes)),
            _ => plain.push(byte),
        }
    }
    plain
}

/// What follows a backslash.
fn escape(bytes: &mut Peekable<impl Iterator<Item = u8>>) -> Option<u8> {
    Some(match bytes.next()? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'x' => {
            let digits: String = bytes.take(2).map(char::from).collect();
            u8::from_str_radix(&digits, 16).expect("two hexadecimal digits")
        }
        b'\n' => return None,
        other => other,
    })
}

/// Bytes as lines of text that no two outputs share, and that may stand in a file of blocks: what is not readable is
/// escaped, and a last line that does not end has a backslash there.
pub fn shown(bytes: &[u8]) -> String {
    let mut text = String::new();
    let escape = |text: &mut String, bytes: &[u8]| {
        text.extend(bytes.iter().map(|byte| format!("\\x{byte:02x}")));
    };
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\\' => text.push_str("\\\\"),
                '\n' | '\t' => text.push(letter),
                '@' if text.is_empty() || text.ends_with('\n') => escape(&mut text, b"@"),
                _ if letter.is_control() => escape(&mut text, letter.to_string().as_bytes()),
                _ => text.push(letter),
            }
        }
        escape(&mut text, chunk.invalid());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str("\\\n");
    }
    text
}

/// Bytes written as pairs of hexadecimal digits.
pub fn hexadecimal(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2);
    let byte = |place| {
        u8::from_str_radix(&text[place..place + 2], 16).expect("pairs of hexadecimal digits")
    };
    pairs.map(byte).collect()
}
