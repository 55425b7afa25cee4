//! Locally weighted regression (LOWESS; Cleveland, 1979) at one place, with the Epanechnikov kernel.

/// Rounds of taking weight from samples that lie far from the line.
const ROUNDS: usize = 3;
/// Beyond this many median distances from the line a sample counts nothing, as Cleveland proposes.
const FAR: f64 = 6.0;

/// The value at `at` of a line through the `nearest` samples closest to it; none without samples.
///
/// A sample at distance `d` weighs `3/4 (1 - (d/lambda)²)`, where `lambda` is the distance of the farthest of them. Three
/// rounds of Tukey's bisquare then take weight from samples that lie far from the line, so that one outlier does not move it.
/// Samples are `(time, value)`, in the order of time.
pub(super) fn smooth(samples: &[(f64, f64)], at: f64, nearest: usize) -> Option<f64> {
    let mut close: Vec<(f64, f64)> = samples.iter().map(|&(time, value)| (time - at, value)).collect();
    close.sort_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
    close.truncate(nearest.max(1));
    let lambda = close.last()?.0.abs();
    let kernel = |distance: f64| {
        let share = if lambda > 0.0 { distance / lambda } else { 0.0 };
        0.75 * (1.0 - share * share).max(0.0)
    };
    // Samples that are all equally far weigh nothing; then they count alike.
    let mut line = line_through(close.iter().map(|&(x, y)| (x, y, kernel(x))))
        .or_else(|| line_through(close.iter().map(|&(x, y)| (x, y, 1.0))))?;
    for _ in 0..ROUNDS {
        let [offset, slope] = line;
        let errors: Vec<f64> = close.iter().map(|&(x, y)| (y - (offset + slope * x)).abs()).collect();
        let bound = FAR * median(&errors);
        // Half of the samples lie on the line already.
        if bound <= f64::EPSILON {
            break;
        }
        let robust = |error: f64| (1.0 - (error / bound).powi(2)).max(0.0).powi(2);
        let weighted = close.iter().zip(&errors).map(|(&(x, y), &error)| (x, y, kernel(x) * robust(error)));
        let Some(next) = line_through(weighted) else { break };
        line = next;
    }
    // Times are counted from `at`.
    Some(line[0])
}

/// The middle of the values; the mean of the two in the middle if their number is even.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len().wrapping_sub(1) / 2), sorted.get(sorted.len() / 2)) {
        (Some(low), Some(high)) => f64::midpoint(*low, *high),
        _ => 0.0,
    }
}

/// Offset and slope by weighted least squares over `(x, y, weight)`; level if all weight lies at one place, none if there is no
/// weight.
fn line_through(points: impl Iterator<Item = (f64, f64, f64)> + Clone) -> Option<[f64; 2]> {
    let sum = |of: fn(f64, f64) -> f64| points.clone().map(|(x, y, weight)| weight * of(x, y)).sum::<f64>();
    let weight = sum(|_, _| 1.0);
    if weight <= f64::EPSILON {
        return None;
    }
    let x = sum(|x, _| x) / weight;
    let y = sum(|_, y| y) / weight;
    let spread = sum(|x, _| x * x) / weight - x * x;
    let slope = if spread > 1e-9 { (sum(|x, y| x * y) / weight - x * y) / spread } else { 0.0 };
    Some([y - slope * x, slope])
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// Made by `tests/golden/lowess.py` with NumPy's own least squares.
    #[derive(Deserialize)]
    struct Golden {
        nearest: usize,
        samples: Vec<(f64, f64)>,
        at: Vec<f64>,
        smoothed: Vec<f64>,
    }

    #[test]
    fn agrees_with_an_independent_implementation() {
        let golden: Vec<Golden> =
            serde_json::from_str(include_str!("../../tests/golden/lowess.json")).unwrap();
        assert!(golden.len() >= 4);
        for (index, Golden { nearest, samples, at, smoothed }) in golden.iter().enumerate() {
            for (at, wanted) in at.iter().zip(smoothed) {
                let past = samples.partition_point(|(time, _)| time <= at);
                let found = smooth(&samples[..past], *at, *nearest).unwrap();
                assert!((found - wanted).abs() < 1e-6, "series {index} at {at}: {found}, {wanted} expected");
            }
        }
    }

    #[test]
    fn a_line_stays_a_line_and_one_outlier_does_not_bend_it() {
        let mut samples: Vec<(f64, f64)> =
            (0..12).map(|x| (f64::from(x), 30.0 - 0.1 * f64::from(x))).collect();
        assert!((smooth(&samples, 11.0, 8).unwrap() - 28.9).abs() < 1e-9);
        samples[8].1 = 12.0;
        assert!((smooth(&samples, 11.0, 8).unwrap() - 28.9).abs() < 1e-6);
    }

    #[test]
    fn little_is_enough() {
        assert_eq!(smooth(&[], 1.0, 8), None);
        for (samples, wanted) in [(vec![(0.0, 5.0)], 5.0), (vec![(2.0, 5.0), (2.0, 7.0)], 6.0)] {
            for at in [2.0, 3.0] {
                assert!((smooth(&samples, at, 8).unwrap() - wanted).abs() < 1e-9, "{samples:?} at {at}");
            }
        }
    }
}
