//! The bytes of a file of label names -> the map, which is the same when it is written down and read again.

#![no_main]

use conntrack_cli::labelmap;
use libfuzzer_sys::fuzz_target;

/// Labels of which every bit is set that may have a name.
const EVERY_BIT: [u8; 128] = [0xff; 128];

/// A longer line is read as several.
const LONGEST_LINE: usize = 1023;

fuzz_target!(|file: &[u8]| {
    let map = labelmap::parse(file);
    let names: Vec<&[u8]> = map.names_of(&EVERY_BIT).collect();
    let bits = names
        .iter()
        .map(|name| map.bit(name).expect("a bit of its own"));
    let bits: Vec<u16> = bits.collect();
    assert!(bits.is_sorted_by(|before, after| before < after), "{map:?}");
    for name in &names {
        let unfit = |byte: &u8| !byte.is_ascii_alphanumeric() && !b" -".contains(byte);
        assert!(!name.iter().any(unfit), "{}", name.escape_ascii());
    }
    if let Some(file) = written_down(&bits, &names) {
        assert_eq!(labelmap::parse(&file), map);
        assert_eq!(map.is_empty(), file.is_empty());
    }
});

/// A line for each bit, unless one would be too long.
fn written_down(bits: &[u16], names: &[&[u8]]) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    for (bit, name) in bits.iter().zip(names) {
        let line = [format!("{bit} ").as_bytes(), name].concat();
        if line.len() > LONGEST_LINE {
            return None;
        }
        file.extend([&line[..], b"\n"].concat());
    }
    Some(file)
}
