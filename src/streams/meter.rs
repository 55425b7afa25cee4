//! Rates over the last seconds: how many packets and bits a second come in. The caller says what time it is.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What "the last seconds" are.
const WINDOW: Duration = Duration::from_secs(5);

/// Entries that are kept at most; beyond 200 packets a second the window becomes shorter instead.
const MAX_ENTRIES: usize = 1000;

/// A sliding window over arrivals: when, and how many bytes.
#[derive(Debug, Default)]
pub struct Meter(VecDeque<(Instant, usize)>);

impl Meter {
    /// Notes one arrival.
    pub(super) fn note(&mut self, now: Instant, bytes: usize) {
        if self.0.len() == MAX_ENTRIES {
            self.0.pop_front();
        }
        self.0.push_back((now, bytes));
        while self.0.front().is_some_and(|(at, _)| !is_recent(*at, now)) {
            self.0.pop_front();
        }
    }

    /// Packets a second at this moment; zero once nothing has come for the whole window.
    pub fn packets(&self, now: Instant) -> f64 {
        self.per_second(now, |_| 1.0)
    }

    /// Bits a second at this moment.
    pub fn bits(&self, now: Instant) -> f64 {
        self.per_second(now, |bytes| bytes as f64 * 8.0)
    }

    fn per_second(&self, now: Instant, amount: impl Fn(usize) -> f64) -> f64 {
        let mut recent = self.0.iter().filter(|(at, _)| is_recent(*at, now));
        // The oldest arrival opens the span; what came in it is the rest.
        let Some((oldest, _)) = recent.next() else { return 0.0 };
        let span = now.saturating_duration_since(*oldest).as_secs_f64();
        if span < 0.1 { 0.0 } else { recent.fold(0.0, |sum, (_, bytes)| sum + amount(*bytes)) / span }
    }
}

fn is_recent(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) <= WINDOW
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
        let now = at(499);
        assert!((meter.packets(now) - 25.0).abs() < 0.01, "{}", meter.packets(now));
        assert!((meter.bits(now) - 500_000.0).abs() < 1.0, "{}", meter.bits(now));
        assert!(meter.packets(at(700)) == 0.0 && meter.bits(at(700)) == 0.0);
        // A sum of nothing is minus zero.
        assert!(meter.packets(at(600)).is_sign_positive(), "{}", meter.packets(at(600)));
    }

    #[test]
    fn memory_is_bounded() {
        let start = Instant::now();
        let mut meter = Meter::default();
        for index in 0..100_000 {
            meter.note(start + Duration::from_micros(index), 1);
        }
        assert_eq!(meter.0.len(), MAX_ENTRIES);
    }
}
