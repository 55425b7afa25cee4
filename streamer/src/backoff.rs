//! Pauses between attempts: short at first, doubling, bounded, each a little random so that many who lost the same
//! server do not come back at the same instant.

use std::time::Duration;

use rand::Rng;

/// The first pause; a server that restarts is back after about this.
const SHORTEST: Duration = Duration::from_millis(500);
/// The longest pause; the audience waits as well.
const LONGEST: Duration = Duration::from_secs(8);

/// How long to wait before the next attempt.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

impl Backoff {
    /// Starts with the shortest pause.
    pub fn new() -> Self {
        Self::between(SHORTEST, LONGEST)
    }

    /// Starts with this pause and goes up to that one.
    pub fn between(shortest: Duration, longest: Duration) -> Self {
        Self { next: shortest, longest }
    }

    /// The pause before the next attempt.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause.mul_f64(rand::rng().random_range(0.75..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let minute = (Duration::from_secs(1), Duration::from_secs(60));
        for (mut backoff, shortest, longest) in
            [(Backoff::new(), SHORTEST, LONGEST), (Backoff::between(minute.0, minute.1), minute.0, minute.1)]
        {
            let pauses: Vec<_> = (0..8).map(|_| backoff.next_pause()).collect();
            for (n, pause) in pauses.into_iter().enumerate() {
                let full = (shortest * 2_u32.pow(n as u32)).min(longest);
                assert!(pause <= full && pause >= full.mul_f64(0.74), "pause {n} is {pause:?}");
            }
        }
    }
}
