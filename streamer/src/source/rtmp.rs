//! A publisher such as OBS pushes its high-resolution stream to us.
//!
//! A task listens and reads packets into a bounded queue; the thread that asks for pictures decodes them. The publisher
//! may leave and come back, in another size: the timeline goes on where it ended. One publisher at a time; a second one is told so.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Instant;

use api::names::StreamKey;
use api::shutdown::Shutdown;
use media::ffmpeg::{Decoder, FfmpegError, Upright};
use media::flow::{KeyQueue, Overflow, Queued};
use media::flv::Demuxer;
use media::{FrameRate, MediaTime, Packet, Track, Unit, VideoConfig};
use rtmp::{Event, Limits, PlayRejection, Refusals, Rejection, ServerConnection};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use super::continuity::Continuity;
use super::media::{Media, Source};
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
    timeline: Continuity,
    /// None before the first configuration, and while the publisher sends what cannot be decoded.
    decoder: Option<Decoder>,
    upright: Upright,
    /// What the decoder before this one still held.
    left: VecDeque<Media>,
    frame_rate: FrameRate,
    audio_frame: MediaTime,
}

/// What a publisher's connection puts into the queue.
enum Arrival {
    /// A new publisher begins.
    Began,
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
        address: SocketAddr,
        key: Option<StreamKey>,
        runtime: &Handle,
        stop: Shutdown,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        let listener = StdListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let listener = {
            // Registers with the runtime, which this thread is not in.
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        tracing::info!(%address, "waiting for a publisher: in OBS, set the server to rtmp://{}/live", address);
        let queue = Arc::new(KeyQueue::new(QUEUE, Overflow::DropVideo));
        let listener = runtime.spawn(admit(listener, key, queue.clone(), stop.clone()));
        Ok(Self {
            queue,
            listener: Some(listener),
            stop,
            counters,
            timeline: Continuity::default(),
            decoder: None,
            upright: Upright::new(None),
            left: VecDeque::new(),
            frame_rate: USUAL_RATE,
            audio_frame: MediaTime::ZERO,
        })
    }

    fn configure(&mut self, config: &VideoConfig) {
        self.finish();
        self.frame_rate = config.frame_rate().unwrap_or(USUAL_RATE);
        self.decoder = Decoder::new(config)
            .inspect_err(|error| tracing::warn!(%error, "the publisher's video cannot be decoded"))
            .ok();
    }

    /// Takes out what the decoder holds back for its order, and the last picture of interlaced ones: nothing follows.
    fn finish(&mut self) {
        if let Some(decoder) = &mut self.decoder {
            decoder.finish();
        }
        while let Some(media) = self.picture() {
            self.left.push_back(media);
        }
        self.upright.finish();
        while let Some(media) = self.picture() {
            self.left.push_back(media);
        }
    }

    /// The next picture that is complete.
    fn picture(&mut self) -> Option<Media> {
        loop {
            if let Some(picture) = self.upright.pull() {
                let keyframe = picture.key();
                return Some(Media::Picture { picture, frame_rate: self.frame_rate, keyframe });
            }
            match self.decoder.as_mut()?.pull() {
                Ok(picture) => self.upright.push(&picture?),
                Err(error) => {
                    tracing::debug!(%error, "a picture was damaged");
                    self.counters.source_damaged.add(1);
                    return None;
                }
            }
        }
    }

    fn decode(&mut self, mut packet: Packet) {
        self.timeline.place(&mut packet, self.frame_rate.frame_duration());
        if let Some(Err(error)) = self.decoder.as_mut().map(|decoder| decoder.push(&packet)) {
            tracing::debug!(%error, "a packet was damaged");
            self.counters.source_damaged.add(1);
        }
    }
}

