//! Keeps uploads reasonable: one at a time per stream, and not faster than a trainer can make them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::names::StreamName;
use media::flow::TokenBucket;
use parking_lot::Mutex;
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
    bucket: Mutex<TokenBucket>,
}

impl Gates {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a StreamName>) -> Self {
        let gate = || Gate {
            place: Arc::new(Semaphore::new(1)),
            bucket: Mutex::new(TokenBucket::full(RATE, BURST)),
        };
        Self(names.map(|name| (name.clone(), gate())).collect())
    }

    /// Lets an upload in for as long as the pass is held, or says when to come again.
    pub(super) fn enter(&self, name: &StreamName) -> Result<Option<OwnedSemaphorePermit>, Duration> {
        let Some(gate) = self.0.get(name) else { return Ok(None) };
        let pass = Arc::clone(&gate.place).try_acquire_owned().map_err(|_| Duration::from_secs(1))?;
        gate.bucket.lock().take(1.0, Instant::now())?;
        Ok(Some(pass))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
