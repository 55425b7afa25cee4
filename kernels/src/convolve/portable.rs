//! For any machine.

use super::row::Row;
use crate::plane::VECTOR;
use crate::quantise::{Finish, GROUP};

pub(super) fn row(row: Row<'_>) {
    row.check();
    let Row { numbers, distances, input, start, vectors, before, output, group_stride } = row;
    let steps = distances.len();
    for group in 0..numbers.groups {
        let weights = &numbers.weights[group * steps..][..steps];
        for vector in 0..vectors {
            let place = vector * VECTOR * GROUP;
            let mut sums = [[0_i32; VECTOR]; GROUP];
            for (distance, weights) in distances.iter().zip(weights) {
                let inputs = &input[(start + place).wrapping_add_signed(*distance)..][..VECTOR * GROUP];
                for (sums, weights) in sums.iter_mut().zip(weights) {
                    let weights = weights.to_le_bytes().map(|byte| i32::from(byte as i8));
                    for (sum, inputs) in sums.iter_mut().zip(inputs.as_chunks::<GROUP>().0) {
                        let [a, b, c, d] = inputs.map(i32::from);
                        // Bytes times bytes: the check has it that sums are far from overflowing.
                        *sum = sum
                            .wrapping_add(a * weights[0] + b * weights[1] + c * weights[2] + d * weights[3]);
                    }
                }
            }
            let at = group * group_stride + place;
            let output = &mut output[at..][..VECTOR * GROUP];
            for (x, pixel) in output.chunks_exact_mut(GROUP).enumerate() {
                for (channel, byte) in pixel.iter_mut().enumerate() {
                    // Each multiplication is rounded together with its addition, as all instruction sets can.
                    let group = [numbers.factor[group], numbers.skip[group], numbers.offset[group]];
                    let [factor, skip, offset] = group.map(|all| all[channel]);
                    let mut value = (sums[channel][x] as f32).mul_add(factor, offset);
                    if numbers.finish == Finish::Sum {
                        value = f32::from(before[at + x * GROUP + channel]).mul_add(skip, value);
                    }
                    let value = rounded(value);
                    *byte = match numbers.finish {
                        Finish::Byte | Finish::Sum => value.clamp(0, 255) as u8,
                        Finish::Signed => value.clamp(-128, 127) as i8 as u8,
                    };
                }
            }
        }
    }
}

/// The nearest integer, ties to even, as far as it matters: everything saturates long before the clamp. Adding a number that leaves no
/// bits for a fraction rounds, and is no call.
fn rounded(value: f32) -> i32 {
    const NO_FRACTION: f32 = 12_582_912.0;
    ((value.clamp(-1024.0, 1024.0) + NO_FRACTION) - NO_FRACTION) as i32
}
