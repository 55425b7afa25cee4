//! Connections that have not authenticated yet. Their number is limited: one too many closes the oldest. (Their time is
//! limited, too, by [`rtmp::Limits`].)
//!
//! Who publishes no longer counts: strangers who connect and do nothing cannot keep publishers out, nor end a
//! publication. There are no more publishers than streams.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use media::flow::TokenBucket;
use parking_lot::Mutex;
use rtmp::Rejection;
use tokio_util::sync::CancellationToken;

use crate::abuse::WrongKeys;

/// The first eviction is logged, and then one in this many: an attack must not fill the disk.
const LOGGED: u64 = 1000;

/// What may be logged of strangers: so many lines at once, and so many a second in the long run.
const LINES: f64 = 20.0;
const LINES_A_SECOND: f64 = 0.2;

/// All half-open connections of a listener.
#[derive(Debug)]
pub(super) struct HalfOpen {
    limit: usize,
    wrong_keys: Arc<WrongKeys>,
    lines: Mutex<TokenBucket>,
    accepted: AtomicU64,
    evicted: AtomicU64,
    /// By number, so the oldest comes first.
    connections: Mutex<BTreeMap<u64, CancellationToken>>,
}

/// One of them. It no longer counts once it is dropped or has [authenticated](Self::authenticated).
#[derive(Debug)]
pub(super) struct Entry {
    all: Arc<HalfOpen>,
    number: u64,
    evict: CancellationToken,
}

impl HalfOpen {
    pub(super) fn new(limit: usize, wrong_keys: Arc<WrongKeys>) -> Arc<Self> {
        Arc::new(Self {
            limit: limit.max(1),
            wrong_keys,
            lines: Mutex::new(TokenBucket::full(LINES_A_SECOND, LINES)),
            accepted: AtomicU64::default(),
            evicted: AtomicU64::default(),
            connections: Mutex::default(),
        })
    }

    /// Counts a connection. The oldest one is told to close if that makes too many.
    pub(super) fn enter(self: &Arc<Self>) -> Entry {
        let evict = CancellationToken::new();
        let mut connections = self.connections.lock();
        // Numbered under the lock, so that the order of numbers is the order in which they came.
        let number = self.accepted.fetch_add(1, Ordering::Relaxed);
        if connections.len() >= self.limit
            && let Some((_, oldest)) = connections.pop_first()
        {
            oldest.cancel();
            self.count_eviction();
        }
        connections.insert(number, evict.clone());
        Entry { all: Arc::clone(self), number, evict }
    }

    fn count_eviction(&self) {
        let closed = self.evicted.fetch_add(1, Ordering::Relaxed) + 1;
        if closed % LOGGED == 1 {
            tracing::warn!(
                limit = self.limit,
                closed,
                "more RTMP connections than `rtmp.max_connections` wait to publish, and the oldest are closed; \
                 raise it if they are yours"
            );
        }
    }
}

impl Entry {
    /// Waits until the connection has to make room; for ever once it has authenticated.
    pub(super) async fn evicted(&self) {
        self.evict.cancelled().await;
    }

    pub(super) fn authenticated(&self) {
        self.all.connections.lock().remove(&self.number);
    }

    /// Whether the peer may try a key now.
    pub(super) fn may_try(&self, peer: SocketAddr) -> Result<(), Rejection> {
        self.all.wrong_keys.check(peer.ip()).map_err(|_| Rejection::TooManyTries)
    }

    pub(super) fn tried_wrong_key(&self, peer: SocketAddr) {
        self.all.wrong_keys.count(peer.ip());
    }

    /// Whether a line about this connection still fits into the log.
    pub(super) fn may_log(&self) -> bool {
        self.all.lines.lock().take(1.0, Instant::now()).is_ok()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.authenticated();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_evicted(entry: &Entry) -> bool {
        entry.evict.is_cancelled()
    }

    #[test]
    fn the_oldest_makes_room_and_publishers_stay() {
        let half_open = HalfOpen::new(2, Arc::default());
        let publisher = half_open.enter();
        publisher.authenticated();
        let entries: Vec<Entry> = (0..3).map(|_| half_open.enter()).collect();
        assert!(!is_evicted(&publisher));
        assert_eq!(entries.iter().map(is_evicted).collect::<Vec<_>>(), [true, false, false]);
        drop(entries);
        let again: Vec<Entry> = (0..2).map(|_| half_open.enter()).collect();
        assert!(!again.iter().any(is_evicted), "room comes back");
    }

    #[test]
    fn strangers_do_not_fill_the_log() {
        let half_open = HalfOpen::new(2, Arc::default());
        let lines = (0..1000).filter(|_| half_open.enter().may_log()).count();
        assert_eq!(lines, 20);
    }
}
