//! Sends the low-resolution stream to the server, and comes back when the connection is lost.
//!
//! The coder never waits for this task: it puts into a bounded queue that makes room by itself. While there is no
//! connection the queue goes on being filled and emptied by its own rule; after a reconnection the stream goes on at the
//! first keyframe, with timestamps that never broke.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use api::names::StreamKey;
use api::shutdown::{Shutdown, Stopped};
use media::codec::VideoCodec;
use media::flow::{KeyQueue, Queued};
use media::flv::{Muxer, VIDEO_CODECS};
use media::{Track, Unit};
use rtmp::{Publisher, Rejection, RtmpUrl};

use crate::backoff::Backoff;
use crate::coder::Requests;
use crate::failure::Failure;
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

pub struct Sender {
    pub url: RtmpUrl,
    pub key: StreamKey,
    pub queue: Arc<KeyQueue<Unit>>,
    /// What the coder is asked for.
    pub requests: Arc<Requests>,
    pub counters: Arc<Counters>,
    pub stop: Shutdown,
}

impl Sender {
    /// Sends until the queue is closed and empty, or the server refuses us.
    pub async fn run(self) -> Result<(), Failure> {
        let mut announced = Announced::default();
        let mut lost: Option<Instant> = None;
        let mut backoff = Backoff::default();
        // Connects only when there is something to send: servers hang up on silent publishers.
        while let Some(first) = self.queue.pop_async().await {
            let began = Instant::now();
            let Some(mut publisher) = self.connect(lost, &mut backoff).await? else { break };
            let connected = Instant::now();
            // What has waited for long is not live any more; sent at once, it would put the sound ahead of the picture.
            // At the end of the source it is all that there is, and is sent.
            let stale = connected - began > STALE && !self.queue.is_closed();
            let first = if stale {
                self.discard_queue(first, &mut announced);
                None
            } else {
                Some(first)
            };
            *self.counters.link.lock() = Link::Live;
            self.counters.connections.add(1);
            tracing::info!(url = %self.url, "live");
            let again = lost.is_some() || stale;
            let Err(error) = self.send_all(&mut publisher, &mut announced, first, again).await else {
                self.count_arrived(&mut announced, publisher.arrived());
                match publisher.close().await {
                    Ok(()) => self.count_arrived(&mut announced, u64::MAX),
                    Err(error) => tracing::debug!(%error, "the farewell did not arrive"),
                }
                break;
            };
            self.count_arrived(&mut announced, publisher.arrived());
            announced.underway.clear();
            if let rtmp::Error::Refused { code, .. } = &error
                && *code == Rejection::Replaced.code()
            {
                // Coming back would take the place from whoever has it now, who would come back as well.
                return Err(Failure::refused(anyhow!(
                    "another publisher with this key has taken over at {}; stop that one, or use another key",
                    self.url
                )));
            }
            tracing::warn!(%error, "connection lost; connecting again");
            *self.counters.trouble.lock() = Some(in_short(&error));
            *self.counters.link.lock() = Link::Connecting;
            self.counters.lost.add(1);
            lost = Some(Instant::now());
            // A connection that held was lost to the network, not refused: the audience waits, so it comes back at once.
            if connected.elapsed() > SETTLED {
                backoff = Backoff::default();
            } else if self.pause(&mut backoff).await.is_err() {
                break;
            }
        }
        *self.counters.link.lock() = Link::Ended;
        Ok(())
    }

