//! The swaps of a stream, oldest first, bounded.

use std::collections::VecDeque;

use api::control::SwapRecord;

/// Swaps that are remembered; a trainer that uploads every five seconds fills it in five minutes.
pub const LENGTH: usize = 64;

/// The last [`LENGTH`] swaps.
#[derive(Debug, Default)]
pub struct History(VecDeque<SwapRecord>);

impl History {
    /// Adds the newest swap; the oldest goes if there are too many.
    pub fn add(&mut self, swap: SwapRecord) {
        if self.0.len() == LENGTH {
            self.0.pop_front();
        }
        self.0.push_back(swap);
    }

    /// All that are remembered, oldest first.
    pub fn to_vec(&self) -> Vec<SwapRecord> {
        self.0.iter().cloned().collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use api::control::ModelOrigin;

    use super::*;

    #[test]
    fn only_the_last_are_kept() {
        let mut history = History::default();
        for version in 0..100 {
            history.add(SwapRecord {
                version,
                fingerprint: String::new(),
                origin: ModelOrigin::Trained,
                from_s: 0.0,
                frames_in: 0,
                gain_db: None,
                took_ms: 0.0,
            });
        }
        let versions: Vec<u64> = history.to_vec().iter().map(|swap| swap.version).collect();
        assert_eq!(versions, (36..100).collect::<Vec<u64>>());
    }
}
