//! What a packager knows, behind its lock: the timeline, the tracks that follow it, and who leads.
//!
//! Audio waits for the leading video, since a cut is decided by a keyframe and audio with later times may arrive
//! before it. The wait is bounded: video that falls silent leaves the lead to audio.

mod reading;

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use media::{MediaTime, Packet, Track as Kind, Unit};

use super::address::Rendition;
use super::cmaf::CmafError;
use super::timeline::{Lead, Timeline};
use super::track::{Config, Track};

pub use reading::RenditionStatus;

/// Audio waits this long for the first picture of a stream, or of a publisher that came back.
const START_HOLD: MediaTime = MediaTime::from_millis(2_000);
/// Audio waits this long for a picture that should have come.
const HOLD: MediaTime = MediaTime::from_millis(1_000);
/// Audio packets that wait, at most: three seconds of the shortest frames. More only come with damaged times.
const MAX_HELD: usize = 512;
/// How a stream is packaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HlsSettings {
    /// A keyframe ends a segment that has this duration; a stream with fewer keyframes gets longer segments.
    pub target_duration: MediaTime,
    /// Longest duration of a part.
    pub part_target: MediaTime,
    /// Complete segments in a playlist.
    pub window_segments: usize,
}

impl Default for HlsSettings {
    fn default() -> Self {
        Self {
            target_duration: MediaTime::from_millis(2_000),
            part_target: MediaTime::from_millis(500),
            window_segments: 8,
        }
    }
}

#[derive(Debug)]
pub(super) struct State {
    settings: HlsSettings,
    timeline: Timeline,
    tracks: [Track; 3],
    leader: Option<Rendition>,
    held: VecDeque<(Packet, SystemTime)>,
    /// Decode time of the newest packet of the leading video: no later cut can lie before it.
    watermark: MediaTime,
    session: String,
    finished: bool,
}

impl State {
    pub(super) fn new(settings: HlsSettings) -> Self {
        Self {
            settings,
            timeline: Timeline::new(settings.target_duration),
            tracks: Rendition::ALL.map(|_| Track::new(settings.part_target, settings.window_segments)),
            leader: None,
            held: VecDeque::new(),
            watermark: MediaTime::ZERO,
            session: String::new(),
            finished: false,
        }
    }

    /// Changes whenever there is something new to read.
    pub(super) fn version(&self) -> u64 {
        let of_track = |track: &Track| track.tally.parts + track.tally.segments + track.tally.gaps;
        self.tracks.iter().map(of_track).sum::<u64>() + u64::from(self.finished)
    }

    /// Takes the next unit of a rendition.
    pub(super) fn push(
        &mut self,
        rendition: Rendition,
        unit: Unit,
        arrived: SystemTime,
    ) -> Result<(), CmafError> {
        if self.finished {
            return Ok(());
        }
        match (rendition, unit) {
            (Rendition::Source | Rendition::Enhanced, Unit::VideoConfig(config)) => {
                self.track_mut(rendition).configure(Config::Video(config));
                Ok(())
            }
            (Rendition::Audio, Unit::AudioConfig(config)) => self.configure_audio(Config::Audio(config)),
            (Rendition::Source, Unit::Packet(packet)) if packet.track == Kind::Video => {
                self.source(&packet, arrived)
            }
            (Rendition::Enhanced, Unit::Packet(packet)) if packet.track == Kind::Video => {
                self.follow(rendition, &packet)
            }
            (Rendition::Audio, Unit::Packet(packet)) if packet.track == Kind::Audio => {
                self.audio(packet, arrived)
            }
            _ => {
                self.track_mut(rendition).drop_packet();
                Ok(())
            }
        }
    }

    /// The next packets do not continue the previous ones.
    pub(super) fn discontinuity(&mut self) -> Result<(), CmafError> {
        if self.finished || self.timeline.is_broken() {
            return Ok(());
        }
        let released = self.release_all();
        self.timeline.announce_break();
        for rendition in [Rendition::Source, Rendition::Audio] {
            self.track_mut(rendition).require_key();
            self.track_mut(rendition).flush()?;
        }
        released
    }

