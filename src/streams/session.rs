//! One playlist of a stream, from its first publisher to its end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use api::control::TrainingReport;
use api::names::StreamName;
use media::packet::{Packet, Track, Unit};
use media::time::MediaTime;
use media::{AudioConfig, VideoConfig};

use super::lane_feed::LaneFeed;
use super::meter::Meter;
use super::timeline::{Step, Timeline};
use crate::inference::{Net, StreamModel};
use crate::lane::Shared;
use crate::out::broadcast::Broadcast;
use crate::out::hls::{Packager, PackagerSettings};
use crate::out::{Arrival, Rendition, Sink, Sinks};
use crate::problems::Problems;
use crate::sound::Sound;

/// How long a lane may take to finish what it has when its stream ends. Shorter than the whole server may take.
const LANE_END: Duration = Duration::from_millis(2500);

/// How long transcoded sound may take to come to its end, behind the lane's.
const SOUND_END: Duration = Duration::from_millis(500);

/// Who sends no keyframe for so long is told: encoders that are left alone send one every ten seconds.
const KEYFRAME_WITHIN: MediaTime = MediaTime::from_millis(15_000);

/// Looks of the streamer that say how good the pictures are: four seconds or so.
const JUDGING_LOOKS: usize = 8;

/// What all sessions share.
#[derive(Clone)]
pub struct SessionSettings {
    /// How the output is cut.
    pub hls: PackagerSettings,
    /// How long a playlist waits for its publisher.
    pub grace: Duration,
    /// Whether who has the key may publish although somebody does; that one has to go then.
    pub takeover: bool,
    /// What lanes work with; `None`: streams are handed out as received only.
    pub lanes: Option<Shared>,
    /// Where units go beside HLS: called for every session.
    pub sinks: Vec<OpenSink>,
}

#[cfg(test)]
impl SessionSettings {
    /// Streams are handed out as received, and their playlists wait for a minute.
    pub fn passthrough() -> Self {
        let grace = Duration::from_secs(60);
        Self { hls: PackagerSettings::default(), grace, takeover: true, lanes: None, sinks: Vec::new() }
    }
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
pub struct Session {
    /// One of the sinks: the one that HTTP reads.
    pub packager: Arc<Packager>,
    /// Another one: what RTMP players and relays take.
    pub broadcast: Arc<Broadcast>,
    pub lane: Option<LaneFeed>,
    pub video: Option<Incoming<VideoConfig>>,
    pub audio: Option<Incoming<AudioConfig>>,
    pub discontinuities: u64,
    /// What the publisher said last of its training.
    pub training: Option<TrainingReport>,
    /// What cannot be used, or not as it comes.
    pub problems: Problems,
    name: StreamName,
    sound: Sound,
    sinks: Sinks,
    timeline: Timeline,
    /// When the last keyframe came, or the first picture, or somebody was told that there is none.
    keyframe: Option<MediaTime>,
    /// The pictures carry closed captions.
    captions: bool,
    over: bool,
}

/// A track as it comes in.
#[derive(Debug)]
pub struct Incoming<C> {
    pub config: Arc<C>,
    pub meter: Meter,
    pub packets: u64,
    /// Decode time of the newest packet.
    pub newest: MediaTime,
}

impl Session {
    /// A fresh playlist. A lane that cannot be started is missing, and nothing else.
    pub(super) fn begin(settings: &SessionSettings, model: &Arc<StreamModel>) -> Self {
        let packager = Packager::new(settings.hls);
        let broadcast = Broadcast::new();
        let mut sinks: Vec<Arc<dyn Sink>> = vec![Arc::clone(&packager) as _, Arc::clone(&broadcast) as _];
        sinks.extend(settings.sinks.iter().map(|open| open(&model.name)));
        let sinks = Sinks::new(model.name.clone(), sinks);
        model.session_began();
        let problems = Problems::new(model.name.clone());
        let lane = settings.lanes.as_ref().and_then(|shared| {
            LaneFeed::start(shared, &sinks, model, &problems)
                .inspect_err(
                    |error| tracing::error!(stream = %model.name, %error, "no thread for the enhanced lane"),
                )
                .ok()
        });
        let sound = Sound::new(model.name.clone(), sinks.clone(), problems.clone());
        Self {
            packager,
            broadcast,
            lane,
            video: None,
            audio: None,
            discontinuities: 0,
            training: None,
            problems,
            name: model.name.clone(),
            sound,
            sinks,
            timeline: Timeline::new(),
            keyframe: None,
            captions: false,
            over: false,
        }
    }

    /// Whether the playlist has ended.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// What follows comes from another publisher.
    pub(super) fn new_publisher(&mut self) {
        self.timeline.new_publisher();
        self.training = None;
        if let Some(lane) = &self.lane {
            lane.stats.unjudged();
        }
    }

    /// The publisher says how its training stands; what it sees of the pictures steers the lane.
    pub(super) fn report_training(&mut self, newest: TrainingReport) {
        let training = self.training.get_or_insert_default();
        training.add(newest);
        let recent = &training.looks[training.looks.len().saturating_sub(JUDGING_LOOKS)..];
        if recent.len() < JUDGING_LOOKS {
            return;
        }
        if let Some(lane) = &self.lane
            && let Some(last) = recent.last()
        {
            // In errors, not in decibels: a dark picture among others must not outweigh them.
            let error = |db: f64| 10_f64.powf(-db / 10.0);
            let mean = recent.iter().map(|look| error(look.net_db)).sum::<f64>() / recent.len() as f64;
            lane.stats.judged(-10.0 * mean.log10(), last.smoothed_gain_db);
        }
    }

