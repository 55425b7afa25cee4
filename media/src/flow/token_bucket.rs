//! A rate with bursts: a token bucket.

use std::time::{Duration, Instant};

/// Tokens accrue at a rate, up to a capacity; what is to be limited takes them out. A token is whatever the owner counts:
/// bytes, requests.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    /// Tokens a second.
    rate: f64,
    capacity: f64,
    tokens: f64,
    updated: Option<Instant>,
}

impl TokenBucket {
    /// An empty bucket: the first token has to be waited for.
    pub fn empty(rate: f64, capacity: f64) -> Self {
        Self { rate, capacity, tokens: 0.0, updated: None }
    }

    /// A full bucket: a burst may pass at once.
    pub fn full(rate: f64, capacity: f64) -> Self {
        Self { tokens: capacity, ..Self::empty(rate, capacity) }
    }

    /// Takes `wanted` tokens, no more than the capacity, if they are there; otherwise takes none and says how long to wait.
    pub fn take(&mut self, wanted: f64, now: Instant) -> Result<(), Duration> {
        let since = self.updated.map_or(Duration::ZERO, |updated| now.saturating_duration_since(updated));
        self.updated = Some(now);
        self.tokens = (self.tokens + since.as_secs_f64() * self.rate).min(self.capacity);
        let wanted = wanted.min(self.capacity);
        // A wait is rounded to nanoseconds; a token short of a thousandth is no token short.
        if self.tokens + 1e-3 >= wanted {
            self.tokens -= wanted;
            return Ok(());
        }
        Err(Duration::from_secs_f64((wanted - self.tokens) / self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_bucket_lets_a_burst_pass_and_then_the_rate_counts() {
        let start = Instant::now();
        let mut bucket = TokenBucket::full(1.0, 8.0);
        let passed = (0..20).filter(|_| bucket.take(1.0, start).is_ok()).count();
        assert_eq!(passed, 8);
        let wait = bucket.take(1.0, start).unwrap_err();
        assert!(bucket.take(1.0, start + wait).is_ok());
        assert!(bucket.take(1.0, start + wait).is_err());
    }

    #[test]
    fn an_idle_bucket_holds_its_capacity_at_most() {
        let start = Instant::now();
        let mut bucket = TokenBucket::empty(1000.0, 1024.0);
        assert_eq!(bucket.take(1024.0, start), Err(Duration::from_millis(1024)));
        let later = start + Duration::from_secs(3600);
        assert_eq!(bucket.take(1024.0, later), Ok(()));
        assert!(bucket.take(1024.0, later).is_err());
    }

    #[test]
    fn the_stated_wait_is_enough() {
        let mut now = Instant::now();
        let mut bucket = TokenBucket::empty(123_457.0 / 8.0, 1024.0);
        for bytes in [1.0, 17.0, 512.0, 1024.0, 1000.0] {
            if let Err(wait) = bucket.take(bytes, now) {
                now += wait;
                assert_eq!(bucket.take(bytes, now), Ok(()), "{bytes} bytes after {wait:?}");
            }
        }
    }
}
