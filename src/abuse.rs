//! What strangers may do from one address: try so many wrong keys a minute, hold so many connections.
//!
//! IPv6 addresses count by their /64, which is what one customer gets. Addresses of this machine and of private
//! networks are not limited: behind a proxy everybody comes from one of them, and the proxy knows better. What is
//! remembered is bounded, whatever anybody sends.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use media::flow::TokenBucket;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Wrong keys in a row before the rate counts: more than a person mistypes.
const BURST: f64 = 10.0;

/// Wrong keys a second in the long run.
const RATE: f64 = BURST / 60.0;

/// Connections that one address may have, however few there may be in all: some players, each with a handful.
const LEAST: usize = 64;

/// Addresses whose wrong keys are remembered. Who has more of them gains a burst for each, and no more memory.
const MOST: usize = 4096;

/// The first refusal is logged, and then one in this many: an attack must not fill the disk.
const LOGGED: u64 = 1000;

/// Addresses that sent wrong keys lately, whatever the protocol.
#[derive(Debug, Default)]
pub struct WrongKeys {
    lately: Mutex<HashMap<IpAddr, TokenBucket>>,
    counted: AtomicU64,
    refused: AtomicU64,
}

impl WrongKeys {
    /// Asked before a key is compared: the error says how long this address has to wait. Right keys have to wait, too,
    /// or the answer would tell them apart.
    pub fn check(&self, peer: IpAddr) -> Result<(), Duration> {
        self.check_at(peer, Instant::now())
    }

    /// Notes that a key was wrong.
    pub fn count(&self, peer: IpAddr) {
        self.count_at(peer, Instant::now());
    }

    /// Wrong keys, and tries that were turned away because of those before.
    pub fn totals(&self) -> [u64; 2] {
        [&self.counted, &self.refused].map(|total| total.load(Ordering::Relaxed))
    }

    fn check_at(&self, peer: IpAddr, now: Instant) -> Result<(), Duration> {
        let Some(address) = limited(peer) else { return Ok(()) };
        let lately = self.lately.lock();
        // A try costs nothing until its key is known to be wrong.
        let outcome = lately.get(&address).map_or(Ok(()), |bucket| bucket.clone().take(1.0, now));
        if outcome.is_err() && self.refused.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOGGED) {
            tracing::warn!(%peer, "too many wrong keys from this address; further ones are not looked at for a while");
        }
        outcome
    }

    fn count_at(&self, peer: IpAddr, now: Instant) {
        self.counted.fetch_add(1, Ordering::Relaxed);
        let Some(address) = limited(peer) else { return };
        let mut lately = self.lately.lock();
        if lately.len() >= MOST && !lately.contains_key(&address) {
            // Those who may try a whole burst again are like strangers.
            lately.retain(|_, bucket| bucket.clone().take(BURST, now).is_err());
            // Any other has to go then; which one, the random order of the table decides.
            let any = lately.keys().next().copied().filter(|_| lately.len() >= MOST);
            any.and_then(|any| lately.remove(&any));
        }
        let bucket = lately.entry(address).or_insert_with(|| TokenBucket::full(RATE, BURST));
        // Tries that were let in together may be more than there are tokens.
        let _ = bucket.take(1.0, now);
    }
}

/// Connections that are open from each address. An address is remembered as long as it has one.
#[derive(Debug)]
pub struct Connections {
    /// Of all addresses together.
    places: Arc<Semaphore>,
    /// Of one.
    each: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
    refused: AtomicU64,
    idle: AtomicU64,
}

/// A connection that counts until this is dropped.
#[derive(Debug)]
pub struct Counted {
    all: Arc<Connections>,
    address: Option<IpAddr>,
}

