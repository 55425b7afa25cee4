//! What a training came through: the curves of its report.

use serde::{Deserialize, Serialize};

/// Loss, learning rate and gain over steps. Travels in checkpoints, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Curve {
    pub(crate) points: Vec<Point>,
    /// Seconds of training and judging so far, of all parts of an interrupted training together.
    pub(crate) seconds: f64,
    /// Losses since the last point.
    sum: f64,
    count: u64,
}

/// The training was judged here.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    /// Steps done.
    pub(crate) step: u64,
    /// Mean loss since the point before.
    pub(crate) loss: f64,
    /// Learning rate of the last step, warming up left aside.
    pub(crate) rate: f64,
    /// On the sources that are held out, in dB.
    pub(crate) gain: f64,
}

impl Curve {
    /// Notes the loss of a step.
    pub(crate) fn step(&mut self, loss: f64) {
        self.sum += loss;
        self.count += 1;
    }

    /// Notes a judgement.
    pub(crate) fn judged(&mut self, step: u64, rate: f64, gain: f64) -> Point {
        let loss = self.sum / self.count.max(1) as f64;
        (self.sum, self.count) = (0.0, 0);
        let point = Point { step, loss, rate, gain };
        self.points.push(point);
        point
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_has_the_mean_since_the_one_before() {
        let mut curve = Curve::default();
        let mut losses = [1.0, 2.0, 3.0, 7.0].into_iter();
        let mut step = |curve: &mut Curve| losses.next().into_iter().for_each(|loss| curve.step(loss));
        (0..3).for_each(|_| step(&mut curve));
        assert!((curve.judged(3, 0.1, 0.5).loss - 2.0).abs() < 1e-12);
        step(&mut curve);
        let travelled = serde_json::to_string(&curve).unwrap();
        let mut curve: Curve = serde_json::from_str(&travelled).unwrap();
        assert!((curve.judged(4, 0.1, 0.5).loss - 7.0).abs() < 1e-12);
        assert_eq!(curve.points.len(), 2);
    }
}