impl Source for RtmpSource {
    fn next(&mut self) -> Result<Option<Media>, FfmpegError> {
        loop {
            // Everything that the decoder has comes out before it is given more, so nothing piles up in it.
            if let Some(media) = self.left.pop_front().or_else(|| self.picture()) {
                return Ok(Some(media));
            }
            self.counters.source_dropped.set(self.queue.dropped());
            match self.queue.pop() {
                None => return Ok(None),
                Some(Arrival::Began) => self.timeline.restart(),
                Some(Arrival::Unit(Unit::VideoConfig(config))) => self.configure(&config),
                Some(Arrival::Unit(Unit::AudioConfig(config))) => {
                    self.audio_frame = config.frame_duration();
                    return Ok(Some(Media::AudioConfig(config)));
                }
                Some(Arrival::Unit(Unit::Packet(packet))) if packet.track == Track::Video => {
                    self.decode(packet);
                }
                Some(Arrival::Unit(Unit::Packet(mut packet))) => {
                    self.timeline.place(&mut packet, self.audio_frame);
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

/// Lets publishers in, one at a time, until the program ends; then closes the queue.
async fn admit(listener: TcpListener, key: Option<StreamKey>, queue: Arc<KeyQueue<Arrival>>, stop: Shutdown) {
    // One permit: whoever holds it publishes.
    let publisher = Arc::new(Semaphore::new(1));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = stop.requested() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, peer)) => {
                    let serving = serve(stream, key.clone(), queue.clone(), publisher.clone());
                    connections.spawn(async move {
                        match serving.await {
                            Ok(()) => tracing::info!(%peer, "the publisher left; waiting for the next one"),
                            Err(error) => tracing::warn!(%peer, %error, "the publisher is gone; waiting for the next one"),
                        }
                    });
                }
                Err(error) => tracing::warn!(%error, "a connection could not be accepted"),
            },
        }
    }
    // Only when no connection pushes any more may whoever decodes be told that this was all.
    connections.shutdown().await;
    queue.close();
}

async fn serve(
    stream: TcpStream,
    own_key: Option<StreamKey>,
    queue: Arc<KeyQueue<Arrival>>,
    publisher: Arc<Semaphore>,
) -> Result<(), rtmp::Error> {
    let mut connection = ServerConnection::accept(stream, Limits::default()).await?;
    let mut demuxer = Demuxer::new();
    let mut refusals = Refusals::default();
    let mut permit = None;
    while let Some(event) = connection.next_event().await? {
        match event {
            Event::Connected(_) | Event::Stopped => {}
            Event::PlayRequested { .. } => return connection.reject_play(PlayRejection::NotFound).await,
            Event::PublishRequested { app, key } => {
                if own_key.as_ref().is_some_and(|own| !StreamKey::readings(&app, &key).contains(own)) {
                    return connection.reject_publish(&Rejection::BadKey).await;
                }
                let Ok(own) = publisher.clone().try_acquire_owned() else {
                    return connection.reject_publish(&Rejection::InUse).await;
                };
                permit = Some(own);
                demuxer = Demuxer::new();
                refusals = Refusals::default();
                // Before the publisher may send: its timestamps begin anew, and the first of them must find the new run.
                queue.push(Arrival::Began);
                connection.accept_publish().await?;
                tracing::info!("a publisher has come");
            }
            Event::Tag(tag) => {
                let refused = demuxer.push(&tag).err();
                pass_on(&mut demuxer, &queue, &mut refusals);
                match refused.map(|error| refusals.refuse(&error, Instant::now())) {
                    None | Some(Ok(None)) => {}
                    Some(Ok(Some(warning))) => {
                        tracing::warn!("the publisher sends what cannot be used: {warning}");
                        connection.warn_publisher(&warning).await?;
                    }
                    Some(Err(rejection)) => {
                        tracing::warn!("the publisher is turned away: {}", rejection.description());
                        return connection.reject_publish(&rejection).await;
                    }
                }
            }
            Event::Unpublished => {
                demuxer.finish();
                pass_on(&mut demuxer, &queue, &mut refusals);
                drop(permit.take());
            }
            Event::Closed => break,
        }
    }
    demuxer.finish();
    pass_on(&mut demuxer, &queue, &mut refusals);
    Ok(())
}

fn pass_on(demuxer: &mut Demuxer, queue: &KeyQueue<Arrival>, refusals: &mut Refusals) {
    while let Some(unit) = demuxer.pull() {
        if let Some(packet) = unit.packet() {
            refusals.used(packet.track);
        }
        queue.push(Arrival::Unit(unit));
    }
}

#[cfg(test)]
mod tests;
