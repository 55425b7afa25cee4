//! Which pixels have to be computed again, since something that they are made of has changed.

use std::ops::Range;

use crate::plane::VECTOR;

/// Bits of a word.
const WORD: usize = u64::BITS as usize;

/// A bit for each pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    width: usize,
    height: usize,
    /// Of a row.
    words: usize,
    bits: Vec<u64>,
    /// What is grown into; its content means nothing.
    scratch: Vec<u64>,
}

impl Change {
    /// None yet.
    pub fn new(width: usize, height: usize) -> Self {
        let words = width.div_ceil(WORD);
        let bits = vec![0; words * height];
        Self { width, height, words, scratch: bits.clone(), bits }
    }

    /// All pixels.
    pub fn fill(&mut self) {
        self.bits.fill(u64::MAX);
        self.trim();
    }

    /// Exactly the pixels of `luma` (rows `stride` apart) that are further from `seen` than `tolerance`. There `seen` becomes what they
    /// are, and elsewhere it stays: so it is what everything was made of, however slowly pictures change.
    pub fn look(&mut self, luma: &[u8], stride: usize, seen: &mut [u8], tolerance: u8) {
        self.bits.fill(0);
        let rows = luma.chunks(stride).zip(seen.chunks_exact_mut(self.width));
        for ((luma, seen), bits) in rows.zip(self.bits.chunks_exact_mut(self.words)) {
            let words = luma[..self.width].chunks(WORD).zip(seen.chunks_mut(WORD));
            for ((luma, seen), bits) in words.zip(bits) {
                if luma == seen {
                    continue;
                }
                for (x, (new, old)) in luma.iter().zip(seen).enumerate() {
                    if new.abs_diff(*old) > tolerance {
                        *bits |= 1 << x;
                        *old = *new;
                    }
                }
            }
        }
    }

    /// Whatever sees one of them at a distance of up to `half` rows and columns.
    pub fn grow(&mut self, half: usize) {
        for _ in 0..half {
            for row in self.bits.chunks_exact_mut(self.words) {
                widen(row);
            }
            self.scratch.copy_from_slice(&self.bits);
            for y in 0..self.height {
                let above = y.checked_sub(1);
                let below = (y + 1 < self.height).then_some(y + 1);
                for from in [above, below].into_iter().flatten() {
                    for word in 0..self.words {
                        self.scratch[y * self.words + word] |= self.bits[from * self.words + word];
                    }
                }
            }
            std::mem::swap(&mut self.bits, &mut self.scratch);
        }
        self.trim();
    }

    /// How many pixels.
    pub fn count(&self) -> usize {
        self.bits.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The runs of vectors in a row that hold one.
    pub fn runs(&self, y: usize) -> impl Iterator<Item = Range<usize>> {
        let row = &self.bits[y * self.words..][..self.words];
        let vectors = self.width.div_ceil(VECTOR);
        let holds_one = move |vector: usize| {
            let first = vector * VECTOR;
            row[first / WORD] >> (first % WORD) & ((1 << VECTOR) - 1) != 0
        };
        let mut from = 0;
        std::iter::from_fn(move || {
            let start = (from..vectors).find(|vector| holds_one(*vector))?;
            let end = (start..vectors).find(|vector| !holds_one(*vector)).unwrap_or(vectors);
            from = end;
            Some(start..end)
        })
    }

    /// No pixels beyond a row's end.
    fn trim(&mut self) {
        let behind = self.width % WORD;
        if behind > 0 {
            for row in self.bits.chunks_exact_mut(self.words) {
                row[self.words - 1] &= (1 << behind) - 1;
            }
        }
    }
}

/// Each bit, and its neighbours.
fn widen(row: &mut [u64]) {
    let mut left = 0;
    for index in 0..row.len() {
        let here = row[index];
        let right = row.get(index + 1).copied().unwrap_or(0);
        row[index] = here | here << 1 | here >> 1 | left >> (WORD - 1) | right << (WORD - 1);
        left = here;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_grow_in_all_directions_and_not_out_of_the_picture() {
        let mut change = Change::new(130, 5);
        let mut seen = vec![0; 130 * 5];
        let mut luma = seen.clone();
        luma[2 * 130 + 63] = 9;
        luma[129] = 9;
        luma[4 * 130] = 1;
        change.look(&luma, 130, &mut seen, 1);
        assert_eq!(change.count(), 2, "one is within the tolerance");
        assert_eq!((seen[2 * 130 + 63], seen[4 * 130]), (9, 0), "what was tolerated is remembered as it was");
        change.grow(2);
        assert_eq!(change.count(), 25 + 9, "a square in the middle, a quarter of one in the corner");
        let runs = |change: &Change, y| change.runs(y).map(|run| (run.start, run.end)).collect::<Vec<_>>();
        assert_eq!(runs(&change, 0), [(3, 5), (7, 9)]);
        assert_eq!(runs(&change, 2), [(3, 5), (7, 9)]);
        assert_eq!(runs(&change, 4), [(3, 5)]);
        change.fill();
        assert_eq!((change.count(), runs(&change, 1)), (650, vec![(0, 9)]));
    }
}
