//! Bjøntegaard's delta rate (VCEG-M33): how many more bits one curve of quality over bitrate needs for the quality of
//! another, in the mean over the qualities that both reach.

/// A point of a curve: bit/s and dB.
pub type Point = (f64, f64);

/// Steps of Simpson's rule; the integrand is a polynomial of the curve's number of points.
const STEPS: usize = 200;

/// Percent of bits that `test` needs beyond `reference`; negative: it saves. None if the curves have fewer than three
/// points, are not strictly rising, or share no quality.
pub fn bd_rate(reference: &[Point], test: &[Point]) -> Option<f64> {
    let (reference, test) = (Curve::new(reference)?, Curve::new(test)?);
    let low = reference.first().max(test.first());
    let high = reference.last().min(test.last());
    (high > low).then(|| {
        let mean = (test.integral(low, high) - reference.integral(low, high)) / (high - low);
        (mean.exp() - 1.0) * 100.0
    })
}

/// Logarithm of the bitrate over quality, as the polynomial through the points.
struct Curve(Vec<(f64, f64)>);

impl Curve {
    fn new(points: &[Point]) -> Option<Self> {
        let mut points: Vec<(f64, f64)> =
            points.iter().map(|(rate, quality)| (*quality, rate.ln())).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let rising = points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
        (points.len() >= 3 && rising).then_some(Self(points))
    }

    fn first(&self) -> f64 {
        self.0[0].0
    }

    fn last(&self) -> f64 {
        self.0[self.0.len() - 1].0
    }

    /// Lagrange's form.
    fn at(&self, quality: f64) -> f64 {
        let others = |own: usize| self.0.iter().enumerate().filter(move |(index, _)| *index != own);
        let weight = |own: usize, x: f64| -> f64 {
            others(own).map(|(_, (other, _))| (quality - other) / (x - other)).product()
        };
        self.0.iter().enumerate().map(|(index, (x, y))| y * weight(index, *x)).sum()
    }

    fn integral(&self, low: f64, high: f64) -> f64 {
        let step = (high - low) / STEPS as f64;
        let weighted = (0..=STEPS).map(|index| {
            let weight = match index {
                0 | STEPS => 1.0,
                odd if odd % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * self.at(low + step * index as f64)
        });
        weighted.sum::<f64>() * step / 3.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: [Point; 4] = [(200e3, 30.0), (400e3, 32.5), (800e3, 35.0), (1600e3, 37.2)];

    #[test]
    fn half_the_bits_for_the_same_quality_are_minus_fifty_percent() {
        let test = REFERENCE.map(|(rate, quality)| (rate / 2.0, quality));
        assert!((bd_rate(&REFERENCE, &test).unwrap() + 50.0).abs() < 1e-6);
        assert!((bd_rate(&test, &REFERENCE).unwrap() - 100.0).abs() < 1e-6);
        assert!(bd_rate(&REFERENCE, &REFERENCE).unwrap().abs() < 1e-9);
    }

    /// Computed with the cubic fit of the reference implementation in NumPy (`polyfit`, `polyint`).
    #[test]
    fn agrees_with_the_usual_implementation() {
        let test = [(190e3, 30.4), (390e3, 33.1), (790e3, 35.3), (1590e3, 37.9)];
        assert!((bd_rate(&REFERENCE, &test).unwrap() - NUMPY).abs() < 0.01);
    }

    const NUMPY: f64 = -14.698_977;

    #[test]
    fn what_cannot_be_compared_is_said() {
        assert_eq!(bd_rate(&REFERENCE, &REFERENCE[..2]), None);
        assert_eq!(bd_rate(&REFERENCE, &REFERENCE.map(|(rate, quality)| (rate, quality + 20.0))), None);
        assert_eq!(bd_rate(&REFERENCE, &[(1e5, 30.0), (2e5, 29.0), (3e5, 33.0)]), None);
    }
}