    /// Takes the publisher's next unit to everybody who wants it. Never waits.
    pub(super) fn push(&mut self, unit: Unit, arrival: Arrival) {
        match unit {
            Unit::VideoConfig(config) => self.configure_video(config, arrival),
            Unit::AudioConfig(config) => self.configure_audio(config, arrival),
            Unit::Packet(packet) => self.distribute(packet, arrival),
        }
    }

    /// Nothing follows. The lane begins to end at once; the future that is returned waits for it, and
    /// ends the playlist then.
    pub(super) fn end(&mut self, waiting: Option<Net>) -> impl Future<Output = ()> + Send + use<> {
        self.over = true;
        self.training = None;
        let lane = self.lane.as_mut().and_then(LaneFeed::take_lane);
        if let Some(lane) = &lane {
            // Now, not when the answer is awaited: several lanes end side by side.
            lane.close();
        }
        let sound = self.sound.end(SOUND_END);
        let sinks = self.sinks.clone();
        let name = self.name.clone();
        async move {
            // Not in use any more, so nobody waits for it to be dropped.
            drop(waiting);
            if let Some(lane) = lane {
                lane.end(LANE_END).await;
            }
            sound.await;
            sinks.finish();
            tracing::info!(stream = %name, "playlist ended");
        }
    }

    fn configure_video(&mut self, config: Arc<VideoConfig>, arrival: Arrival) {
        tracing::info!(stream = %self.name, codec = config.codec_string(), size = %config.size(), "video");
        if let Some(lane) = &mut self.lane {
            lane.configure(&config, &self.sinks, &self.problems);
        }
        self.sinks.unit(Rendition::SOURCE, &Unit::VideoConfig(Arc::clone(&config)), arrival);
        Incoming::configure(&mut self.video, config);
    }

    fn configure_audio(&mut self, config: Arc<AudioConfig>, arrival: Arrival) {
        tracing::info!(
            stream = %self.name, codec = config.codec_string(), rate = config.sample_rate(),
            channels = config.channels(), "audio"
        );
        self.sound.configure(&config, arrival);
        Incoming::configure(&mut self.audio, config);
    }

    fn distribute(&mut self, mut packet: Packet, arrival: Arrival) {
        match self.timeline.place(&mut packet) {
            Step::Continuous => {}
            Step::Jump => self.discontinuity(packet.dts),
            Step::Stray(off) => self.problems.report("stray-timestamps", stray(packet.track, off)),
            Step::Apart(ahead) => self.problems.report("clock-apart", apart(packet.track, ahead)),
        }
        // What comes ahead of its configuration cannot be read by anybody.
        match packet.track {
            Track::Video => {
                let Some(video) = &mut self.video else { return };
                video.note(&packet, arrival);
                look_for_keyframes(&packet, &mut self.keyframe, &self.problems);
                if !self.captions && video.config.has_captions(&packet.data) {
                    self.captions = true;
                    tracing::info!(stream = %self.name, "closed captions");
                    self.sinks.captions();
                }
                if let Some(lane) = &self.lane {
                    lane.feed(packet.clone());
                }
                self.sinks.unit(Rendition::SOURCE, &Unit::Packet(packet), arrival);
            }
            Track::Audio => {
                let Some(audio) = &mut self.audio else { return };
                audio.note(&packet, arrival);
                self.sound.push(packet, arrival);
            }
        }
    }

    fn discontinuity(&mut self, at: MediaTime) {
        self.discontinuities += 1;
        tracing::info!(stream = %self.name, %at, "discontinuity");
        self.keyframe = None;
        self.sound.discontinuity();
        self.sinks.discontinuity();
        if let Some(lane) = &self.lane {
            lane.discontinuity();
        }
    }
}

/// Recovery points are none: browsers do not begin with them.
fn look_for_keyframes(packet: &Packet, last: &mut Option<MediaTime>, problems: &Problems) {
    let since = *last.get_or_insert(packet.dts);
    if packet.is_independent() {
        *last = Some(packet.dts);
    } else if packet.dts - since > KEYFRAME_WITHIN {
        *last = Some(packet.dts);
        problems.report(
            "keyframes-missing",
            format!(
                "no keyframe (IDR) came for {} s: viewers wait for one, and without any a browser cannot show the source; \
                 set the encoder's keyframe interval to 2 s, and turn intra refresh and open GOPs off",
                KEYFRAME_WITHIN.as_secs_f64()
            ),
        );
    }
}

fn stray(track: Track, off: MediaTime) -> String {
    format!(
        "a stamp of the {} was {:.1} s away from those around it and got the time that was expected; look at the clock \
         of the encoder and of what feeds it",
        called(track),
        off.as_secs_f64()
    )
}

fn apart(track: Track, ahead: MediaTime) -> String {
    format!(
        "sound and pictures are stamped by different clocks (the {} {:.1} s ahead), so they were put together as they \
         arrived; if they are not in step, have the encoder stamp both by one clock",
        called(track),
        ahead.as_secs_f64()
    )
}

fn called(track: Track) -> &'static str {
    match track {
        Track::Video => "pictures",
        Track::Audio => "sound",
    }
}

impl<C> Incoming<C> {
    /// Counts go on over a change of the configuration.
    fn configure(track: &mut Option<Self>, config: Arc<C>) {
        match track {
            Some(track) => track.config = config,
            None => {
                *track = Some(Self { config, meter: Meter::default(), packets: 0, newest: MediaTime::ZERO });
            }
        }
    }

    fn note(&mut self, packet: &Packet, arrival: Arrival) {
        self.packets += 1;
        self.newest = packet.dts;
        self.meter.note(arrival.instant, packet.data.len());
    }
}

#[cfg(test)]
pub(super) mod tests;
