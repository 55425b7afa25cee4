//! Pairs on their way to the trainer: bounded; the oldest go first, because fresh pairs teach more. Nobody waits to put.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use learn::Pair;

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
    /// Whether somebody is expected to come for pairs.
    attended: bool,
    /// When somebody came last.
    last: Instant,
}

/// Nothing more will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

impl<T> PairBuffer<T> {
    /// Room for `bound` pairs.
    pub fn new(bound: usize) -> Self {
        Self {
            inner: Mutex::new(Inner {
                pairs: VecDeque::with_capacity(bound),
                closed: false,
                attended: false,
                last: Instant::now(),
            }),
            changed: Condvar::new(),
            bound: bound.max(1),
            dropped: AtomicU64::new(0),
        }
    }

    /// Puts a pair, dropping the oldest if there is no room.
    pub fn put(&self, pair: T) {
        let mut inner = self.lock();
        if inner.pairs.len() >= self.bound {
            inner.pairs.pop_front();
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        inner.pairs.push_back(pair);
        drop(inner);
        self.changed.notify_one();
    }

    /// All pairs that are there, without waiting.
    pub fn drain(&self) -> Result<Vec<T>, Closed> {
        let mut inner = self.lock();
        (inner.attended, inner.last) = (true, Instant::now());
        if inner.closed { Err(Closed) } else { Ok(inner.pairs.drain(..).collect()) }
    }

    /// All pairs that are there; waits at most `patience` for the first.
    pub fn drain_or_wait(&self, patience: Duration) -> Result<Vec<T>, Closed> {
        let inner = self.lock();
        let waiting = |inner: &mut Inner<T>| inner.pairs.is_empty() && !inner.closed;
        let result = self.changed.wait_timeout_while(inner, patience, waiting);
        drop(result.unwrap_or_else(PoisonError::into_inner));
        self.drain()
    }

    /// Nothing more will come; whoever waits is told so, and what is left is not worth training on.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Whoever comes for pairs has something else to do, and does not say for how long.
    pub fn leave(&self) {
        self.lock().attended = false;
    }

    /// Whether whoever comes for pairs has not been here for so long, and did not leave.
    pub fn is_neglected(&self, patience: Duration) -> bool {
        let inner = self.lock();
        inner.attended && inner.last.elapsed() > patience
    }

    /// Pairs that were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first() {
        let buffer = PairBuffer::new(2);
        (0..5).for_each(|n| buffer.put(n));
        assert_eq!(buffer.drain(), Ok(vec![3, 4]));
        assert_eq!(buffer.dropped(), 3);
        assert_eq!(buffer.drain_or_wait(Duration::ZERO), Ok(vec![]));
    }

    #[test]
    fn who_stays_away_is_noticed_and_who_never_came_or_has_left_is_not() {
        let (buffer, long) = (PairBuffer::<u8>::new(2), Duration::from_secs(600));
        assert!(!buffer.is_neglected(Duration::ZERO), "nobody is there yet");
        buffer.drain().unwrap();
        std::thread::sleep(Duration::from_millis(2));
        assert!(buffer.is_neglected(Duration::from_millis(1)) && !buffer.is_neglected(long));
        buffer.leave();
        assert!(!buffer.is_neglected(Duration::ZERO));
    }

    #[test]
    fn closing_wakes_the_trainer() {
        let buffer = PairBuffer::<u8>::new(2);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| buffer.drain_or_wait(Duration::from_secs(600)));
            buffer.close();
            assert_eq!(waiting.join().unwrap(), Err(Closed));
        });
    }
}
