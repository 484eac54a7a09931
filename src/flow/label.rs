//! Connection labels: 128 bits a flow, and names for bits.

/// The highest bit that may have a name.
const MAX_BIT: u16 = 1023;

/// The names of label bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelMap {
    /// Bit and name, in the order of the bits; a bit or a name occurs once.
    names: Vec<(u16, Vec<u8>)>,
}

impl LabelMap {
    /// Names a bit, unless there is no such bit, or the bit has a name or the name a bit.
    pub fn name(&mut self, bit: u64, name: &[u8]) {
        let bit = u16::try_from(bit).ok().filter(|bit| *bit <= MAX_BIT);
        let place = bit.map(|bit| self.names.binary_search_by_key(&bit, |(bit, _)| *bit));
        if let (Some(bit), Some(Err(place)), None) = (bit, place, self.bit(name)) {
            self.names.insert(place, (bit, name.to_vec()));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn bit(&self, name: &[u8]) -> Option<u16> {
        let named = self.names.iter().find(|(_, known)| known == name);
        named.map(|(bit, _)| *bit)
    }

    pub fn name_of(&self, bit: u16) -> Option<&[u8]> {
        let place = self.names.binary_search_by_key(&bit, |(bit, _)| *bit);
        let named = place.ok().and_then(|place| self.names.get(place));
        named.map(|(_, name)| name.as_slice())
    }

    /// The names of the bits that are set, lowest first.
    pub fn names_of<'m>(&'m self, labels: &'m [u8]) -> impl Iterator<Item = &'m [u8]> {
        self.names
            .iter()
            .filter(|(bit, _)| is_set(labels, *bit))
            .map(|(_, name)| name.as_slice())
    }
}

/// Whether a label's bit is set in CTA_LABELS, an array of 32-bit words in host byte order seen as bytes.
pub fn is_set(labels: &[u8], bit: u16) -> bool {
    let (byte, mask) = position(bit);
    labels.get(byte).is_some_and(|b| b & mask != 0)
}

/// The bits that are set, lowest first.
pub fn bits(labels: &[u8]) -> impl Iterator<Item = u16> {
    // The last machine word may be cut short, of which big-endian machines have the highest bits first.
    let whole = labels.len().next_multiple_of(size_of::<usize>());
    let all = u16::try_from(whole * 8).unwrap_or(u16::MAX);
    (0..all).filter(|bit| is_set(labels, *bit))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn map(names: &[(u64, &[u8])]) -> LabelMap {
        let mut map = LabelMap::default();
        names.iter().for_each(|(bit, name)| map.name(*bit, name));
        map
    }

    #[test]
    fn a_map_keeps_the_first_name_of_a_bit_and_the_first_bit_of_a_name() {
        let map = map(&[
            (5, b"five"),
            (0, b"zero"),
            (5, b"again"),
            (6, b"zero"),
            (7, b"again"),
            (1023, b"last"),
            (1024, b"far"),
            (u64::MAX, b"farther"),
        ]);
        let table: &[(&[u8], Option<u16>)] = &[
            (b"zero", Some(0)),
            (b"five", Some(5)),
            (b"again", Some(7)),
            (b"last", Some(1023)),
            (b"far", None),
            (b"farther", None),
            (b"ZERO", None),
            (b"", None),
        ];
        for (name, bit) in table {
            assert_eq!(map.bit(name), *bit, "{}", name.escape_ascii());
        }
    }

    #[test]
    fn bits_that_are_set_have_their_names_lowest_first() {
        let map = map(&[(127, b"last"), (1, b"one"), (2, b"two"), (600, b"far")]);
        let mut labels = Vec::new();
        set(&mut labels, 127);
        set(&mut labels, 1);
        assert_eq!(labels.len() % 4, 0);
        let names: Vec<_> = map.names_of(&labels).collect();
        assert_eq!(names, [&b"one"[..], b"last"]);
        assert_eq!(bits(&labels).collect::<Vec<_>>(), [1, 127]);
        assert_eq!((map.name_of(1), map.name_of(3)), (Some(&b"one"[..]), None));
        clear(&mut labels, 1);
        assert!(!is_set(&labels, 1) && is_set(&labels, 127) && !is_set(&labels, 1000));
    }
}
