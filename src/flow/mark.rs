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
