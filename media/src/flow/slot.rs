//! A slot for one value: whoever puts replaces what was there, whoever takes gets the latest. Nothing queues.

use parking_lot::{Condvar, Mutex};

/// Hands the newest value from one thread to another; older ones go back to the one who puts.
#[derive(Debug)]
pub struct Slot<T> {
    state: Mutex<(Option<T>, bool)>,
    changed: Condvar,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { state: Mutex::new((None, false)), changed: Condvar::new() }
    }
}

impl<T> Slot<T> {
    /// Puts a value; answers the one that nobody took.
    pub fn put(&self, value: T) -> Option<T> {
        let replaced = self.state.lock().0.replace(value);
        self.changed.notify_one();
        replaced
    }

    /// Takes the value, if there is one.
    pub fn take(&self) -> Option<T> {
        self.state.lock().0.take()
    }

    /// Takes the value, and waits for one; `None` once the slot is closed, whatever lies in it.
    pub fn wait(&self) -> Option<T> {
        let mut state = self.state.lock();
        self.changed.wait_while(&mut state, |(value, closed)| value.is_none() && !*closed);
        let (value, closed) = &mut *state;
        if *closed { None } else { value.take() }
    }

    pub fn is_empty(&self) -> bool {
        self.state.lock().0.is_none()
    }

    /// Nobody waits any more: whoever does gets none, and so does everyone after.
    pub fn close(&self) {
        self.state.lock().1 = true;
        self.changed.notify_all();
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

    #[test]
    fn whoever_waits_gets_the_latest() {
        let slot = Slot::default();
        assert_eq!(slot.put(1), None);
        assert_eq!(slot.put(2), Some(1));
        assert_eq!(slot.wait(), Some(2));
        assert_eq!(slot.take(), None);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| slot.wait());
            slot.put(3);
            assert_eq!(waiting.join().unwrap(), Some(3));
        });
    }

    #[test]
    fn closing_wakes_who_waits() {
        let slot = Slot::<u8>::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| slot.wait());
            slot.close();
            assert_eq!(waiting.join().unwrap(), None);
        });
        slot.put(1);
        assert_eq!(slot.wait(), None);
        assert_eq!(slot.take(), Some(1));
    }
}
