//! Connection labels: 128 bits a flow, which a file gives names.

use crate::number;
use std::io::{self, BufRead};
use std::path::Path;

/// Where iptables and the reference look for the names.
pub const DEFAULT_PATH: &str = "/etc/xtables/connlabel.conf";

/// The highest bit that a map may name.
const MAX_BIT: u16 = 1023;

/// The names of label bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelMap {
    /// Bit and name, in the order of the bits; a bit or a name occurs once.
    names: Vec<(u16, String)>,
}

impl LabelMap {
    /// Reads a map from a file of lines `BIT NAME`. Whatever is not such a line is passed over.
    pub fn load(path: &Path) -> io::Result<LabelMap> {
        LabelMap::read(io::BufReader::new(std::fs::File::open(path)?))
    }

    pub fn read(lines: impl BufRead) -> io::Result<LabelMap> {
        let mut map = LabelMap::default();
        for line in lines.split(b'\n') {
            if let Some((bit, name)) = entry(&line?) {
                map.add(bit, name);
            }
        }
        map.names.sort_unstable_by_key(|&(bit, _)| bit);
        Ok(map)
    }

    fn add(&mut self, bit: u16, name: String) {
        if !self.names.iter().any(|(b, n)| *b == bit || *n == name) {
            self.names.push((bit, name));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn bit(&self, name: &str) -> Option<u16> {
        self.names
            .iter()
            .find(|(_, n)| n == name)
            .map(|&(bit, _)| bit)
    }

    /// The names of the bits that are set, lowest first.
    pub fn names_of<'m>(&'m self, labels: &'m [u8]) -> impl Iterator<Item = &'m str> {
        self.names
            .iter()
            .filter(|(bit, _)| is_set(labels, *bit))
            .map(|(_, name)| name.as_str())
    }
}

/// Whether a label's bit is set in CTA_LABELS, an array of 32-bit words in host byte order seen as bytes.
pub fn is_set(labels: &[u8], bit: u16) -> bool {
    let (byte, mask) = position(bit);
    labels.get(byte).is_some_and(|b| b & mask != 0)
}

/// Sets a bit, making the array longer (in whole words) where it must be.
pub fn set(labels: &mut Vec<u8>, bit: u16) {
    let (byte, mask) = position(bit);
    if labels.len() <= byte {
        labels.resize((byte / 4 + 1) * 4, 0);
    }
    labels[byte] |= mask;
}

/// Clears a bit, where the array has it.
pub fn clear(labels: &mut [u8], bit: u16) {
    let (byte, mask) = position(bit);
    if let Some(byte) = labels.get_mut(byte) {
        *byte &= !mask;
    }
}

/// The byte and the mask in it of a bit. The kernel numbers bits within machine words.
fn position(bit: u16) -> (usize, u8) {
    let byte = usize::from(bit / 8);
    let byte = if cfg!(target_endian = "big") {
        byte ^ (size_of::<usize>() - 1)
    } else {
        byte
    };
    (byte, 1 << (bit % 8))
}

fn entry(line: &[u8]) -> Option<(u16, String)> {
    let line = std::str::from_utf8(line)
        .ok()?
        .trim_start_matches([' ', '\t']);
    let (bit, name) = line.split_once([' ', '\t'])?;
    let bit = number::any_base(bit).and_then(|bit| u16::try_from(bit).ok());
    let bit = bit.filter(|bit| *bit <= MAX_BIT)?;
    let name = name.trim_matches([' ', '\t']);
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
    (!name.is_empty() && name.chars().all(allowed)).then(|| (bit, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_keeps_the_first_name_of_a_bit_and_the_first_bit_of_a_name() {
        let lines = "# comment\n0 zero\n 0x5 five\n010 two words \n5 again\n6 zero\n7 bad_name\n1024 far\n9";
        let map = LabelMap::read(lines.as_bytes()).unwrap();
        let named = |name| map.bit(name);
        assert_eq!(
            (named("zero"), named("five"), named("two words")),
            (Some(0), Some(5), Some(8))
        );
        assert_eq!(
            (named("again"), named("bad_name"), named("far")),
            (None, None, None)
        );
    }

    #[test]
    fn bits_that_are_set_have_their_names_lowest_first() {
        let map = LabelMap::read("127 last\n1 one\n2 two\n".as_bytes()).unwrap();
        let mut labels = Vec::new();
        set(&mut labels, 127);
        set(&mut labels, 1);
        assert_eq!(labels.len(), 16);
        assert_eq!(map.names_of(&labels).collect::<Vec<_>>(), ["one", "last"]);
        clear(&mut labels, 1);
        assert!(!is_set(&labels, 1) && is_set(&labels, 127) && !is_set(&labels, 1000));
    }
}
