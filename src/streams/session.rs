//! One playlist of a stream, from its first publisher to its end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use api::control::TrainingReport;
use api::names::StreamName;
use media::flow::KeyQueue;
use media::packet::{Packet, Track, Unit};
use media::time::MediaTime;
use media::{AudioConfig, VideoConfig};

use super::meter::Meter;
use super::timeline::{Step, Timeline};
use crate::inference::{Net, StreamModel};
use crate::lane::queue::{LaneInput, lane_queue};
use crate::lane::{Lane, LaneParts, LaneStats, Shared};
use crate::out::hls::{Packager, PackagerSettings};
use crate::out::{Arrival, Rendition, Sink, Sinks};

/// What all sessions share.
#[derive(Clone)]
pub struct SessionSettings {
    /// How the output is cut.
    pub hls: PackagerSettings,
    /// How long a playlist waits for its publisher.
    pub grace: Duration,
    /// What lanes work with; `None`: streams are handed out as received only.
    pub lanes: Option<Shared>,
    /// Where units go beside HLS: called for every session.
    pub sinks: Vec<OpenSink>,
}

/// Makes a sink for a new session of a stream.
pub type OpenSink = Arc<dyn Fn(&StreamName) -> Arc<dyn Sink> + Send + Sync>;

impl fmt::Debug for SessionSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionSettings").field("hls", &self.hls).finish_non_exhaustive()
    }
}

/// One playlist with everything that fills it.
#[derive(Debug)]
pub(super) struct Session {
    /// One of the sinks: the one that HTTP reads.
    pub(super) packager: Arc<Packager>,
    pub(super) enhanced: Option<EnhancedTrack>,
    pub(super) video: Option<VideoTrack>,
    pub(super) audio: Option<AudioTrack>,
    pub(super) discontinuities: u64,
    /// What the publisher said last of its training.
    pub(super) training: Option<TrainingReport>,
    name: StreamName,
    sinks: Sinks,
    timeline: Timeline,
    over: bool,
}

#[derive(Debug)]
pub(super) struct VideoTrack {
    pub(super) config: Arc<VideoConfig>,
    pub(super) meter: Meter,
    pub(super) frames: u64,
    pub(super) newest: MediaTime,
}

#[derive(Debug)]
pub(super) struct AudioTrack {
    pub(super) config: Arc<AudioConfig>,
    pub(super) meter: Meter,
}

/// The feeding end of the lane.
#[derive(Debug)]
pub(super) struct EnhancedTrack {
    rendition: Rendition,
    pub(super) shared: Shared,
    pub(super) stats: Arc<LaneStats>,
    queue: Arc<KeyQueue<LaneInput>>,
    lane: Option<Lane>,
    /// What the lane was told last; `None` while the pictures are too large for it.
    config: Option<Arc<VideoConfig>>,
}

/// A session that is to end.
#[derive(Debug)]
pub(super) struct Ending {
    name: StreamName,
    sinks: Sinks,
    lane: Option<Lane>,
    waiting: Option<Net>,
}

