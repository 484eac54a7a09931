//! A mark, and the bits of it that are meant.

/// A value and a mask, as `-m VALUE/MASK` gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskedMark {
    pub value: u32,
    pub mask: u32,
}

impl MaskedMark {
    /// Whether the bits of a mark that are in the mask make exactly the value.
    pub fn matches(self, mark: u32) -> bool {
        mark & self.mask == self.value
    }

    /// A mark with the bits of the mask cleared, and then those of the value flipped.
    pub fn applied_to(self, mark: u32) -> u32 {
        (mark & !self.mask) ^ self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_matches_where_its_masked_bits_are_the_value() {
        for (value, mask, mark, matches) in [
            (5, u32::MAX, 5, true),
            (5, u32::MAX, 7, false),
            (4, 4, 7, true),
            (4, 4, 3, false),
            (0, 0, 9, true),
            (6, 4, 6, false),
        ] {
            let masked = MaskedMark { value, mask };
            assert_eq!(masked.matches(mark), matches, "{masked:?} {mark}");
        }
    }

    #[test]
    fn a_change_clears_the_mask_and_flips_the_value() {
        for (value, mask, mark, changed) in [
            (5, u32::MAX, 7, 5),
            (4, 4, 3, 7),
            (0, 4, 7, 3),
            (1, 0, 3, 2),
            (0, 0, 9, 9),
        ] {
            let masked = MaskedMark { value, mask };
            assert_eq!(masked.applied_to(mark), changed, "{masked:?} {mark}");
        }
    }
}
