//! Words of a line, and what they stand for.

/// Splits as a shell does: blanks separate, single and double quotes and backslashes protect.
pub fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some('\''), _) => word.get_or_insert_default().push(letter),
            (_, '\\') => word.get_or_insert_default().extend(letters.next()),
            (Some(_), _) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t') => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// What `\n`, `\r`, `\t`, `\x00` and a doubled backslash stand for.
pub fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let escape = if letter == '\\' { letters.next() } else { None };
        match escape {
            None => bytes.extend(letter.to_string().into_bytes()),
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('x') => {
                let digits: String = letters.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
            }
            Some(other) => bytes.extend(other.to_string().into_bytes()),
        }
    }
    bytes
}

/// Bytes written as pairs of hexadecimal digits.
pub fn hexadecimal(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2);
    let byte = |place| {
        u8::from_str_radix(&text[place..place + 2], 16).expect("pairs of hexadecimal digits")
    };
    pairs.map(byte).collect()
}
