//! A place for one value: whoever puts replaces what was there, whoever takes gets the latest.

use std::sync::{Mutex, PoisonError};

/// Hands the newest value from one thread to another; older ones go back to the one who puts.
#[derive(Debug)]
pub struct Slot<T>(Mutex<Option<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Slot<T> {
    /// Puts a value; answers the one that nobody took.
    pub fn put(&self, value: T) -> Option<T> {
        self.with(|place| place.replace(value))
    }

    /// Takes the value, if there is one.
    pub fn take(&self) -> Option<T> {
        self.with(Option::take)
    }

    /// Whether a value waits.
    pub fn is_empty(&self) -> bool {
        self.with(|place| place.is_none())
    }

    fn with<R>(&self, act: impl FnOnce(&mut Option<T>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_wins_and_is_taken_once() {
        let slot = Slot::default();
        assert_eq!(slot.take(), None);
        assert_eq!(slot.put(1), None);
        assert_eq!(slot.put(2), Some(1));
        assert!(!slot.is_empty());
        assert_eq!(slot.take(), Some(2));
        assert_eq!(slot.take(), None);
    }
}
