//! What a packager knows, behind its lock: the timeline, the tracks that follow it, and who leads.
//!
//! Audio waits for the leading video, since a cut is decided by a key picture and audio with later times may arrive
//! before it. The wait is bounded: video that falls silent leaves the lead to audio.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use media::{MediaTime, Packet, Track as Kind, Unit};

use super::address::Rendition;
use super::cmaf::CmafError;
use super::multivariant::{self, Audio, Video};
use super::playlist::{MediaPlaylist, Report};
use super::reload::{Delta, ReloadError};
use super::timeline::{Lead, Timeline};
use super::track::{Config, Track};
use super::window::Segment;

/// Audio waits this long for the first picture of a stream, or of a publisher that came back.
const START_HOLD: MediaTime = MediaTime::from_millis(2_000);
/// Audio waits this long for a picture that should have come.
const HOLD: MediaTime = MediaTime::from_millis(1_000);
/// Audio packets that wait, at most: three seconds of the shortest frames. More only come with damaged times.
const MAX_HELD: usize = 512;
/// The enhanced rendition's share of bits until there is something to measure: four times the pixels.
const PRESUMED_ENHANCED_FACTOR: u64 = 4;

/// How a stream is packaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HlsSettings {
    /// A key picture ends a segment that has this duration; a stream with fewer key pictures gets longer segments.
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

/// What a rendition has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenditionStatus {
    /// Packets pushed.
    pub packets: u64,
    /// Of these, left out: before the first key picture, beyond a limit, or without a place in the timeline.
    pub dropped: u64,
    /// Parts published.
    pub parts: u64,
    /// Segments completed.
    pub segments: u64,
    /// Segments in which other renditions had something and this one had nothing.
    pub gaps: u64,
    /// End of the newest part on the stream's timeline.
    pub newest: Option<MediaTime>,
    /// Bits a second of the most demanding segment.
    pub peak_bitrate: u64,
    /// Bytes held in memory for readers.
    pub held_bytes: usize,
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

    /// A rendition that readers can ask for, now or soon.
    pub(super) fn is_known(&self, rendition: Rendition) -> bool {
        self.track(rendition).config().is_some()
    }

    /// Something can be played.
    pub(super) fn is_ready(&self) -> bool {
        self.timeline.target_duration().is_some()
            && [Rendition::Source, Rendition::Audio].into_iter().any(|rendition| self.has_segment(rendition))
    }

    pub(super) fn has_segment(&self, rendition: Rendition) -> bool {
        self.track(rendition).window.last_complete().is_some()
    }

    pub(super) fn status(&self, rendition: Rendition) -> RenditionStatus {
        let track = self.track(rendition);
        let tally = track.tally;
        RenditionStatus {
            packets: tally.packets,
            dropped: tally.dropped,
            parts: tally.parts,
            segments: tally.segments,
            gaps: tally.gaps,
            newest: tally.newest,
            peak_bitrate: tally.peak_bitrate,
            held_bytes: track.window.held_bytes(),
        }
    }

    pub(super) fn playlist(&self, rendition: Rendition, delta: Delta) -> Result<String, ReloadError> {
        let target_duration = self.timeline.target_duration().ok_or(ReloadError::NotReady)?;
        let window = &self.track(rendition).window;
        if window.last_complete().is_none() {
            return Err(ReloadError::NotReady);
        }
        let reports: Vec<Report> = Rendition::ALL
            .into_iter()
            .filter(|&other| other != rendition && self.is_known(other))
            .filter_map(|other| Report::of(other, &self.track(other).window))
            .collect();
        let playlist = MediaPlaylist {
            window,
            target_duration,
            part_target: self.settings.part_target,
            session: &self.session,
            finished: self.finished,
            delta,
            reports: &reports,
        };
        Ok(playlist.to_string())
    }

    /// None before there is something to play.
    pub(super) fn multivariant(&self) -> Option<String> {
        if !self.is_ready() {
            return None;
        }
        let videos: Vec<Video> = [Rendition::Enhanced, Rendition::Source]
            .into_iter()
            .filter_map(|rendition| self.video(rendition))
            .collect();
        let audio = self.audio_variant();
        Some(multivariant::write(&videos, audio.as_ref()))
    }

    fn video(&self, rendition: Rendition) -> Option<Video> {
        let track = self.track(rendition);
        let Some(Config::Video(config)) = track.config() else { return None };
        let source = self.track(Rendition::Source);
        source.window.last_complete()?;
        let measured = track.window.last_complete().or(source.window.last_complete()).and_then(frame_rate);
        let peak_bitrate = match track.tally.peak_bitrate {
            0 => source.tally.peak_bitrate * PRESUMED_ENHANCED_FACTOR,
            measured => measured,
        };
        Some(Video {
            rendition,
            codec: config.codec_string(),
            size: config.size(),
            frame_rate: measured,
            peak_bitrate,
        })
    }

    fn audio_variant(&self) -> Option<Audio> {
        let track = self.track(Rendition::Audio);
        let Some(Config::Audio(config)) = track.config() else { return None };
        track.window.current_msn()?;
        let peak_bitrate = track.tally.peak_bitrate;
        Some(Audio { codec: config.codec_string(), channels: config.channels(), peak_bitrate })
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

/// Pictures a second in a segment.
fn frame_rate(segment: &Segment) -> Option<f64> {
    let seconds = segment.duration().as_secs_f64();
    (seconds > 0.0 && segment.samples > 0).then(|| f64::from(segment.samples) / seconds)
}
