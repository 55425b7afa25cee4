//! A place for one thing: who puts replaces what was there, who takes waits for what comes. Latest wins; nothing queues.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The place.
#[derive(Debug)]
pub struct Slot<T> {
    inner: Mutex<Inner<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inner<T> {
    latest: Option<T>,
    closed: bool,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { inner: Mutex::new(Inner { latest: None, closed: false }), changed: Condvar::new() }
    }
}

impl<T> Slot<T> {
    /// An empty place.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `item`; returns what it replaced, if that was never taken.
    pub fn put(&self, item: T) -> Option<T> {
        let replaced = self.lock().latest.replace(item);
        self.changed.notify_one();
        replaced
    }

    /// Takes what is there, waiting for it; none after [`Self::close`].
    pub fn take(&self) -> Option<T> {
        let inner = self.lock();
        let mut inner = self
            .changed
            .wait_while(inner, |inner| inner.latest.is_none() && !inner.closed)
            .unwrap_or_else(PoisonError::into_inner);
        if inner.closed { None } else { inner.latest.take() }
    }

    /// Takes what is there right now, if anything.
    pub fn try_take(&self) -> Option<T> {
        self.lock().latest.take()
    }

    /// Nobody takes any more: whoever waits gets none, and so does everyone after.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_wins() {
        let slot = Slot::new();
        assert_eq!(slot.put(1), None);
        assert_eq!(slot.put(2), Some(1));
        assert_eq!(slot.take(), Some(2));
        assert_eq!(slot.try_take(), None);
    }

    #[test]
    fn closing_wakes_who_waits() {
        let slot = Slot::<u8>::new();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| slot.take());
            slot.close();
            assert_eq!(waiting.join().unwrap(), None);
        });
    }
}
