//! The weights of two packages as the steps between them.
//!
//! Half-precision numbers in ascending order are bit patterns in ascending order, once the sign is taken care of. The
//! step from the old number to the new one is how many representable numbers it goes up or down; zigzag folds the sign
//! into the lowest bit. Small steps have small codes, whose high bytes are mostly alike: deflate gets them as a plane of
//! their own. The planes are in the order of the old numbers' magnitude, the largest first: training moves all weights
//! about equally far, which is many steps for small numbers and few for large ones, so that like comes beside like.

use std::cmp::Reverse;

/// Sign of a half-precision number.
const SIGN: u16 = 0x8000;

/// Steps from `old` to `new`: half-precision numbers in little-endian order, equally many. Answers their zigzag codes
/// as a plane of low bytes and one of high bytes.
pub(super) fn subtract(old: &[u8], new: &[u8]) -> [Vec<u8>; 2] {
    let old = numbers(old);
    let new = numbers(new);
    let code = |index: usize| zigzag(rank(new[index]).wrapping_sub(rank(old[index])));
    let codes: Vec<[u8; 2]> = by_magnitude(&old).into_iter().map(|index| code(index).to_le_bytes()).collect();
    [0, 1].map(|byte| codes.iter().map(|code| code[byte]).collect())
}

/// The new numbers from the old ones and both planes; none if they are not equally many.
pub(super) fn add(old: &[u8], planes: &[u8]) -> Option<Vec<u8>> {
    if old.len() != planes.len() {
        return None;
    }
    let old = numbers(old);
    let (low, high) = planes.split_at(old.len());
    let mut new = vec![0; planes.len()];
    for ((index, low), high) in by_magnitude(&old).into_iter().zip(low).zip(high) {
        let step = unzigzag(u16::from_le_bytes([*low, *high]));
        let number = unrank(rank(old[index]).wrapping_add(step));
        new[2 * index..][..2].copy_from_slice(&number.to_le_bytes());
    }
    Some(new)
}

fn numbers(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// Places of the largest numbers first, of equal ones as they come.
fn by_magnitude(numbers: &[u16]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..numbers.len()).collect();
    // Stable, because both ends have to come to the same order of equal numbers.
    places.sort_by_key(|&place| Reverse(numbers[place] & !SIGN));
    places
}

/// Place of a half-precision number among all of them.
fn rank(number: u16) -> u16 {
    if number & SIGN == 0 { number | SIGN } else { !number }
}

fn unrank(rank: u16) -> u16 {
    if rank & SIGN == 0 { !rank } else { rank & !SIGN }
}

fn zigzag(step: u16) -> u16 {
    (step << 1) ^ (step as i16 >> 15) as u16
}

fn unzigzag(code: u16) -> u16 {
    (code >> 1) ^ (code & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    #[test]
    fn ranks_ascend_as_the_numbers_do() {
        let numbers = [-65504.0, -1.0, -6e-8, -0.0, 0.0, 6e-8, 6.1e-5, 1.0, 1.001, 65504.0];
        let ranks = numbers.map(|number| rank(f16::from_f32(number).to_bits()));
        assert!(ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
        assert_eq!(ranks[4] - ranks[3], 1, "the two zeros are neighbours");
        for bits in 0..=u16::MAX {
            assert_eq!(unrank(rank(bits)), bits);
        }
    }

    #[test]
    fn small_steps_have_small_codes() {
        let steps: [i16; 6] = [0, -1, 1, -2, 2, i16::MIN];
        assert_eq!(steps.map(|step| zigzag(step as u16)), [0, 1, 2, 3, 4, u16::MAX]);
        for step in 0..=u16::MAX {
            assert_eq!(unzigzag(zigzag(step)), step);
        }
    }

    #[test]
    fn planes_begin_with_the_largest_number() {
        let file = |numbers: [f32; 3]| numbers.map(|number| f16::from_f32(number).to_le_bytes()).concat();
        let (old, new) = (file([0.0, -2.0, 0.5]), file([0.0, -2.0, 1.0]));
        let [low, high] = subtract(&old, &new);
        // From 0.5 to 1 the exponent goes up by one: 1024 steps, 2048 in zigzag.
        assert_eq!((low.as_slice(), high.as_slice()), (&[0, 0, 0][..], &[0, 8, 0][..]));
        assert_eq!(add(&old, &[low, high].concat()), Some(new));
        assert_eq!(add(&old, &[0; 5]), None);
    }
}
