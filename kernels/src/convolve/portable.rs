//! For any machine.

use super::{Row, finished, saturated};
use crate::plane::VECTOR;
use crate::quantise::GROUP;

pub(super) fn row(row: Row<'_>) {
    row.check();
    let Row { numbers, distances, input, start, vectors, output, group_stride } = row;
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
                    for (sum, inputs) in sums.iter_mut().zip(inputs.chunks_exact(GROUP)) {
                        for (input, weight) in inputs.iter().zip(weights) {
                            *sum += i32::from(*input) * weight;
                        }
                    }
                }
            }
            let output = &mut output[group * group_stride + place..][..VECTOR * GROUP];
            for (x, pixel) in output.chunks_exact_mut(GROUP).enumerate() {
                for (channel, byte) in pixel.iter_mut().enumerate() {
                    let value = finished(
                        sums[channel][x],
                        numbers.factor[group][channel],
                        numbers.offset[group][channel],
                    );
                    *byte = saturated(numbers.finish, value, *byte);
                }
            }
        }
    }
}