impl Session {
    /// A fresh playlist. A lane that cannot be started is missing, and nothing else.
    pub(super) fn begin(settings: &SessionSettings, model: &Arc<StreamModel>) -> Self {
        let packager = Packager::new(settings.hls);
        let mut sinks: Vec<Arc<dyn Sink>> = vec![Arc::clone(&packager) as _];
        sinks.extend(settings.sinks.iter().map(|open| open(&model.name)));
        let sinks = Sinks::new(model.name.clone(), sinks);
        model.session_began();
        let enhanced = settings.lanes.as_ref().and_then(|shared| {
            EnhancedTrack::start(shared, &sinks, model)
                .inspect_err(
                    |error| tracing::error!(stream = %model.name, %error, "no thread for the enhanced lane"),
                )
                .ok()
        });
        Self {
            packager,
            enhanced,
            video: None,
            audio: None,
            discontinuities: 0,
            training: None,
            name: model.name.clone(),
            sinks,
            timeline: Timeline::new(),
            over: false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// What follows comes from another publisher.
    pub(super) fn new_publisher(&mut self) {
        self.timeline.new_publisher();
        self.training = None;
    }

    /// Takes the publisher's next unit to everybody who wants it. Never waits.
    pub(super) fn push(&mut self, unit: Unit, arrival: Arrival) {
        match unit {
            Unit::VideoConfig(config) => self.configure_video(config, arrival),
            Unit::AudioConfig(config) => self.configure_audio(config, arrival),
            Unit::Packet(packet) => self.place(packet, arrival),
        }
    }

    /// Nothing follows. What the lane still has is finished by the ending.
    pub(super) fn end(&mut self, waiting: Option<Net>) -> Ending {
        self.over = true;
        self.training = None;
        let lane = self.enhanced.as_mut().and_then(|enhanced| enhanced.lane.take());
        Ending { name: self.name.clone(), sinks: self.sinks.clone(), lane, waiting }
    }

    fn configure_video(&mut self, config: Arc<VideoConfig>, arrival: Arrival) {
        tracing::info!(stream = %self.name, codec = config.codec_string(), size = %config.size(), "video");
        if let Some(enhanced) = &mut self.enhanced {
            enhanced.configure(&config, &self.sinks, &self.name);
        }
        self.sinks.unit(Rendition::SOURCE, &Unit::VideoConfig(Arc::clone(&config)), arrival);
        match &mut self.video {
            Some(video) => video.config = config,
            None => {
                self.video =
                    Some(VideoTrack { config, meter: Meter::default(), frames: 0, newest: MediaTime::ZERO });
            }
        }
    }

    fn configure_audio(&mut self, config: Arc<AudioConfig>, arrival: Arrival) {
        tracing::info!(
            stream = %self.name, codec = config.codec_string(), rate = config.sample_rate(),
            channels = config.channels(), "audio"
        );
        self.sinks.unit(Rendition::AUDIO, &Unit::AudioConfig(Arc::clone(&config)), arrival);
        match &mut self.audio {
            Some(audio) => audio.config = config,
            None => self.audio = Some(AudioTrack { config, meter: Meter::default() }),
        }
    }

    fn place(&mut self, mut packet: Packet, arrival: Arrival) {
        if self.timeline.place(&mut packet) == Step::Jump {
            self.discontinuity(packet.dts);
        }
        match packet.track {
            Track::Video => {
                let Some(video) = &mut self.video else { return };
                video.frames += 1;
                video.newest = packet.dts;
                video.meter.note(arrival.instant, packet.data.len());
                if let Some(enhanced) = &self.enhanced {
                    enhanced.feed(packet.clone());
                }
                self.sinks.unit(Rendition::SOURCE, &Unit::Packet(packet), arrival);
            }
            Track::Audio => {
                let Some(audio) = &mut self.audio else { return };
                audio.meter.note(arrival.instant, packet.data.len());
                self.sinks.unit(Rendition::AUDIO, &Unit::Packet(packet), arrival);
            }
        }
    }

    fn discontinuity(&mut self, at: MediaTime) {
        self.discontinuities += 1;
        tracing::info!(stream = %self.name, %at, "discontinuity");
        self.sinks.discontinuity();
        if let Some(enhanced) = &self.enhanced {
            enhanced.queue.push(LaneInput::Discontinuity);
        }
    }
}

impl EnhancedTrack {
    fn start(shared: &Shared, sinks: &Sinks, model: &Arc<StreamModel>) -> std::io::Result<Self> {
        let rendition = Rendition::enhanced(shared.scale);
        let queue = Arc::new(lane_queue());
        let stats = Arc::new(LaneStats::new(model.name.clone()));
        let lane = Lane::start(LaneParts {
            shared: shared.clone(),
            queue: Arc::clone(&queue),
            stats: Arc::clone(&stats),
            output: sinks.output(rendition),
            model: Arc::clone(model),
        })?;
        Ok(Self { shared: shared.clone(), rendition, stats, queue, lane: Some(lane), config: None })
    }

    fn configure(&mut self, config: &Arc<VideoConfig>, sinks: &Sinks, name: &StreamName) {
        if self.shared.enhanced(config.size()).is_none() {
            tracing::warn!(
                stream = %name, size = %config.size(), max = %self.shared.max_size,
                "enhanced pictures would be too large; the stream is handed out as received"
            );
            self.config = None;
            return;
        }
        sinks.expect(self.rendition);
        if self.config.as_ref() != Some(config) {
            self.config = Some(Arc::clone(config));
            self.queue.push(LaneInput::Config(Arc::clone(config)));
        }
    }

    fn feed(&self, packet: Packet) {
        if self.config.is_none() {
            return;
        }
        let dts = packet.dts;
        // Counted before the lane can finish it.
        self.stats.received(dts);
        let dropped = self.queue.push(LaneInput::Picture(packet));
        if dropped > 0 {
            tracing::warn!(dropped, %dts, "the lane's queue is full");
            self.stats.overflowed(dropped);
        }
    }
}

impl Ending {
    /// Tells the lane, so that several end side by side.
    pub(super) fn announce(&self) {
        if let Some(lane) = &self.lane {
            lane.close();
        }
    }

    /// Waits for the lane and ends the playlist.
    pub(super) async fn complete(self, patience: Duration) {
        // Not in use any more, so nobody waits for it to be dropped.
        drop(self.waiting);
        if let Some(lane) = self.lane {
            lane.end(patience).await;
        }
        self.sinks.finish();
        tracing::info!(stream = %self.name, "playlist ended");
    }
}

#[cfg(test)]
mod tests;
