//! AVX2 with FMA. `vpmaddubsw` would saturate sums of two products, or take activations of seven bits; even and odd bytes as words and
//! `vpmaddwd` are exact. A tile is two vectors of pixels and four outputs.
#![expect(unsafe_code, reason = "loads and stores of vectors go through pointers")]
// Loops over a tile go by index: those are unrolled, iterators side by side are not.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_cvtepi32_ps, _mm256_cvtps_epi32, _mm256_fmadd_ps,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_packs_epi16, _mm256_packs_epi32, _mm256_packus_epi16,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setr_epi32, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_srai_epi16, _mm256_srli_epi16, _mm256_storeu_si256,
};

use super::row::Row;
use crate::quantise::{Finish, GROUP};

/// Pixels and bytes of a vector.
const PIXELS: usize = 8;
const BYTES: usize = PIXELS * GROUP;

/// Vectors of a tile: eight sums, four halves of inputs and two of weights fill the registers.
const TILE: usize = 2;

pub(super) fn row(row: Row<'_>) {
    row.check();
    // SAFETY: `Instructions::available` hands this set out where the machine has it, and what is read and written has been checked.
    unsafe {
        match row.numbers.finish {
            Finish::Byte => rows::<{ Finish::Byte as u8 }>(row),
            Finish::Sum => rows::<{ Finish::Sum as u8 }>(row),
            Finish::Signed => rows::<{ Finish::Signed as u8 }>(row),
        }
    }
}

/// # Safety
/// The machine has these instructions, and [`Row::check`] has not panicked.
#[target_feature(enable = "avx2,fma")]
unsafe fn rows<const FINISH: u8>(row: Row<'_>) {
    let Row { numbers, distances, input, start, vectors, before, output, group_stride } = row;
    let steps = distances.len();
    for group in 0..numbers.groups {
        let weights = &numbers.weights[group * steps..][..steps];
        let finish = [numbers.factor[group], numbers.skip[group], numbers.offset[group]];
        let output = output[group * group_stride..].as_mut_ptr();
        // Where nothing is added, nothing is read.
        let before = before.get(group * group_stride..).unwrap_or_default().as_ptr();
        // A tile is as wide as a vector of a row.
        for tile in 0..vectors {
            let at = tile * TILE * BYTES;
            // SAFETY: these are the vectors that the check was about.
            unsafe {
                let sums = sums(input.as_ptr().add(start + at), distances, weights);
                for (vector, sums) in sums.into_iter().enumerate() {
                    let at = at + vector * BYTES;
                    store::<FINISH>(sums, finish, before.wrapping_add(at), output.add(at));
                }
            }
        }
    }
}

/// # Safety
/// [`TILE`] vectors can be read at every distance from `input`.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn sums(input: *const u8, distances: &[isize], weights: &[[i32; GROUP]]) -> [[__m256i; GROUP]; TILE] {
    let low = _mm256_set1_epi16(0xff);
    let mut sums = [[_mm256_setzero_si256(); GROUP]; TILE];
    for (distance, weights) in distances.iter().zip(weights) {
        let mut even = [_mm256_setzero_si256(); TILE];
        let mut odd = even;
        for vector in 0..TILE {
            // SAFETY: the caller says so.
            let inputs = unsafe { _mm256_loadu_si256(input.offset(*distance).add(vector * BYTES).cast()) };
            even[vector] = _mm256_and_si256(inputs, low);
            odd[vector] = _mm256_srli_epi16::<8>(inputs);
        }
        for (output, weight) in weights.iter().enumerate() {
            let weight = _mm256_set1_epi32(*weight);
            let even_weight = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(weight));
            let odd_weight = _mm256_srai_epi16::<8>(weight);
            for vector in 0..TILE {
                let products = _mm256_add_epi32(
                    _mm256_madd_epi16(even[vector], even_weight),
                    _mm256_madd_epi16(odd[vector], odd_weight),
                );
                sums[vector][output] = _mm256_add_epi32(sums[vector][output], products);
            }
        }
    }
    sums
}

/// # Safety
/// A vector can be read at `before` if the finish is a sum, and written at `place`.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn store<const FINISH: u8>(
    sums: [__m256i; GROUP],
    [factor, skip, offset]: [[f32; GROUP]; 3],
    before: *const u8,
    place: *mut u8,
) {
    let bytes = if FINISH == Finish::Sum as u8 {
        // SAFETY: the caller says so.
        unsafe { _mm256_loadu_si256(before.cast()) }
    } else {
        _mm256_setzero_si256()
    };
    let mut values = sums;
    for (channel, value) in values.iter_mut().enumerate() {
        let mut sum = _mm256_fmadd_ps(
            _mm256_cvtepi32_ps(*value),
            _mm256_set1_ps(factor[channel]),
            _mm256_set1_ps(offset[channel]),
        );
        if FINISH == Finish::Sum as u8 {
            // The byte of this channel alone in the word of each pixel.
            let own = i32::from_le_bytes([channel as u8, 0x80, 0x80, 0x80]);
            let places = _mm256_setr_epi32(own, own + 4, own + 8, own + 12, own, own + 4, own + 8, own + 12);
            let byte = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, places));
            sum = _mm256_fmadd_ps(byte, _mm256_set1_ps(skip[channel]), sum);
        }
        *value = _mm256_cvtps_epi32(sum);
    }
    let first = _mm256_packs_epi32(values[0], values[1]);
    let second = _mm256_packs_epi32(values[2], values[3]);
    let bytes = if FINISH == Finish::Signed as u8 {
        _mm256_packs_epi16(first, second)
    } else {
        _mm256_packus_epi16(first, second)
    };
    // Within each half: four pixels of the first channel, four of the second, and so on.
    let [a, b, c, d] = [0x0c08_0400, 0x0d09_0501, 0x0e0a_0602, 0x0f0b_0703];
    let bytes = _mm256_shuffle_epi8(bytes, _mm256_setr_epi32(a, b, c, d, a, b, c, d));
    // SAFETY: the caller says so.
    unsafe { _mm256_storeu_si256(place.cast(), bytes) };
}