    /// Ends all renditions.
    pub(super) fn finish(&mut self) -> Result<(), CmafError> {
        if self.finished {
            return Ok(());
        }
        let released = self.release_all();
        self.finished = true;
        self.timeline.finish();
        for track in &mut self.tracks {
            track.finish(&self.timeline)?;
        }
        released
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    pub(super) fn track(&self, rendition: Rendition) -> &Track {
        &self.tracks[rendition.index()]
    }

    pub(super) fn target_duration(&self) -> Option<MediaTime> {
        self.timeline.target_duration()
    }

    pub(super) fn session(&self) -> &str {
        &self.session
    }

    fn configure_audio(&mut self, config: Config) -> Result<(), CmafError> {
        if self.track(Rendition::Audio).config() == Some(&config) {
            return Ok(());
        }
        self.release_all()?; // what waits belongs to the old configuration
        self.track_mut(Rendition::Audio).configure(config);
        if self.track(Rendition::Audio).is_changing() {
            self.timeline.announce_mark();
        }
        Ok(())
    }

    fn source(&mut self, packet: &Packet, arrived: SystemTime) -> Result<(), CmafError> {
        if self.timeline.is_jump(packet.pts) {
            self.discontinuity()?;
        }
        let leads = self.leader == Some(Rendition::Source) && !self.timeline.is_broken();
        if !self.track(Rendition::Source).accepts(packet) || !(leads || packet.key) {
            self.track_mut(Rendition::Source).drop_packet();
            return Ok(());
        }
        if self.leader == Some(Rendition::Audio) {
            self.timeline.change_leader();
        }
        self.leader = Some(Rendition::Source);
        self.begin(arrived);
        let lead = match (packet.key, self.track(Rendition::Source).is_changing()) {
            (true, true) => Lead::Reconfigured,
            (true, false) => Lead::Key,
            (false, _) => Lead::Picture,
        };
        self.lead(lead, packet, arrived)?;
        self.watermark = packet.dts;
        let followed = self.follow(Rendition::Source, packet);
        self.release()?;
        followed
    }

    fn audio(&mut self, packet: Packet, arrived: SystemTime) -> Result<(), CmafError> {
        if self.held.len() == MAX_HELD {
            self.held.pop_front();
            self.track_mut(Rendition::Audio).drop_packet();
        }
        self.held.push_back((packet, arrived));
        self.release()
    }

    /// Lets audio go on as far as the leader allows.
    fn release(&mut self) -> Result<(), CmafError> {
        while let (Some((front, _)), Some((back, _))) = (self.held.front(), self.held.back()) {
            let waited = back.pts - front.pts;
            let free = match self.leader {
                Some(Rendition::Audio) => true,
                Some(_) if !self.timeline.is_broken() => front.pts <= self.watermark || waited > HOLD,
                _ => waited > START_HOLD,
            };
            if !free {
                break;
            }
            let Some((packet, arrived)) = self.held.pop_front() else { break };
            self.sound(&packet, arrived)?;
        }
        Ok(())
    }

    fn release_all(&mut self) -> Result<(), CmafError> {
        if self.leader.is_some() && !self.timeline.is_broken() {
            while let Some((packet, _)) = self.held.pop_front() {
                self.follow_sound(&packet)?;
            }
        }
        Ok(())
    }

    fn sound(&mut self, packet: &Packet, arrived: SystemTime) -> Result<(), CmafError> {
        if !self.track(Rendition::Audio).accepts(packet) {
            self.track_mut(Rendition::Audio).drop_packet();
            return Ok(());
        }
        if self.leader == Some(Rendition::Audio) && self.timeline.is_jump(packet.pts) {
            self.discontinuity()?;
        }
        if self.leader.is_none() || self.timeline.is_broken() {
            self.leader = Some(Rendition::Audio);
        }
        if self.leader == Some(Rendition::Audio) {
            self.begin(arrived);
            let lead =
                if self.track(Rendition::Audio).is_changing() { Lead::Reconfigured } else { Lead::Sound };
            self.lead(lead, packet, arrived)?;
        } else if packet.pts > self.watermark && !self.timeline.is_jump(packet.pts) {
            self.lead(Lead::Substitute, packet, arrived)?;
        }
        self.follow_sound(packet)
    }

    fn follow_sound(&mut self, packet: &Packet) -> Result<(), CmafError> {
        if packet.pts < self.timeline.era() {
            self.track_mut(Rendition::Audio).drop_packet();
            return Ok(());
        }
        self.follow(Rendition::Audio, packet)
    }

    /// Tells the timeline of the leader's next sample; renditions that lag too far go on with gaps.
    fn lead(&mut self, lead: Lead, packet: &Packet, arrived: SystemTime) -> Result<(), CmafError> {
        self.timeline.lead(lead, packet.pts, arrived);
        self.tracks.iter_mut().try_for_each(|track| track.keep_up(&self.timeline))
    }

    fn follow(&mut self, rendition: Rendition, packet: &Packet) -> Result<(), CmafError> {
        self.tracks[rendition.index()].push(packet, &self.timeline)
    }

    /// The first sample names the session, by the time that it arrived.
    fn begin(&mut self, arrived: SystemTime) {
        if self.session.is_empty() {
            let millis = arrived.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            self.session = format!("{millis:x}");
        }
    }

    fn track_mut(&mut self, rendition: Rendition) -> &mut Track {
        &mut self.tracks[rendition.index()]
    }
}
