//! Where direct coding overtakes a thin stream: below that bitrate the thin stream pays, from there on it does not.

use super::bd_rate::Point;

/// Where two curves of quality over bitrate cross, as far as they were measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Crossover {
    /// Direct coding is better at every bitrate that was measured.
    Below,
    /// Direct coding is better from this bitrate on, in bit/s.
    At(f64),
    /// The thin stream is better at the highest bitrate that was measured.
    Above,
}

/// Where `direct` overtakes `thin` for good. Between measured points, quality is taken to be linear in the logarithm of the
/// bitrate. None if the curves have no points; both rise in bitrate.
pub fn crossover(thin: &[Point], direct: &[Point]) -> Option<Crossover> {
    let lead = |&(rate, quality): &Point| Some((rate, quality - quality_at(direct, rate)?));
    let leads: Vec<(f64, f64)> = thin.iter().map(lead).collect::<Option<_>>()?;
    let ahead = leads.iter().rposition(|(_, lead)| *lead > 0.0);
    Some(match ahead {
        None if leads.is_empty() => return None,
        None => Crossover::Below,
        Some(last) if last + 1 == leads.len() => Crossover::Above,
        Some(last) => {
            let ((from, more), (to, less)) = (leads[last], leads[last + 1]);
            Crossover::At(from * (to / from).powf(more / (more - less)))
        }
    })
}

/// The line through the neighbouring points, also beyond the ends: both streams take about, not exactly, the same bits.
fn quality_at(curve: &[Point], rate: f64) -> Option<f64> {
    let [only] = curve else {
        let after = curve.partition_point(|point| point.0 < rate).clamp(1, curve.len().checked_sub(1)?);
        let ((r0, q0), (r1, q1)) = (curve[after - 1], curve[after]);
        return Some(q0 + (q1 - q0) * (rate / r0).ln() / (r1 / r0).ln());
    };
    Some(only.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECT: [Point; 3] = [(200e3, 30.0), (400e3, 32.0), (800e3, 34.0)];

    #[test]
    fn between_points_it_is_interpolated_in_the_logarithm() {
        let thin = [(200e3, 31.0), (400e3, 31.5), (800e3, 32.0)];
        let Some(Crossover::At(rate)) = crossover(&thin, &DIRECT) else { panic!("they cross") };
        // One dB ahead at the first point, half a dB behind at the second: at two thirds of an octave.
        assert!((rate - 200e3 * 2.0_f64.powf(2.0 / 3.0)).abs() < 1.0, "{rate}");
    }

    #[test]
    fn unequal_bits_are_made_equal() {
        // The same line, measured elsewhere: level everywhere, and what is level does not pay.
        let thin = [(100e3, 28.0), (282.842_712_474_619e3, 31.0), (1600e3, 36.0)];
        let below = thin.map(|(rate, quality)| (rate, quality - 1e-6));
        assert_eq!(crossover(&below, &DIRECT), Some(Crossover::Below));
        let above = thin.map(|(rate, quality)| (rate, quality + 1e-6));
        assert_eq!(crossover(&above, &DIRECT), Some(Crossover::Above));
    }

    #[test]
    fn the_last_crossing_counts() {
        let thin = [(200e3, 29.0), (400e3, 33.0), (800e3, 33.0)];
        let Some(Crossover::At(rate)) = crossover(&thin, &DIRECT) else { panic!("they cross") };
        assert!((rate - 400e3 * 2.0_f64.sqrt()).abs() < 1.0, "{rate}");
    }

    #[test]
    fn few_points() {
        assert_eq!(crossover(&[], &DIRECT), None);
        assert_eq!(crossover(&DIRECT, &[]), None);
        assert_eq!(crossover(&[(250e3, 31.0)], &[(260e3, 30.0)]), Some(Crossover::Above));
    }
}
