//! A publisher such as OBS pushes its high-resolution stream to us.
//!
//! A task listens and reads packets into a bounded queue; the thread that asks for pictures decodes them. The publisher
//! may leave and come back: the timeline goes on where it ended. One publisher at a time; a second one is told so.

use std::net::TcpListener as StdListener;
use std::sync::Arc;

use api::names::StreamKey;
use api::shutdown::Shutdown;
use media::ffmpeg::Decoder;
use media::flow::{KeyQueue, Overflow, Queued};
use media::flv::{Demuxer, Tag};
use media::{FrameRate, MediaTime, Packet, Picture, Track, Unit, VideoConfig};
use rtmp::{Event, Limits, Rejection, ServerConnection};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use super::continuity::Continuity;
use super::media::{HrPicture, Media, Source, SourceError};
use crate::config::ListenAt;
use crate::status::Counters;

/// Packets between the network and the decoder: about two seconds of video and sound.
const QUEUE: usize = 256;
/// Connections that are handled at a time; one publishes, the others are told that it does.
const CONNECTIONS: usize = 4;
/// Taken for the picture rate of a stream that does not say it.
const USUAL_RATE: FrameRate = FrameRate { num: 30, den: 1 };

/// Listens, and gives what the publisher sends.
pub(super) struct RtmpSource {
    queue: Arc<KeyQueue<Arrival>>,
    listener: Option<JoinHandle<()>>,
    stop: Shutdown,
    counters: Arc<Counters>,
    line: Continuity,
    decoder: Option<Decoder>,
    frame_rate: FrameRate,
    sound: MediaTime,
}

/// What a publisher's connection puts into the queue.
enum Arrival {
    /// A new publisher begins.
    Began,
    /// Media.
    Unit(Unit),
}

impl Queued for Arrival {
    fn packet(&self) -> Option<&Packet> {
        match self {
            Self::Began => None,
            Self::Unit(unit) => unit.packet(),
        }
    }

    fn replaces(&self, older: &Self) -> bool {
        match (self, older) {
            (Self::Began, Self::Began) => true,
            (Self::Unit(unit), Self::Unit(older)) => unit.replaces(older),
            _ => false,
        }
    }
}

impl RtmpSource {
    pub(super) fn listen(
        at: &ListenAt,
        runtime: &Handle,
        stop: Shutdown,
        counters: Arc<Counters>,
    ) -> Result<Self, SourceError> {
        let failed = |reason| SourceError::Listen { address: at.address, reason };
        let listener = StdListener::bind(at.address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).map_err(failed)?
        };
        tracing::info!(address = %at.address, "waiting for a publisher: in OBS, set the server to rtmp://{}/live", at.address);
        let queue = Arc::new(KeyQueue::new(QUEUE, Overflow::DropVideo));
        let door = Door { queue: queue.clone(), key: at.key.clone(), seat: Arc::new(Semaphore::new(1)) };
        let listener = runtime.spawn(door.run(listener, stop.clone()));
        Ok(Self {
            queue,
            listener: Some(listener),
            stop,
            counters,
            line: Continuity::new(),
            decoder: None,
            frame_rate: USUAL_RATE,
            sound: MediaTime::ZERO,
        })
    }

    fn configure(&mut self, config: &VideoConfig) {
        self.frame_rate = config.frame_rate().unwrap_or(USUAL_RATE);
        match Decoder::new(config) {
            Ok(decoder) => self.decoder = Some(decoder),
            Err(error) => {
                tracing::warn!(%error, "the publisher's video cannot be decoded");
                self.decoder = None;
            }
        }
    }

    fn picture(&mut self) -> Option<Picture> {
        match self.decoder.as_mut()?.pull() {
            Ok(picture) => picture,
            Err(error) => {
                tracing::debug!(%error, "a picture was damaged");
                self.counters.source_damaged.add(1);
                None
            }
        }
    }

    fn decode(&mut self, mut packet: Packet) {
        let offset = self.line.offset(Track::Video, packet.dts, self.frame_rate.frame_duration());
        packet.dts += offset;
        packet.pts += offset;
        if let Some(Err(error)) = self.decoder.as_mut().map(|decoder| decoder.push(&packet)) {
            tracing::debug!(%error, "a packet was damaged");
            self.counters.source_damaged.add(1);
        }
    }
}

