//! Pairs on their way to the trainer: bounded; the oldest go first, because fresh pairs teach more. Nobody waits to put.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use learn::Pair;
use parking_lot::{Condvar, Mutex};

/// The pairs. `T` is [`Pair`] but in tests.
#[derive(Debug)]
pub struct PairBuffer<T = Pair> {
    inner: Mutex<Inner<T>>,
    changed: Condvar,
    bound: usize,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Inner<T> {
    pairs: VecDeque<T>,
    closed: bool,
    /// When somebody came for pairs last, unless that one said that it would be away.
    attended: Option<Instant>,
}

impl<T> PairBuffer<T> {
    pub fn new(bound: usize) -> Self {
        let pairs = VecDeque::with_capacity(bound);
        Self {
            inner: Mutex::new(Inner { pairs, closed: false, attended: None }),
            changed: Condvar::new(),
            bound: bound.max(1),
            dropped: AtomicU64::new(0),
        }
    }

    /// Puts a pair, dropping the oldest if there is no room.
    pub fn put(&self, pair: T) {
        let mut inner = self.inner.lock();
        if inner.pairs.len() >= self.bound {
            inner.pairs.pop_front();
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        inner.pairs.push_back(pair);
        // Whoever is woken finds the lock free.
        drop(inner);
        self.changed.notify_one();
    }

    /// All pairs that are there; waits at most `patience` for the first. None when nothing more will come.
    pub fn drain(&self, patience: Duration) -> Option<Vec<T>> {
        let mut inner = self.inner.lock();
        self.changed.wait_while_for(&mut inner, |inner| inner.pairs.is_empty() && !inner.closed, patience);
        inner.attended = Some(Instant::now());
        // What is left at the end is not worth training on.
        if inner.closed { None } else { Some(inner.pairs.drain(..).collect()) }
    }

    /// Nothing more will come; whoever waits is told so.
    pub fn close(&self) {
        self.inner.lock().closed = true;
        self.changed.notify_all();
    }

    /// Whoever comes for pairs has something else to do, and does not say for how long.
    pub fn excuse(&self) {
        self.inner.lock().attended = None;
    }

    /// Whether whoever comes for pairs has been away for longer than `patience` without saying so.
    pub fn is_neglected(&self, patience: Duration) -> bool {
        self.inner.lock().attended.is_some_and(|last| last.elapsed() > patience)
    }

    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first() {
        let buffer = PairBuffer::new(2);
        (0..5).for_each(|n| buffer.put(n));
        assert_eq!(buffer.drain(Duration::ZERO), Some(vec![3, 4]));
        assert_eq!(buffer.dropped(), 3);
        assert_eq!(buffer.drain(Duration::ZERO), Some(vec![]));
    }

    #[test]
    fn who_stays_away_is_noticed_and_who_never_came_or_has_left_is_not() {
        let (buffer, long) = (PairBuffer::<u8>::new(2), Duration::from_secs(600));
        assert!(!buffer.is_neglected(Duration::ZERO), "nobody is there yet");
        buffer.drain(Duration::ZERO).unwrap();
        std::thread::sleep(Duration::from_millis(2));
        assert!(buffer.is_neglected(Duration::from_millis(1)) && !buffer.is_neglected(long));
        buffer.excuse();
        assert!(!buffer.is_neglected(Duration::ZERO));
    }

    #[test]
    fn closing_wakes_the_trainer() {
        let buffer = PairBuffer::<u8>::new(2);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| buffer.drain(Duration::from_secs(600)));
            buffer.close();
            assert_eq!(waiting.join().unwrap(), None);
        });
    }
}