impl Connections {
    /// So many at a time, a quarter of them from one address: a class room behind one address has room.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(limit)),
            each: (limit / 4).max(LEAST),
            open: Mutex::default(),
            refused: AtomicU64::new(0),
            idle: AtomicU64::new(0),
        })
    }

    /// Waits for a place among all that there may be.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Counts a connection; `None` if its address has all that it may have.
    pub fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Counted> {
        let address = limited(peer);
        if let Some(address) = address {
            let mut open = self.open.lock();
            let count = open.entry(address).or_default();
            if *count >= self.each {
                if self.refused.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOGGED) {
                    tracing::warn!(%peer, limit = self.each, "too many connections from one address; further ones are closed");
                }
                return None;
            }
            *count += 1;
        }
        Some(Counted { all: Arc::clone(self), address })
    }

    /// Notes that a connection was closed because nobody used it.
    pub fn count_idle(&self) {
        self.idle.fetch_add(1, Ordering::Relaxed);
    }

    /// Connections that were turned away, and those that were closed because nobody used them.
    pub fn totals(&self) -> [u64; 2] {
        [&self.refused, &self.idle].map(|total| total.load(Ordering::Relaxed))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut open = self.all.open.lock();
        if let Some(count) = open.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&address);
            }
        }
    }
}

/// What is counted for a peer; `None` if nothing is.
fn limited(peer: IpAddr) -> Option<IpAddr> {
    match peer.to_canonical() {
        IpAddr::V4(v4) if v4.is_loopback() || v4.is_private() || v4.is_link_local() => None,
        IpAddr::V6(v6) if v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() => None,
        IpAddr::V6(v6) => Some(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => Some(v4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_count_by_what_one_customer_has() {
        for (peer, counted) in [
            ("203.0.113.7", Some("203.0.113.7")),
            ("::ffff:203.0.113.7", Some("203.0.113.7")),
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1:2::")),
            ("127.0.0.1", None),
            ("::1", None),
            ("::ffff:127.0.0.1", None),
            ("10.1.2.3", None),
            ("172.17.0.1", None),
            ("192.168.1.9", None),
            ("fd00::1", None),
            ("fe80::1", None),
        ] {
            assert_eq!(limited(address(peer)), counted.map(address), "{peer}");
        }
    }

    #[test]
    fn wrong_keys_cost_their_address_a_wait_and_nobody_else() {
        let keys = WrongKeys::default();
        let start = Instant::now();
        let guesser = address("2001:db8::1");
        for _ in 0..BURST as u32 {
            assert_eq!(keys.check_at(guesser, start), Ok(()));
            keys.count_at(guesser, start);
        }
        let wait = keys.check_at(address("2001:db8::2"), start).unwrap_err();
        assert!(wait <= Duration::from_secs(6), "{wait:?}");
        assert_eq!(keys.check_at(address("2001:db8:0:1::1"), start), Ok(()));
        assert_eq!(keys.check_at(guesser, start + wait), Ok(()));
        assert_eq!(keys.totals(), [10, 1]);
        for _ in 0..100 {
            keys.count_at(address("127.0.0.1"), start);
        }
        assert_eq!(keys.check_at(address("127.0.0.1"), start), Ok(()));
    }

    #[test]
    fn any_number_of_addresses_is_remembered_in_bounds() {
        let keys = WrongKeys::default();
        let start = Instant::now();
        for number in 0..3 * MOST as u32 {
            keys.count_at(IpAddr::from((0x0800_0000 + number).to_be_bytes()), start);
            assert!(keys.lately.lock().len() <= MOST);
        }
        keys.count_at(address("203.0.113.7"), start + Duration::from_secs(60));
        assert_eq!(keys.lately.lock().len(), 1, "after a minute they are strangers again");
    }

    #[test]
    fn an_address_has_so_many_connections_at_a_time() {
        let connections = Connections::new(400);
        let greedy = address("203.0.113.7");
        let mut open: Vec<Counted> = std::iter::from_fn(|| connections.enter(greedy)).collect();
        assert_eq!(open.len(), 100);
        assert!(connections.enter(address("203.0.113.8")).is_some());
        assert!(
            (0..9).map(|_| connections.enter(address("::1"))).collect::<Vec<_>>().iter().all(Option::is_some)
        );
        open.pop();
        assert!(connections.enter(greedy).is_some());
        drop(open);
        assert!(connections.open.lock().is_empty());
        assert_eq!(connections.totals(), [1, 0]);
    }
}
