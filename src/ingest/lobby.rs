//! Where connections wait until they publish. Its places are few; when all are taken, who has waited longest is shown out.
//!
//! Whoever publishes has shown a key and leaves the lobby: strangers who connect and do nothing cannot keep publishers
//! out, nor end a publication. There are no more publishers than streams.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The first show-out is logged, and then one of so many: an attack must not fill the disk.
const LOGGED: u64 = 1000;

/// The lobby. Cheap to clone; all clones are the same lobby.
#[derive(Debug, Clone)]
pub(super) struct Lobby {
    inner: Arc<Mutex<Inner>>,
    places: usize,
}

#[derive(Debug, Default)]
struct Inner {
    entered: u64,
    shown_out: u64,
    /// Oldest first.
    guests: VecDeque<(u64, CancellationToken)>,
}

/// A place in the lobby, given back when dropped.
#[derive(Debug)]
pub(super) struct Guest {
    lobby: Lobby,
    number: u64,
    ask: CancellationToken,
}

impl Lobby {
    pub(super) fn new(places: usize) -> Self {
        Self { inner: Arc::default(), places: places.max(1) }
    }

    /// Takes a place, the oldest guest's if there is no other.
    pub(super) fn enter(&self) -> Guest {
        let mut inner = self.inner();
        if inner.guests.len() >= self.places
            && let Some((_, oldest)) = inner.guests.pop_front()
        {
            oldest.cancel();
            inner.shown_out += 1;
            if inner.shown_out % LOGGED == 1 {
                tracing::warn!(
                    places = self.places,
                    closed = inner.shown_out,
                    "more RTMP connections than `rtmp.max_connections` wait to publish; the oldest are closed"
                );
            }
        }
        inner.entered += 1;
        let (number, ask) = (inner.entered, CancellationToken::new());
        inner.guests.push_back((number, ask.clone()));
        Guest { lobby: self.clone(), number, ask }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    /// Waits until the place is needed; for ever once it was given back.
    pub(super) async fn shown_out(&self) {
        self.ask.cancelled().await;
    }

    /// Gives the place back: the connection publishes.
    pub(super) fn leave(&self) {
        self.lobby.inner().guests.retain(|(number, _)| *number != self.number);
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_shown_out(guest: &Guest) -> bool {
        guest.ask.is_cancelled()
    }

    #[test]
    fn the_oldest_guest_makes_room_and_publishers_stay() {
        let lobby = Lobby::new(2);
        let publisher = lobby.enter();
        publisher.leave();
        let guests: Vec<Guest> = (0..3).map(|_| lobby.enter()).collect();
        assert!(!is_shown_out(&publisher));
        assert_eq!(guests.iter().map(is_shown_out).collect::<Vec<_>>(), [true, false, false]);
        drop(guests);
        let again: Vec<Guest> = (0..2).map(|_| lobby.enter()).collect();
        assert!(!again.iter().any(is_shown_out), "places come back");
    }
}
