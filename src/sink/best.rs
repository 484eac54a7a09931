//! The first of many things in their order.

use std::collections::BinaryHeap;

/// Keeps as many as are wanted and no more.
#[derive(Debug)]
pub struct Best<T> {
    wanted: usize,
    /// The last of them on top.
    kept: BinaryHeap<T>,
}

impl<T: Ord> Best<T> {
    /// Keeps all where no number is given.
    pub fn new(wanted: Option<usize>) -> Best<T> {
        Best {
            wanted: wanted.unwrap_or(usize::MAX),
            kept: BinaryHeap::new(),
        }
    }

    /// What any other thing must come before to be kept, once there is no more room.
    pub fn last(&self) -> Option<&T> {
        self.kept.peek().filter(|_| self.kept.len() >= self.wanted)
    }

    pub fn offer(&mut self, thing: T) {
        if self.kept.len() < self.wanted {
            self.kept.push(thing);
        } else if let Some(mut last) = self.kept.peek_mut() {
            if thing < *last {
                *last = thing;
            }
        }
    }

    pub fn take_sorted(&mut self) -> Vec<T> {
        let mut kept = std::mem::take(&mut self.kept).into_vec();
        kept.sort_unstable();
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_kept_and_no_more() {
        let things = [5, 3, 9, 1, 3, 7];
        for (wanted, kept) in [
            (None, &[1, 3, 3, 5, 7, 9][..]),
            (Some(10), &[1, 3, 3, 5, 7, 9]),
            (Some(3), &[1, 3, 3]),
            (Some(1), &[1]),
            (Some(0), &[]),
        ] {
            let mut best = Best::new(wanted);
            for thing in things {
                best.offer(thing);
                assert!(best.kept.len() <= wanted.unwrap_or(usize::MAX));
            }
            assert_eq!(best.take_sorted(), kept, "{wanted:?}");
        }
    }

    #[test]
    fn a_limit_shows_once_there_is_no_more_room() {
        let mut best = Best::new(Some(2));
        for (thing, last) in [(5, None), (3, Some(5)), (9, Some(5)), (1, Some(3))] {
            best.offer(thing);
            assert_eq!(best.last().copied(), last);
        }
    }
}
