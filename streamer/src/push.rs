//! Sends the low-resolution stream to the server, and comes back when the connection is lost.
//!
//! The video path never waits for this task: it puts into a bounded queue that makes room by itself. While there is no
//! connection the queue goes on being filled and emptied by its own rule; after a reconnection the stream goes on at the
//! first keyframe, with timestamps that never broke.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use api::names::StreamKey;
use api::shutdown::{Shutdown, Stopped};
use media::flow::{KeyQueue, Queued};
use media::flv::{Muxer, Tag};
use media::{AudioConfig, Track, Unit, VideoConfig};
use rtmp::{Publisher, RtmpUrl};
use thiserror::Error;

use crate::backoff::Backoff;
use crate::status::{Counters, Link};

/// For connecting, from the first packet to the server's consent.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// A server that has not noticed yet that our last connection is dead refuses us as a second publisher for about this long.
const GHOST_PATIENCE: Duration = Duration::from_secs(20);
/// What waited for a connection for longer than this is left out.
const STALE: Duration = Duration::from_secs(1);
/// A connection that lasted for this long is not answered with a pause when it is lost.
const SETTLED: Duration = Duration::from_secs(5);
/// What servers answer when somebody publishes already under the name.
const IN_USE: &str = "NetStream.Publish.BadName";

/// Why sending ended for good.
#[derive(Debug, Error)]
pub enum PushError {
    /// Somebody else publishes.
    #[error("{url} has a publisher for this key already; stop that one, or use another key")]
    InUse {
        /// The server.
        url: RtmpUrl,
    },
    /// The server does not want us.
    #[error("{url} refused the stream: {description} ({code}); check --key and the path of --to")]
    Refused {
        /// The server.
        url: RtmpUrl,
        /// What RTMP calls it.
        code: String,
        /// What the server says about it.
        description: String,
    },
    /// The source ended before there was a connection.
    #[error(
        "{url} could not be reached before the source ended: {reason}; check that the server runs and --to is right"
    )]
    Unreachable {
        /// The server.
        url: RtmpUrl,
        /// What went wrong last.
        reason: rtmp::Error,
    },
}

/// Asks the video path for a keyframe.
#[derive(Debug, Clone, Default)]
pub struct KeyRequest(Arc<AtomicBool>);

impl KeyRequest {
    /// Asks.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether one was asked for since the last call.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// The sending task.
pub struct Sender {
    /// The server.
    pub url: RtmpUrl,
    /// Who we are.
    pub key: StreamKey,
    /// What is to be sent.
    pub queue: Arc<KeyQueue<Unit>>,
    /// Asks for a keyframe after a reconnection.
    pub key_request: KeyRequest,
    /// Where it is counted.
    pub counters: Arc<Counters>,
    /// The end of the program.
    pub stop: Shutdown,
}

impl Sender {
    /// Sends until the queue is closed and empty, or the server refuses us.
    pub async fn run(self) -> Result<(), PushError> {
        let mut outbox = Outbox::new(&self);
        let mut lost: Option<Instant> = None;
        let mut backoff = Backoff::new();
        while let Some(first) = self.queue.pop_async().await {
            // Connects only when there is something to send: servers hang up on silent publishers.
            let began = Instant::now();
            let Some(mut publisher) = self.connect(lost, &mut backoff).await? else { break };
            let connected = Instant::now();
            // What has waited for long is not live any more; sent at once, it would put the sound ahead of the picture.
            let stale = connected - began > STALE && !self.queue.is_closed();
            let first = if stale {
                outbox.leave_out(first);
                None
            } else {
                Some(first)
            };
            self.counters.link.set(Link::Live);
            self.counters.connections.add(1);
            tracing::info!(url = %self.url, "live");
            match outbox.send_all(&mut publisher, first, lost.is_some() || stale).await {
                Ok(()) => {
                    if let Err(error) = publisher.close().await {
                        tracing::debug!(%error, "the farewell did not arrive");
                    }
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "connection lost; connecting again");
                    self.counters.link.set(Link::Connecting);
                    self.counters.lost.add(1);
                    lost = Some(Instant::now());
                    if connected.elapsed() > SETTLED {
                        backoff = Backoff::new();
                    } else if self.pause(&mut backoff).await.is_err() {
                        break;
                    }
                }
            }
        }
        self.counters.link.set(Link::Ended);
        Ok(())
    }