impl Source for RtmpSource {
    fn next(&mut self) -> Result<Option<Media>, SourceError> {
        loop {
            if let Some(picture) = self.picture() {
                let key = picture.key();
                return Ok(Some(Media::Picture(HrPicture { picture, frame_rate: self.frame_rate, key })));
            }
            self.counters.source_dropped.set(self.queue.dropped());
            match self.queue.pop() {
                None => return Ok(None),
                Some(Arrival::Began) => self.line.restart(),
                Some(Arrival::Unit(Unit::VideoConfig(config))) => self.configure(&config),
                Some(Arrival::Unit(Unit::AudioConfig(config))) => {
                    self.sound = config.frame_duration();
                    return Ok(Some(Media::AudioConfig(config)));
                }
                Some(Arrival::Unit(Unit::Packet(packet))) if packet.track == Track::Video => {
                    self.decode(packet);
                }
                Some(Arrival::Unit(Unit::Packet(mut packet))) => {
                    let offset = self.line.offset(Track::Audio, packet.dts, self.sound);
                    packet.dts += offset;
                    packet.pts += offset;
                    return Ok(Some(Media::Audio(packet)));
                }
            }
        }
    }
}

impl Drop for RtmpSource {
    fn drop(&mut self) {
        // The task ends with the program; a source that is dropped earlier must not go on listening.
        if let Some(listener) = self.listener.take()
            && !self.stop.is_requested()
        {
            listener.abort();
        }
    }
}

/// Lets publishers in.
#[derive(Clone)]
struct Door {
    queue: Arc<KeyQueue<Arrival>>,
    key: Option<StreamKey>,
    seat: Arc<Semaphore>,
}

impl Door {
    /// Accepts connections until the program ends, then closes the queue.
    async fn run(self, listener: TcpListener, stop: Shutdown) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = stop.requested() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                    Ok((stream, peer)) => {
                        let door = self.clone();
                        connections.spawn(async move {
                            match door.serve(stream).await {
                                Ok(()) => tracing::info!(%peer, "the publisher left; waiting for the next one"),
                                Err(error) => tracing::warn!(%peer, %error, "the publisher is gone; waiting for the next one"),
                            }
                        });
                    }
                    Err(error) => tracing::warn!(%error, "a connection could not be accepted"),
                },
            }
        }
        connections.shutdown().await;
        self.queue.close();
    }

    async fn serve(&self, stream: TcpStream) -> Result<(), rtmp::Error> {
        let mut connection = ServerConnection::accept(stream, Limits::default()).await?;
        let mut reader = Reader::default();
        let mut seat = None;
        while let Some(event) = connection.next_event().await? {
            match event {
                Event::Connected { .. } => {}
                Event::PublishRequested { key, .. } => {
                    match (self.key.as_ref(), self.seat.clone().try_acquire_owned()) {
                        (Some(expected), _) if StreamKey::try_from(&key).as_ref() != Ok(expected) => {
                            connection.reject_publish(Rejection::BadKey).await?;
                            return Ok(());
                        }
                        (_, Err(_)) => {
                            connection.reject_publish(Rejection::InUse).await?;
                            return Ok(());
                        }
                        (_, Ok(permit)) => {
                            seat = Some(permit);
                            reader = Reader::default();
                            self.queue.push(Arrival::Began);
                            connection.accept_publish().await?;
                            tracing::info!("a publisher has come");
                        }
                    }
                }
                Event::Tag(tag) => {
                    if let Some(unit) = reader.unit(&tag) {
                        self.queue.push(Arrival::Unit(unit));
                    }
                }
                Event::Unpublished => drop(seat.take()),
                Event::Closed => break,
            }
        }
        Ok(())
    }
}

/// Takes tags apart; says once what it cannot read.
#[derive(Default)]
struct Reader {
    demuxer: Demuxer,
    warned: bool,
}

impl Reader {
    fn unit(&mut self, tag: &Tag) -> Option<Unit> {
        match self.demuxer.push(tag) {
            Ok(unit) => unit,
            Err(error) => {
                if !self.warned {
                    tracing::warn!(%error, "the publisher sends something that cannot be read; send H.264 and AAC");
                }
                self.warned = true;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