    /// Tries until it is connected; none if the program or the source ends meanwhile. `lost` says since when we want to be back.
    async fn connect(
        &self,
        lost: Option<Instant>,
        backoff: &mut Backoff,
    ) -> Result<Option<Publisher>, Failure> {
        let url = &self.url;
        loop {
            let attempt = tokio::select! {
                biased;
                () = self.stop.requested() => return Ok(None),
                attempt = Publisher::connect(url, self.key.secret(), CONNECT_PATIENCE) => attempt,
            };
            let error = match attempt {
                Ok(publisher) => return Ok(Some(publisher)),
                Err(error) => error,
            };
            self.counters.failed_attempts.add(1);
            *self.counters.trouble.lock() = Some(in_short(&error));
            let back_soon = lost.is_some_and(|since| since.elapsed() < GHOST_PATIENCE);
            match error {
                // Probably ourselves: the server still holds the connection that we lost.
                rtmp::Error::Refused { ref code, .. } if code == IN_USE && back_soon => {}
                rtmp::Error::Refused { code, .. } if code == IN_USE => {
                    return Err(Failure::refused(anyhow!(
                        "{url} has a publisher for this key already; stop that one, or use another key"
                    )));
                }
                rtmp::Error::Refused { code, description } => {
                    return Err(Failure::refused(anyhow!(
                        "{url} refused the stream: {description} ({code}); check --key and the path of --to"
                    )));
                }
                _ => {}
            }
            // The source has ended: there is nothing to wait for that would not be older then.
            if self.queue.is_closed() {
                return Ok(None);
            }
            tracing::warn!(%url, %error, "cannot connect; trying again");
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

    /// Sends `first` and what follows until the queue is closed and empty; an error means that the connection is lost.
    /// `again`: something was left out since the configurations were sent.
    async fn send_all(
        &self,
        publisher: &mut Publisher,
        announced: &mut Announced,
        first: Option<Unit>,
        again: bool,
    ) -> Result<(), rtmp::Error> {
        let mut awaits_keyframe = false;
        if again {
            let configurations = announced.video.iter().chain(&announced.audio);
            for unit in configurations.cloned().collect::<Vec<_>>() {
                self.send(publisher, announced, &unit).await?;
            }
            if announced.video.is_some() {
                awaits_keyframe = true;
                self.requests.ask_for_keyframe();
            }
        }
        let mut next = first;
        if next.is_none() {
            next = self.next(publisher).await?;
        }
        while let Some(unit) = next {
            announced.remember(&unit);
            if unit.packet().is_some_and(|packet| packet.track == Track::Video && packet.key) {
                awaits_keyframe = false;
            }
            // Sound would be played at once and wait for its picture, so it is held back as well.
            if awaits_keyframe && unit.packet().is_some() {
                self.counters.unsent.add(1);
            } else {
                self.send(publisher, announced, &unit).await?;
            }
            next = self.next(publisher).await?;
        }
        Ok(())
    }

    /// The next unit, none at the end; an error if the connection is lost before.
    async fn next(&self, publisher: &mut Publisher) -> Result<Option<Unit>, rtmp::Error> {
        tokio::select! {
            // The queue first: at the end, what is in it goes out before the server's goodbye is heard.
            biased;
            unit = self.queue.pop_async() => Ok(unit),
            error = publisher.closed() => Err(error),
        }
    }

    async fn send(
        &self,
        publisher: &mut Publisher,
        announced: &mut Announced,
        unit: &Unit,
    ) -> Result<(), rtmp::Error> {
        if let Unit::VideoConfig(config) = unit {
            announced.is_refused = !takes(publisher, config.codec()) && self.requests.refuse(config.codec());
        }
        if announced.is_refused && unit.track() == Track::Video {
            // Until another codec is announced.
            self.counters.unsent.add(u64::from(unit.packet().is_some()));
            return Ok(());
        }
        let tag = announced.muxer.tag(unit);
        publisher.send(&tag).await?;
        self.counters.sent_bytes.add(tag.body.len() as u64);
        if let Some(packet) = unit.packet() {
            announced.underway.push_back((publisher.written(), packet.track));
        }
        self.count_arrived(announced, publisher.arrived());
        Ok(())
    }

    /// Counts what the server has once it has `bytes` of this connection.
    fn count_arrived(&self, announced: &mut Announced, bytes: u64) {
        while let Some((end, track)) = announced.underway.front().copied()
            && end <= bytes
        {
            announced.underway.pop_front();
            match track {
                Track::Video => self.counters.arrived.add(1),
                Track::Audio => self.counters.arrived_sounds.add(1),
            }
        }
    }

    /// Throws away what waits; the configurations in it still hold for what comes.
    fn discard_queue(&self, first: Unit, announced: &mut Announced) {
        for unit in std::iter::once(first).chain(self.queue.drain()) {
            announced.remember(&unit);
            if unit.packet().is_some() {
                self.counters.unsent.add(1);
            }
        }
    }
}

/// Whether the server takes pictures in this codec, by what it says.
fn takes(publisher: &Publisher, codec: VideoCodec) -> bool {
    // The legacy form of H.264 needs no word.
    codec == VideoCodec::Avc
        || VIDEO_CODECS
            .iter()
            .any(|(four_cc, known)| *known == codec && publisher.capabilities().has(*four_cc))
}

/// The error for the last line: without numbers of the system.
fn in_short(error: &rtmp::Error) -> String {
    match error {
        rtmp::Error::Io(error) => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
        error => error.to_string(),
    }
}

/// What outlives a connection: the configurations in use, and the times that went out.
#[derive(Default)]
struct Announced {
    muxer: Muxer,
    video: Option<Unit>,
    audio: Option<Unit>,
    /// The server does not take the pictures that come.
    is_refused: bool,
    /// What the server may not have yet: the end of each packet in the connection's bytes. Bounded by what the system holds.
    underway: VecDeque<(u64, Track)>,
}

impl Announced {
    fn remember(&mut self, unit: &Unit) {
        match unit {
            Unit::VideoConfig(_) => self.video = Some(unit.clone()),
            Unit::AudioConfig(_) => self.audio = Some(unit.clone()),
            Unit::Packet(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
