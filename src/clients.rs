//! Who is connected over RTMP: for statistics, and to end a connection from elsewhere.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use api::names::StreamName;
use parking_lot::Mutex;
use rtmp::{Introduction, RecordNotice, Traffic};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Letters that may wait for one connection.
const MOST_LETTERS: usize = 64;

/// All RTMP connections.
#[derive(Debug)]
pub struct Clients {
    most_players: usize,
    accepted: AtomicU64,
    all: Mutex<BTreeMap<u64, Arc<Client>>>,
}

/// One connection.
#[derive(Debug)]
pub struct Client {
    /// Counted from 1; never used again.
    pub id: u64,
    pub peer: SocketAddr,
    /// The peer's address without its port, as people write it.
    pub address: String,
    pub since: Instant,
    introduction: OnceLock<Introduction>,
    role: Mutex<Role>,
    asked: Mutex<Asked>,
    letters: Mutex<VecDeque<Letter>>,
    arrived: Notify,
    received: AtomicU64,
    sent: AtomicU64,
    dropped: AtomicU64,
    end: CancellationToken,
    all: Weak<Clients>,
}

/// What a connection does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Role {
    #[default]
    Waits,
    Publishes(StreamName),
    Plays(StreamName),
}

/// What a connection has asked for, so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub publishes: bool,
    pub plays: bool,
    /// The newest name, which is no key.
    pub name: String,
    pub arguments: String,
}

/// What somebody else wants a connection to do, or its peer to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letter {
    /// Publish or play under this name from now on.
    Redirect(String),
    /// The recorder of this name has begun, ended or failed.
    Recorder(RecordNotice, String),
}

/// There are as many players as there may be.
#[derive(Debug)]
pub struct Full;

/// A connection's place in the registry; dropping it leaves.
#[derive(Debug)]
pub struct Entered(Arc<Client>);

impl Default for Clients {
    fn default() -> Self {
        Self::new(1000)
    }
}

impl Clients {
    pub fn new(most_players: usize) -> Self {
        Self { most_players, accepted: AtomicU64::default(), all: Mutex::default() }
    }

    pub fn enter(self: &Arc<Self>, peer: SocketAddr) -> Entered {
        let client = Arc::new(Client {
            id: self.accepted.fetch_add(1, Ordering::Relaxed) + 1,
            peer,
            address: peer.ip().to_canonical().to_string(),
            since: Instant::now(),
            introduction: OnceLock::new(),
            role: Mutex::default(),
            asked: Mutex::default(),
            letters: Mutex::default(),
            arrived: Notify::new(),
            received: AtomicU64::default(),
            sent: AtomicU64::default(),
            dropped: AtomicU64::default(),
            end: CancellationToken::new(),
            all: Arc::downgrade(self),
        });
        self.all.lock().insert(client.id, Arc::clone(&client));
        Entered(client)
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> Vec<Arc<Client>> {
        self.all.lock().values().cloned().collect()
    }

    /// How many there are now.
    pub fn count(&self) -> usize {
        self.all.lock().len()
    }

    /// Connections since the server began.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// How many play now.
    pub fn players(&self) -> usize {
        self.all.lock().values().filter(|client| matches!(client.role(), Role::Plays(_))).count()
    }

    fn are_full(&self) -> bool {
        self.players() >= self.most_players
    }
}

impl Client {
    /// What the peer said of itself in `connect`, once it has.
    pub fn introduction(&self) -> Option<&Introduction> {
        self.introduction.get()
    }

    pub fn introduce(&self, introduction: Introduction) {
        // A session refuses a second `connect`.
        let _ = self.introduction.set(introduction);
    }

    pub fn role(&self) -> Role {
        self.role.lock().clone()
    }

    pub fn take_role(&self, role: Role) {
        *self.role.lock() = role;
    }

    /// Takes a player's role; not if there are as many players as there may be.
    pub fn plays(&self, stream: StreamName) -> Result<(), Full> {
        if self.all.upgrade().is_some_and(|all| all.are_full()) {
            return Err(Full);
        }
        self.take_role(Role::Plays(stream));
        Ok(())
    }

    pub fn asked(&self) -> Asked {
        self.asked.lock().clone()
    }

    pub fn asks_to_publish(&self, name: &str, arguments: Option<&str>) {
        self.asked.lock().ask(name, arguments).publishes = true;
    }

    pub fn asks_to_play(&self, name: &str, arguments: Option<&str>) {
        self.asked.lock().ask(name, arguments).plays = true;
    }

    pub fn traffic(&self) -> Traffic {
        Traffic { received: self.received.load(Ordering::Relaxed), sent: self.sent.load(Ordering::Relaxed) }
    }

    pub fn count(&self, traffic: Traffic) {
        self.received.store(traffic.received, Ordering::Relaxed);
        self.sent.store(traffic.sent, Ordering::Relaxed);
    }

    /// Packets that a slow player did not get.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub fn count_dropped(&self, dropped: u64) {
        self.dropped.store(dropped, Ordering::Relaxed);
    }

    /// Leaves something for the connection to do. Where nobody takes letters out, the oldest go.
    pub fn post(&self, letter: Letter) {
        let mut letters = self.letters.lock();
        if letters.len() >= MOST_LETTERS {
            letters.pop_front();
        }
        letters.push_back(letter);
        self.arrived.notify_one();
    }

    /// The next thing to do; cancelling loses nothing.
    pub async fn letter(&self) -> Letter {
        loop {
            if let Some(letter) = self.letters.lock().pop_front() {
                return letter;
            }
            self.arrived.notified().await;
        }
    }

    /// Has the connection told why, and ended.
    pub fn end(&self) {
        self.end.cancel();
    }

    /// Waits until somebody wants the connection to end.
    pub async fn ended(&self) {
        self.end.cancelled().await;
    }
}

impl Asked {
    fn ask(&mut self, name: &str, arguments: Option<&str>) -> &mut Self {
        name.clone_into(&mut self.name);
        arguments.unwrap_or_default().clone_into(&mut self.arguments);
        self
    }
}

impl std::ops::Deref for Entered {
    type Target = Arc<Client>;

    fn deref(&self) -> &Arc<Client> {
        &self.0
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(all) = self.0.all.upgrade() {
            all.all.lock().remove(&self.0.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_listed_while_they_last() {
        let clients = Arc::new(Clients::new(1));
        let peer = SocketAddr::from(([192, 0, 2, 1], 1));
        let first = clients.enter(peer);
        let second = clients.enter(peer);
        second.plays("demo".parse().unwrap()).unwrap();
        assert!(first.plays("demo".parse().unwrap()).is_err(), "one is enough");
        let ids = || clients.all().iter().map(|client| client.id).collect::<Vec<_>>();
        assert_eq!((ids(), clients.players()), (vec![1, 2], 1));
        drop(first);
        assert_eq!((ids(), clients.accepted()), (vec![2], 2));
    }
}
