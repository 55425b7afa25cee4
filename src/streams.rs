//! The registry of streams, in the middle between publishers and everything that happens to what they send.
//!
//! ```text
//! ingest -> Publication -> Session { timeline -> hls (source, audio), queue -> lane -> hls (enhanced) }
//! ```
//!
//! A [`stream::Stream`] is configured and lives as long as the server. A `Session` is one playlist: it
//! begins with a publisher, outlives short absences (the grace period; the playlist then continues with a
//! discontinuity), and ends with ENDLIST. Readers of an ended playlist keep it until the next publisher comes, who
//! gets a fresh one. A [`stream::Publication`] is the right to push, held by one connection at a time.

pub mod meter;
pub mod session;
mod status;
pub mod stream;
pub mod timeline;
pub mod training;

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::names::{StreamKey, StreamName};
use api::shutdown::Shutdown;
use tokio::sync::Notify;

use crate::inference::Profile;
use session::Ending;

pub use session::SessionSettings;
pub use stream::{InUse, Publication, Stream, StreamSettings};

/// How long a lane may take to finish what it has when its stream ends. Shorter than the whole server may take.
const LANE_END: Duration = Duration::from_millis(2500);

/// All streams of the server.
#[derive(Debug)]
pub struct Hub {
    streams: Vec<Arc<Stream>>,
    /// A publisher left: somebody's grace period has begun.
    left: Arc<Notify>,
}

impl Hub {
    /// The configured streams. Those that do not choose a profile get `profile`.
    pub fn new(streams: Vec<StreamSettings>, profile: Profile, settings: SessionSettings) -> Self {
        let left = Arc::new(Notify::new());
        let settings = Arc::new(settings);
        let streams = streams
            .into_iter()
            .map(|stream| {
                let profile = stream.profile.unwrap_or(profile);
                Arc::new(Stream::new(stream, profile, Arc::clone(&settings), Arc::clone(&left)))
            })
            .collect();
        Self { streams, left }
    }

    /// All streams, in the order of the configuration.
    pub fn streams(&self) -> &[Arc<Stream>] {
        &self.streams
    }

    /// The stream with this public name.
    pub fn find(&self, name: &StreamName) -> Option<&Arc<Stream>> {
        self.streams.iter().find(|stream| stream.name() == name)
    }

    /// The stream that this key may publish to. Looks at all keys, each in constant time, so that the time that it
    /// takes tells nothing.
    pub fn authenticate(&self, key: &StreamKey) -> Option<&Arc<Stream>> {
        self.streams.iter().fold(None, |found, stream| if stream.has_key(key) { Some(stream) } else { found })
    }

    /// Ends sessions whose grace period is over, until the server ends.
    pub async fn run(&self, shutdown: Shutdown) {
        loop {
            let due = self.streams.iter().filter_map(|stream| stream.waits_until()).min();
            tokio::select! {
                biased;
                () = shutdown.requested() => return,
                () = self.left.notified() => {}
                () = sleep_until(due) => {
                    let now = Instant::now();
                    end_all(self.streams.iter().filter_map(|stream| stream.expire(now)).collect()).await;
                }
            }
        }
    }

    /// Ends all sessions, whoever publishes.
    pub async fn end(&self) {
        end_all(self.streams.iter().filter_map(|stream| stream.end()).collect()).await;
    }
}

/// Lanes finish side by side; each playlist ends when its lane has.
async fn end_all(endings: Vec<Ending>) {
    for ending in &endings {
        ending.announce();
    }
    for ending in endings {
        ending.complete(LANE_END).await;
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
