//! Keeps uploads reasonable: one at a time per stream, and not faster than a trainer can make them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::names::StreamName;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Uploads in a row before the rate counts.
const BURST: f64 = 8.0;

/// Uploads a second in the long run; trainers send one every few seconds.
const RATE: f64 = 1.0;

/// One gate per stream.
#[derive(Debug)]
pub(super) struct Gates(HashMap<StreamName, Gate>);

#[derive(Debug)]
struct Gate {
    place: Arc<Semaphore>,
    bucket: Mutex<Bucket>,
}

/// Tokens that refill with time.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Gates {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a StreamName>) -> Self {
        let gate = || Gate {
            place: Arc::new(Semaphore::new(1)),
            bucket: Mutex::new(Bucket { tokens: BURST, at: Instant::now() }),
        };
        Self(names.map(|name| (name.clone(), gate())).collect())
    }

    /// Lets an upload in for as long as the pass is held, or says when to come again.
    pub(super) fn enter(&self, name: &StreamName) -> Result<Option<OwnedSemaphorePermit>, Duration> {
        let Some(gate) = self.0.get(name) else { return Ok(None) };
        let pass = Arc::clone(&gate.place).try_acquire_owned().map_err(|_| Duration::from_secs(1))?;
        gate.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now())?;
        Ok(Some(pass))
    }
}

impl Bucket {
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let refill = now.saturating_duration_since(self.at).as_secs_f64() * RATE;
        self.tokens = (self.tokens + refill).min(BURST);
        self.at = now;
        if self.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - self.tokens) / RATE));
        }
        self.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_counts() {
        let start = Instant::now();
        let mut bucket = Bucket { tokens: BURST, at: start };
        let passed = (0..20).filter(|_| bucket.take(start).is_ok()).count();
        assert_eq!(passed, 8);
        let wait = bucket.take(start).unwrap_err();
        assert!(bucket.take(start + wait).is_ok());
        assert!(bucket.take(start + wait).is_err());
    }

    #[test]
    fn one_upload_at_a_time() {
        let name: StreamName = "demo".parse().unwrap();
        let gates = Gates::new([&name].into_iter());
        let first = gates.enter(&name).unwrap();
        assert!(gates.enter(&name).is_err());
        drop(first);
        assert!(gates.enter(&name).is_ok());
    }
}
