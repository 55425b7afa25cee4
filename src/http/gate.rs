//! Keeps uploads reasonable: one at a time per stream, and not faster than a trainer can make them.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use media::flow::TokenBucket;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::inference::StreamModel;

/// Uploads in a row before the rate counts.
const BURST: f64 = 8.0;

/// Uploads a second in the long run; trainers send one every few seconds.
const RATE: f64 = 1.0;

/// One gate per stream that somebody has uploaded to.
#[derive(Debug, Default)]
pub(super) struct Gates(Mutex<Vec<Gate>>);

#[derive(Debug)]
struct Gate {
    model: Weak<StreamModel>,
    place: Arc<Semaphore>,
    bucket: TokenBucket,
}

impl Gates {
    /// Lets an upload in for as long as the pass is held, or says when to come again.
    pub(super) fn enter(&self, model: &Arc<StreamModel>) -> Result<OwnedSemaphorePermit, Duration> {
        let mut gates = self.0.lock();
        // Streams come and go. A gate goes with its stream, and a new stream of the same name gets one of its own.
        gates.retain(|gate| gate.model.strong_count() > 0);
        let known = gates.iter().position(|gate| gate.model.as_ptr() == Arc::as_ptr(model));
        let index = known.unwrap_or_else(|| {
            gates.push(Gate {
                model: Arc::downgrade(model),
                place: Arc::new(Semaphore::new(1)),
                bucket: TokenBucket::full(RATE, BURST),
            });
            gates.len() - 1
        });
        let gate = &mut gates[index];
        // The place first: an upload that is turned away because another one runs costs nothing of the rate.
        let pass = Arc::clone(&gate.place).try_acquire_owned().map_err(|_| Duration::from_secs(1))?;
        gate.bucket.take(1.0, Instant::now())?;
        Ok(pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::Profile;

    fn model() -> Arc<StreamModel> {
        Arc::new(StreamModel::new("demo".parse().unwrap(), Profile::Plain))
    }

    #[test]
    fn one_upload_at_a_time() {
        let gates = Gates::default();
        let stream = model();
        let other = model();
        let first = gates.enter(&stream).unwrap();
        assert!(gates.enter(&stream).is_err());
        assert!(gates.enter(&other).is_ok(), "every stream has a gate of its own");
        drop(first);
        assert!(gates.enter(&stream).is_ok());
    }

    #[test]
    fn gates_go_with_their_streams() {
        let gates = Gates::default();
        for _ in 0..100 {
            assert!(gates.enter(&model()).is_ok());
        }
        assert!(gates.0.lock().len() <= 1);
    }
}
