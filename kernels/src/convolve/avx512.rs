//! AVX-512 with VNNI. A tile is five vectors of pixels and four outputs: twenty sums stay in registers, and each load of inputs serves
//! four instructions.
#![expect(unsafe_code, reason = "loads and stores of vectors go through pointers")]

use std::arch::x86_64::{
    __m512i, _mm512_cvtepi32_ps, _mm512_cvtps_epi32, _mm512_dpbusd_epi32, _mm512_fmadd_ps,
    _mm512_loadu_si512, _mm512_packs_epi16, _mm512_packs_epi32, _mm512_packus_epi16, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_set4_epi32, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_storeu_si512,
};

use super::row::Row;
use crate::plane::VECTOR;
use crate::quantise::{Finish, GROUP};

/// Vectors of a tile.
const TILE: usize = 5;

/// Bytes of a vector.
const BYTES: usize = VECTOR * GROUP;

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
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn rows<const FINISH: u8>(row: Row<'_>) {
    let Row { numbers, distances, input, start, vectors, before, output, group_stride } = row;
    let steps = distances.len();
    // SAFETY: `start` lies within the input.
    let input = unsafe { input.as_ptr().add(start) };
    for group in 0..numbers.groups {
        let tiles = Tiles {
            distances,
            weights: &numbers.weights[group * steps..][..steps],
            factor: &numbers.factor[group],
            skip: &numbers.skip[group],
            offset: &numbers.offset[group],
        };
        let output = output[group * group_stride..].as_mut_ptr();
        // Where nothing is added, nothing is read.
        let before = before.get(group * group_stride..).unwrap_or_default().as_ptr();
        let mut vector = 0;
        // SAFETY: these are the vectors that the check was about.
        unsafe {
            while vector + TILE <= vectors {
                let at = vector * BYTES;
                tiles.tile::<TILE, FINISH>(input.add(at), before.wrapping_add(at), output.add(at));
                vector += TILE;
            }
            let input = input.add(vector * BYTES);
            let before = before.wrapping_add(vector * BYTES);
            let output = output.add(vector * BYTES);
            match vectors - vector {
                4 => tiles.tile::<4, FINISH>(input, before, output),
                3 => tiles.tile::<3, FINISH>(input, before, output),
                2 => tiles.tile::<2, FINISH>(input, before, output),
                1 => tiles.tile::<1, FINISH>(input, before, output),
                _ => {}
            }
        }
    }
}

/// What all tiles of a group of outputs share.
struct Tiles<'a> {
    distances: &'a [isize],
    weights: &'a [[i32; GROUP]],
    factor: &'a [f32; GROUP],
    skip: &'a [f32; GROUP],
    offset: &'a [f32; GROUP],
}

impl Tiles<'_> {
    /// # Safety
    /// `WIDTH` vectors can be read at every distance from `input`, and at `before` if the finish is a sum, and written at `output`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    #[inline]
    unsafe fn tile<const WIDTH: usize, const FINISH: u8>(
        &self,
        input: *const u8,
        before: *const u8,
        output: *mut u8,
    ) {
        let mut sums = [[_mm512_setzero_si512(); WIDTH]; GROUP];
        for (distance, weights) in self.distances.iter().zip(self.weights) {
            let mut inputs = [_mm512_setzero_si512(); WIDTH];
            for (vector, inputs) in inputs.iter_mut().enumerate() {
                // SAFETY: the caller says so.
                *inputs = unsafe { _mm512_loadu_si512(input.offset(*distance).add(vector * BYTES).cast()) };
            }
            for (sums, weight) in sums.iter_mut().zip(weights) {
                let weight = _mm512_set1_epi32(*weight);
                for (sum, inputs) in sums.iter_mut().zip(&inputs) {
                    *sum = _mm512_dpbusd_epi32(*sum, *inputs, weight);
                }
            }
        }
        #[expect(clippy::needless_range_loop, reason = "sums lie by channel first")]
        for vector in 0..WIDTH {
            // SAFETY: the caller says so.
            let place = unsafe { output.add(vector * BYTES) };
            let bytes = if FINISH == Finish::Sum as u8 {
                // SAFETY: the caller says so.
                unsafe { _mm512_loadu_si512(before.add(vector * BYTES).cast()) }
            } else {
                _mm512_setzero_si512()
            };
            let mut values = [_mm512_setzero_si512(); GROUP];
            for (channel, value) in values.iter_mut().enumerate() {
                let sum = _mm512_cvtepi32_ps(sums[channel][vector]);
                let factor = _mm512_set1_ps(self.factor[channel]);
                let mut sum = _mm512_fmadd_ps(sum, factor, _mm512_set1_ps(self.offset[channel]));
                if FINISH == Finish::Sum as u8 {
                    // The byte of this channel alone in the word of each pixel.
                    let own = i32::from_le_bytes([channel as u8, 0x80, 0x80, 0x80]);
                    let places = _mm512_set4_epi32(own + 12, own + 8, own + 4, own);
                    let byte = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, places));
                    sum = _mm512_fmadd_ps(byte, _mm512_set1_ps(self.skip[channel]), sum);
                }
                *value = _mm512_cvtps_epi32(sum);
            }
            // SAFETY: the caller says so.
            unsafe { store::<FINISH>(values, place) };
        }
    }
}

/// # Safety
/// A vector can be written at `place`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
unsafe fn store<const FINISH: u8>(values: [__m512i; GROUP], place: *mut u8) {
    let first = _mm512_packs_epi32(values[0], values[1]);
    let second = _mm512_packs_epi32(values[2], values[3]);
    // Within each quarter: four pixels of the first channel, four of the second, and so on.
    let bytes = if FINISH == Finish::Signed as u8 {
        _mm512_packs_epi16(first, second)
    } else {
        _mm512_packus_epi16(first, second)
    };
    let order = _mm512_set4_epi32(0x0f0b_0703, 0x0e0a_0602, 0x0d09_0501, 0x0c08_0400);
    let bytes = _mm512_shuffle_epi8(bytes, order);
    // SAFETY: the caller says so.
    unsafe { _mm512_storeu_si512(place.cast(), bytes) };
}
