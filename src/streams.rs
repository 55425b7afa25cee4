//! The registry of streams, in the middle between publishers and everything that happens to what they send.
//!
//! ```text
//! ingest -> Publication -> Session { timeline -> sinks (source), sound -> sinks (audio), queue -> lane -> sinks (enhanced) }
//! ```
//!
//! A [`Stream`] has a name and a key, and lasts until it is removed. A [`Session`] is one playlist: it begins with a
//! publisher, outlives short absences (the grace period; the playlist then continues with a discontinuity), and ends
//! with ENDLIST. Readers of an ended playlist keep it until the next publisher comes, who gets a fresh one. A
//! [`Publication`] is the right to push, held by one connection at a time.

mod error;
mod lane_feed;
mod meter;
mod report;
mod session;
mod stream;
#[cfg(test)]
mod tests;
mod timeline;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use api::names::{StreamKey, StreamName};
use api::shutdown::Shutdown;
use parking_lot::RwLock;
use tokio::sync::{Notify, watch};

use crate::inference::Profile;

pub use crate::lane::select::RefineReason;
pub use crate::lane::stats::Figures;
pub use error::Error;
pub use lane_feed::LaneFeed;
pub use report::CheckedReport;
pub use session::{Incoming, OpenSink, Session, SessionSettings};
pub use stream::{Presence, Publication, Stream, StreamSettings};

/// Streams at most. Each may hold a lane and a window of media, and every publisher's key is compared with all keys.
pub const MAX_STREAMS: usize = 1000;

/// All streams of the server. They come and go while it runs.
#[derive(Debug)]
pub struct Streams {
    all: RwLock<Vec<Arc<Stream>>>,
    /// Set and read under the lock of `all`, so that no stream slips in behind the end.
    ended: AtomicBool,
    /// What streams get that choose no profile themselves.
    profile: Profile,
    settings: Arc<SessionSettings>,
    /// A publisher left: somebody's grace period has begun.
    left: Arc<Notify>,
    /// A publisher came or left.
    changes: watch::Sender<()>,
}

impl Streams {
    /// None yet. Streams that do not choose a profile get `profile`.
    pub fn new(profile: Profile, settings: SessionSettings) -> Self {
        Self {
            all: RwLock::default(),
            ended: AtomicBool::new(false),
            profile,
            settings: Arc::new(settings),
            left: Arc::default(),
            changes: watch::Sender::new(()),
        }
    }

    /// From now on there is this stream, and who has its key may publish. Names and keys are each one stream's only.
    pub fn add(&self, stream: StreamSettings) -> Result<Arc<Stream>, Error> {
        let mut all = self.all.write();
        if self.ended.load(Ordering::Relaxed) {
            return Err(Error::Ended);
        }
        if all.len() >= MAX_STREAMS {
            return Err(Error::Full { most: MAX_STREAMS });
        }
        if all.iter().any(|other| *other.name() == stream.name) {
            return Err(Error::NameTaken(stream.name));
        }
        if stream.key.as_ref().is_some_and(|key| all.iter().any(|other| other.has_key(key))) {
            return Err(Error::KeyTaken(stream.name));
        }
        let profile = stream.profile.unwrap_or(self.profile);
        let settings = Arc::clone(&self.settings);
        let stream =
            Arc::new(Stream::new(stream, profile, settings, Arc::clone(&self.left), self.changes.clone()));
        all.push(Arc::clone(&stream));
        Ok(stream)
    }

    /// Ends the stream, whoever publishes, and forgets it. Its publisher is turned away with the next unit, and its
    /// lane finishes what it has; readers that wait get the end of the playlist.
    pub async fn remove(&self, name: &StreamName) -> Result<(), Error> {
        let stream = self.find(name).ok_or_else(|| Error::NoStream(name.clone()))?;
        // It is listed until it has ended: nobody takes its name while its lane still runs.
        if let Some(ending) = stream.end() {
            ending.await;
        }
        self.all.write().retain(|other| !Arc::ptr_eq(other, &stream));
        tracing::info!(stream = %name, "stream removed");
        Ok(())
    }

    /// The open stream of this name, which is made if there is none. Who may publish has been decided.
    pub fn open(&self, stream: StreamSettings) -> Result<Arc<Stream>, Error> {
        let name = stream.name.clone();
        match self.add(StreamSettings { key: None, ..stream }) {
            Err(Error::NameTaken(_)) => {
                let stream = self.find(&name).filter(|stream| stream.is_open());
                stream.ok_or(Error::NameTaken(name))
            }
            added => added,
        }
    }

    /// Gives a stream another key, which no other one may have.
    pub fn change_key(&self, name: &StreamName, key: Option<StreamKey>) -> Result<(), Error> {
        let all = self.all.write();
        let stream = all.iter().find(|stream| stream.name() == name);
        let stream = stream.ok_or_else(|| Error::NoStream(name.clone()))?;
        let is_taken = |key: &StreamKey| all.iter().any(|other| other.name() != name && other.has_key(key));
        if key.as_ref().is_some_and(is_taken) {
            return Err(Error::KeyTaken(name.clone()));
        }
        stream.change_key(key);
        Ok(())
    }

    /// Forgets open streams whose playlists nobody can still want to read.
    fn forget_open(&self, now: Instant) {
        self.all.write().retain(|stream| !stream.forget(now));
    }

    /// Changes whenever a publisher comes or leaves, to whatever stream.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// All streams, in the order in which they were added.
    pub fn all(&self) -> Vec<Arc<Stream>> {
        self.all.read().clone()
    }

    /// The stream with this public name.
    pub fn find(&self, name: &StreamName) -> Option<Arc<Stream>> {
        self.all.read().iter().find(|stream| stream.name() == name).cloned()
    }

    /// The stream that this key may publish to.
    pub fn authenticate(&self, key: &StreamKey) -> Option<Arc<Stream>> {
        // All keys, each in constant time, so that the time that it takes tells nothing.
        let all = self.all.read();
        let found =
            all.iter().fold(None, |found, stream| if stream.has_key(key) { Some(stream) } else { found });
        found.cloned()
    }

    /// Ends sessions whose grace period is over, until the server ends.
    pub async fn run(&self, shutdown: Shutdown) {
        loop {
            let due = self.all().iter().filter_map(|stream| stream.due()).min();
            tokio::select! {
                biased;
                () = shutdown.requested() => return,
                () = self.left.notified() => {}
                () = sleep_until(due) => {
                    let now = Instant::now();
                    complete(self.all().iter().filter_map(|stream| stream.expire(now)).collect()).await;
                    self.forget_open(now);
                }
            }
        }
    }

    /// Ends all sessions, whoever publishes. Nothing is added any more.
    pub async fn end(&self) {
        let all = {
            let all = self.all.write();
            self.ended.store(true, Ordering::Relaxed);
            all.clone()
        };
        complete(all.iter().filter_map(|stream| stream.end()).collect()).await;
    }
}

/// Every lane was told to end already, so they finish side by side; each playlist ends when its lane has.
async fn complete(endings: Vec<impl Future<Output = ()>>) {
    for ending in endings {
        ending.await;
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