    /// Tries until it is connected; none if the program ends meanwhile. `lost` says since when we want to be back.
    async fn connect(
        &self,
        lost: Option<Instant>,
        backoff: &mut Backoff,
    ) -> Result<Option<Publisher>, PushError> {
        loop {
            let attempt = tokio::select! {
                biased;
                () = self.stop.requested() => return Ok(None),
                attempt = Publisher::connect(&self.url, self.key.secret(), CONNECT_PATIENCE) => attempt,
            };
            let reason = match attempt {
                Ok(publisher) => return Ok(Some(publisher)),
                Err(reason) => reason,
            };
            let ghost = lost.is_some_and(|since| since.elapsed() < GHOST_PATIENCE);
            match reason {
                rtmp::Error::Refused { ref code, .. } if !(ghost && code == IN_USE) => {
                    return Err(self.refused(reason));
                }
                reason if self.queue.is_closed() => {
                    return Err(PushError::Unreachable { url: self.url.clone(), reason });
                }
                reason => tracing::warn!(url = %self.url, error = %reason, "cannot connect; trying again"),
            }
            if self.pause(backoff).await.is_err() {
                return Ok(None);
            }
        }
    }

    async fn pause(&self, backoff: &mut Backoff) -> Result<(), Stopped> {
        tokio::select! {
            biased;
            () = self.stop.requested() => Err(Stopped),
            () = tokio::time::sleep(backoff.next_pause()) => Ok(()),
        }
    }

    fn refused(&self, reason: rtmp::Error) -> PushError {
        let url = self.url.clone();
        match reason {
            rtmp::Error::Refused { code, .. } if code == IN_USE => PushError::InUse { url },
            rtmp::Error::Refused { code, description } => PushError::Refused { url, code, description },
            reason => PushError::Unreachable { url, reason },
        }
    }
}

/// What outlives a connection: the configurations in use.
struct Outbox {
    queue: Arc<KeyQueue<Unit>>,
    key_request: KeyRequest,
    counters: Arc<Counters>,
    muxer: Muxer,
    video: Option<Arc<VideoConfig>>,
    audio: Option<Arc<AudioConfig>>,
}

/// Whether what comes may be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Everything.
    Open,
    /// Nothing before the next keyframe.
    AwaitsKey,
}

impl Outbox {
    fn new(sender: &Sender) -> Self {
        Self {
            queue: sender.queue.clone(),
            key_request: sender.key_request.clone(),
            counters: sender.counters.clone(),
            muxer: Muxer::new(),
            video: None,
            audio: None,
        }
    }

    /// Sends `first` and what follows until the queue is closed and empty; an error means that the connection is lost.
    async fn send_all(
        &mut self,
        publisher: &mut Publisher,
        first: Option<Unit>,
        again: bool,
    ) -> Result<(), rtmp::Error> {
        let mut gate = Gate::Open;
        if again {
            for unit in self.configurations() {
                self.send(publisher, &unit).await?;
            }
            if self.video.is_some() {
                gate = Gate::AwaitsKey;
                self.key_request.ask();
            }
        }
        let mut next = first;
        if next.is_none() {
            next = self.queue.pop_async().await;
        }
        while let Some(unit) = next {
            self.remember(&unit);
            match unit.packet() {
                Some(packet) if packet.track == Track::Video && packet.key => gate = Gate::Open,
                Some(_) if gate == Gate::AwaitsKey => self.counters.unsent.add(1),
                _ => {}
            }
            if gate == Gate::Open || unit.packet().is_none() {
                self.send(publisher, &unit).await?;
            }
            next = tokio::select! {
                biased;
                unit = self.queue.pop_async() => unit,
                error = publisher.closed() => return Err(error),
            };
        }
        Ok(())
    }

    async fn send(&mut self, publisher: &mut Publisher, unit: &Unit) -> Result<(), rtmp::Error> {
        let tag: Tag = self.muxer.tag(unit);
        publisher.send(&tag).await?;
        self.counters.sent_bytes.add(tag.body.len() as u64);
        Ok(())
    }

    /// Throws away what waits, but for the configurations.
    fn leave_out(&mut self, first: Unit) {
        for unit in std::iter::once(first).chain(self.queue.drain()) {
            self.remember(&unit);
            if unit.packet().is_some() {
                self.counters.unsent.add(1);
            }
        }
    }

    fn remember(&mut self, unit: &Unit) {
        match unit {
            Unit::VideoConfig(config) => self.video = Some(config.clone()),
            Unit::AudioConfig(config) => self.audio = Some(config.clone()),
            Unit::Packet(_) => {}
        }
    }

    fn configurations(&self) -> Vec<Unit> {
        let video = self.video.clone().map(Unit::VideoConfig);
        let audio = self.audio.clone().map(Unit::AudioConfig);
        video.into_iter().chain(audio).collect()
    }
}

#[cfg(test)]
mod tests;
