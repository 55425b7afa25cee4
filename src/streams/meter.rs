//! Rates over the last seconds: how many pictures and bits a second come in. The caller says what time it is.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What "the last seconds" are.
const WINDOW: Duration = Duration::from_secs(5);

/// Entries that are kept at most; beyond 200 packets a second the window becomes shorter instead.
const MAX_ENTRIES: usize = 1000;

/// A sliding window over arrivals.
#[derive(Debug, Default)]
pub struct Meter {
    arrivals: VecDeque<(Instant, usize)>,
    bytes: usize,
}

/// What came in a second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rate {
    /// Packets a second.
    pub packets: f64,
    /// Bits a second.
    pub bits: f64,
}

impl Meter {
    /// Notes one arrival.
    pub fn note(&mut self, now: Instant, bytes: usize) {
        self.arrivals.push_back((now, bytes));
        self.bytes += bytes;
        self.forget(now);
    }

    /// The rate at this moment; zero once nothing has come for the whole window.
    pub fn rate(&mut self, now: Instant) -> Rate {
        self.forget(now);
        let Some(&(oldest, first_bytes)) = self.arrivals.front() else { return Rate::default() };
        let span = now.saturating_duration_since(oldest).as_secs_f64();
        if self.arrivals.len() < 2 || span < 0.1 {
            return Rate::default();
        }
        // The oldest arrival opens the span; what came in it is the rest.
        let packets = (self.arrivals.len() - 1) as f64 / span;
        Rate { packets, bits: (self.bytes - first_bytes) as f64 * 8.0 / span }
    }

    fn forget(&mut self, now: Instant) {
        while let Some(&(at, bytes)) = self.arrivals.front() {
            if now.saturating_duration_since(at) <= WINDOW && self.arrivals.len() <= MAX_ENTRIES {
                break;
            }
            self.arrivals.pop_front();
            self.bytes -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_a_steady_rate_and_silence_none() {
        let start = Instant::now();
        let mut meter = Meter::default();
        let at = |index: u64| start + Duration::from_millis(40 * index);
        for index in 0..500 {
            meter.note(at(index), 2500);
        }
        let rate = meter.rate(at(499));
        assert!((rate.packets - 25.0).abs() < 0.01 && (rate.bits - 500_000.0).abs() < 1.0, "{rate:?}");
        assert_eq!(meter.rate(at(700)), Rate::default());
    }

    #[test]
    fn memory_is_bounded() {
        let start = Instant::now();
        let mut meter = Meter::default();
        for index in 0..100_000 {
            meter.note(start + Duration::from_micros(index), 1);
        }
        assert!(meter.arrivals.len() <= MAX_ENTRIES && meter.bytes == meter.arrivals.len());
    }
}
