//! The video comes first: where pictures are late, training waits.

use std::time::Duration;

use api::shutdown::{Shutdown, Stopped};

/// The first pause after a late picture. While pictures stay late, each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(500);
/// No pause is longer.
const LONGEST: Duration = Duration::from_secs(8);

/// How long training waits.
#[derive(Debug, Default)]
pub(super) struct Yielding {
    late: Option<u64>,
    pause: Duration,
}

impl Yielding {
    /// Waits if pictures were late since this was asked last; `late` counts them all.
    pub(super) fn pause(&mut self, late: u64, stop: &Shutdown) -> Result<(), Stopped> {
        let pause = self.next(late);
        if pause.is_zero() { Ok(()) } else { stop.sleep(pause) }
    }

    fn next(&mut self, late: u64) -> Duration {
        let before = self.late.replace(late).unwrap_or(late);
        if late > before {
            self.pause = (2 * self.pause).clamp(FIRST, LONGEST);
            return self.pause;
        }
        self.pause /= 2;
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_pictures_make_training_wait_longer_and_longer() {
        let mut yielding = Yielding::default();
        assert_eq!(yielding.next(7), Duration::ZERO, "late before training began");
        assert_eq!(yielding.next(7), Duration::ZERO);
        let pauses: Vec<_> = (8..20).map(|late| yielding.next(late)).collect();
        assert_eq!(pauses[..3], [FIRST, 2 * FIRST, 4 * FIRST]);
        assert_eq!(*pauses.last().unwrap(), LONGEST);
        (0..20).for_each(|_| assert_eq!(yielding.next(19), Duration::ZERO));
        assert_eq!(yielding.next(20), FIRST, "what is over is over");
    }
}
