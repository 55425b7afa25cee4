//! Pauses between attempts: short at first, doubling, bounded, each a little random so that many who lost the same
//! server do not come back at the same instant.

use std::time::Duration;

use rand::Rng;

/// How long to wait before the next attempt.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Default for Backoff {
    /// At first as long as a server takes to restart; never long, as the audience waits as well.
    fn default() -> Self {
        Self::between([Duration::from_millis(500), Duration::from_secs(8)])
    }
}

impl Backoff {
    /// Starts with the first of these pauses and goes up to the second.
    pub fn between([shortest, longest]: [Duration; 2]) -> Self {
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
        let minute = [Duration::from_secs(1), Duration::from_secs(60)];
        for (mut backoff, shortest, longest) in
            [(Backoff::default(), 500, 8_000), (Backoff::between(minute), 1_000, 60_000)]
        {
            let [shortest, longest] = [shortest, longest].map(Duration::from_millis);
            for n in 0..8 {
                let pause = backoff.next_pause();
                let full = (shortest * 2_u32.pow(n)).min(longest);
                assert!(pause <= full && pause >= full.mul_f64(0.74), "pause {n} is {pause:?}");
            }
        }
    }
}
