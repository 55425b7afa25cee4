//! What a packager knows, behind its lock: the cuts, the segmenters that follow them, and which track leads.
//! What readers ask it is in `reading.rs`.
//!
//! Audio waits for the leading video, since a keyframe decides about a cut, and audio with later times may arrive
//! before it. The wait is bounded: when video falls silent, audio leads.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use media::{MediaTime, Packet, Track, Unit};

use super::cuts::{CutList, Lead};
use super::segmenter::{Config, Segmenter};
use crate::out::cmaf::CmafError;
use crate::out::{Kind, Rendition, RenditionId};

/// Audio waits this long for the first picture of a stream, or of a publisher that came back.
const START_HOLD: MediaTime = MediaTime::from_millis(2_000);
/// Audio waits this long for a picture that should have come.
const HOLD: MediaTime = MediaTime::from_millis(1_000);
/// Pictures wait this long for one that decoding can start with; keyframes come every ten seconds at the latest where
/// nothing is asked for. Behind it a source that never has one begins with what there is.
const ENTRY_WAIT: MediaTime = MediaTime::from_millis(10_500);
/// Audio packets that wait, at most: three seconds of the shortest frames. More only come with damaged times.
const MAX_HELD: usize = 512;
/// Renditions of a stream, at most; a lane makes a few. Each of them may hold a window of segments in memory.
const MAX_RENDITIONS: usize = 16;

/// The two that lead are always there; what is made of them follows as it is announced.
const SOURCE: usize = 0;
const AUDIO: usize = 1;

/// How a stream is packaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackagerSettings {
    /// A keyframe ends a segment that has this duration; a stream with fewer keyframes gets longer segments.
    pub target_duration: MediaTime,
    /// Longest duration of a part.
    pub part_target: MediaTime,
    /// Complete segments in a playlist.
    pub window_segments: usize,
}

impl Default for PackagerSettings {
    fn default() -> Self {
        Self {
            target_duration: MediaTime::from_millis(2_000),
            part_target: MediaTime::from_millis(500),
            window_segments: 8,
        }
    }
}

#[derive(Debug)]
pub(super) struct Presentation {
    pub(super) settings: PackagerSettings,
    pub(super) cuts: CutList,
    segmenters: Vec<Segmenter>,
    leader: Option<Track>,
    held: VecDeque<(Packet, SystemTime)>,
    /// What is made of the sound, waiting until the sound itself is as far: by where its segmenter is.
    following: VecDeque<(usize, Packet)>,
    /// Presentation time of the newest sound that went on.
    heard: Option<MediaTime>,
    /// Decode time of the first picture that was left out for want of one that decoding can start with.
    waiting: Option<MediaTime>,
    /// Decode time of the newest packet of the leading video: no later cut can lie before it.
    watermark: MediaTime,
    /// The pictures carry closed captions.
    pub(super) captions: bool,
    /// Tells this stream's files from those of an earlier one of the same name; empty before the first sample.
    pub(super) session: String,
    pub(super) finished: bool,
}

impl Presentation {
    pub(super) fn new(settings: PackagerSettings) -> Self {
        Self {
            settings,
            cuts: CutList::new(settings.target_duration),
            segmenters: [Rendition::SOURCE, Rendition::AUDIO].map(|lead| segmenter(lead, &settings)).into(),
            leader: None,
            held: VecDeque::new(),
            following: VecDeque::new(),
            heard: None,
            waiting: None,
            watermark: MediaTime::ZERO,
            captions: false,
            session: String::new(),
            finished: false,
        }
    }

    /// Changes whenever there is something new to read.
    pub(super) fn version(&self) -> u64 {
        let readable = |segmenter: &Segmenter| {
            let tally = segmenter.tally;
            tally.parts + tally.segments + tally.gaps
        };
        self.segmenters.iter().map(readable).sum::<u64>() + u64::from(self.finished)
    }

    /// All of the stream's renditions, those that are only expected yet included.
    pub(super) fn segmenters(&self) -> &[Segmenter] {
        &self.segmenters
    }

    pub(super) fn segmenter(&self, id: RenditionId) -> Option<&Segmenter> {
        self.segmenters.iter().find(|segmenter| segmenter.rendition.id == id)
    }

    pub(super) fn source(&self) -> &Segmenter {
        &self.segmenters[SOURCE]
    }

    pub(super) fn audio(&self) -> &Segmenter {
        &self.segmenters[AUDIO]
    }

    /// A rendition that is made of the others will come.
    pub(super) fn expect(&mut self, rendition: Rendition) {
        self.position(rendition);
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
        let Some(position) = self.position(rendition) else {
            tracing::warn!(%rendition, most = MAX_RENDITIONS, "more renditions than are handed out");
            return Ok(());
        };
        let segmenter = &mut self.segmenters[position];
        match (rendition.kind, unit) {
            (Kind::Audio, Unit::AudioConfig(config)) if position == AUDIO => {
                self.configure_audio(Config::Audio(config))?;
            }
            (Kind::Audio, Unit::AudioConfig(config)) => segmenter.configure(Config::Audio(config)),
            (Kind::Source | Kind::Enhanced { .. }, Unit::VideoConfig(config)) => {
                segmenter.configure(Config::Video(config));
            }
            (Kind::Audio, Unit::Packet(packet)) if packet.track == Track::Audio => {
                if position == AUDIO {
                    self.hold(packet, arrived)?;
                } else {
                    self.follow(position, packet)?;
                }
            }
            (Kind::Source, Unit::Packet(packet)) if packet.track == Track::Video => {
                self.picture(&packet, arrived)?;
            }
            (Kind::Enhanced { .. }, Unit::Packet(packet)) if packet.track == Track::Video => {
                segmenter.push(&packet, &self.cuts)?;
            }
            _ => segmenter.drop_packet(),
        }
        Ok(())
    }

    /// The next packets do not continue the previous ones.
    pub(super) fn discontinuity(&mut self) -> Result<(), CmafError> {
        if self.finished || self.cuts.is_broken() {
            return Ok(());
        }
        let released = self.release_all();
        self.cuts.announce_break();
        // The lane finishes what it has; its pictures still belong in front of the break.
        for segmenter in &mut self.segmenters {
            if !matches!(segmenter.rendition.kind, Kind::Enhanced { .. }) {
                segmenter.require_key();
                segmenter.flush()?;
            }
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
        self.cuts.finish();
        self.segmenters.iter_mut().try_for_each(|segmenter| segmenter.finish(&self.cuts))?;
        released
    }

    /// Where a rendition's segmenter is; one that is new and made of the others gets one.
    fn position(&mut self, rendition: Rendition) -> Option<usize> {
        match rendition.kind {
            Kind::Source => Some(SOURCE),
            Kind::Audio if rendition == Rendition::AUDIO => Some(AUDIO),
            Kind::Audio | Kind::Enhanced { .. } => {
                let known = self.segmenters.iter().position(|known| known.rendition.id == rendition.id);
                if known.is_none() && self.segmenters.len() < MAX_RENDITIONS {
                    self.segmenters.push(segmenter(rendition, &self.settings));
                    return Some(self.segmenters.len() - 1);
                }
                known
            }
        }
    }

    fn configure_audio(&mut self, config: Config) -> Result<(), CmafError> {
        if self.audio().config() == Some(&config) {
            return Ok(());
        }
        self.release_all()?; // what waits belongs to the old configuration
        self.segmenters[AUDIO].configure(config);
        if self.audio().is_changing() {
            self.cuts.announce_mark();
        }
        Ok(())
    }

    /// A picture of the source.
    fn picture(&mut self, packet: &Packet, arrived: SystemTime) -> Result<(), CmafError> {
        if self.cuts.is_jump(packet.pts) {
            self.discontinuity()?;
        }
        let leads = self.leader == Some(Track::Video) && !self.cuts.is_broken();
        let entered = self.source().accepts(packet) && (leads || packet.key);
        if !entered && !self.waited_for_entry(packet) {
            self.segmenters[SOURCE].drop_packet();
            return Ok(());
        }
        self.waiting = None;
        if self.leader == Some(Track::Audio) {
            self.cuts.change_leader();
        }
        self.leader = Some(Track::Video);
        let lead = match (packet.key, self.source().is_changing()) {
            (_, true) => Lead::Reconfigured,
            (true, false) => Lead::Key,
            (false, false) => Lead::Picture,
        };
        self.lead(lead, packet, arrived)?;
        self.watermark = packet.dts;
        let followed = self.segmenters[SOURCE].push(packet, &self.cuts);
        // Even if this picture failed, audio must not wait for it.
        self.release()?;
        followed
    }

    /// Whether a picture has to be begun with, though it cannot be decoded alone.
    fn waited_for_entry(&mut self, packet: &Packet) -> bool {
        let since = *self.waiting.get_or_insert(packet.dts);
        let waited = self.source().config().is_some() && packet.dts - since > ENTRY_WAIT;
        if waited {
            self.segmenters[SOURCE].begin_anywhere();
        }
        waited
    }

    /// An audio frame waits until the leader is as far.
    fn hold(&mut self, packet: Packet, arrived: SystemTime) -> Result<(), CmafError> {
        if self.held.len() == MAX_HELD {
            self.held.pop_front();
            self.segmenters[AUDIO].drop_packet();
        }
        self.held.push_back((packet, arrived));
        self.release()
    }

    /// Lets audio go on as far as the leader allows.
    fn release(&mut self) -> Result<(), CmafError> {
        while let (Some((front, _)), Some((back, _))) = (self.held.front(), self.held.back()) {
            let waited = back.pts - front.pts;
            let free = match self.leader {
                Some(Track::Audio) => true,
                Some(Track::Video) if !self.cuts.is_broken() => front.pts <= self.watermark || waited > HOLD,
                _ => waited > START_HOLD,
            };
            if !free {
                break;
            }
            let Some((packet, arrived)) = self.held.pop_front() else { break };
            self.sound(&packet, arrived)?;
        }
        self.release_following()
    }

    /// What is made of the sound goes on as far as the sound has: where that is cut is known then.
    fn follow(&mut self, position: usize, packet: Packet) -> Result<(), CmafError> {
        if self.following.len() == MAX_HELD
            && let Some((oldest, _)) = self.following.pop_front()
        {
            self.segmenters[oldest].drop_packet();
        }
        self.following.push_back((position, packet));
        self.release_following()
    }

    fn release_following(&mut self) -> Result<(), CmafError> {
        while self.following.front().is_some_and(|(_, packet)| Some(packet.pts) <= self.heard) {
            let Some((position, packet)) = self.following.pop_front() else { break };
            if packet.pts < self.cuts.era() {
                self.segmenters[position].drop_packet();
            } else {
                self.segmenters[position].push(&packet, &self.cuts)?;
            }
        }
        Ok(())
    }

    fn release_all(&mut self) -> Result<(), CmafError> {
        if self.leader.is_some() && !self.cuts.is_broken() {
            while let Some((packet, _)) = self.held.pop_front() {
                self.follow_sound(&packet)?;
            }
        }
        self.release_following()?;
        // What is left has nothing to follow any more.
        for (position, _) in self.following.drain(..) {
            self.segmenters[position].drop_packet();
        }
        self.heard = None;
        Ok(())
    }

    fn sound(&mut self, packet: &Packet, arrived: SystemTime) -> Result<(), CmafError> {
        if !self.audio().accepts(packet) {
            self.segmenters[AUDIO].drop_packet();
            return Ok(());
        }
        if self.leader == Some(Track::Audio) && self.cuts.is_jump(packet.pts) {
            self.discontinuity()?;
        }
        if self.leader.is_none() || self.cuts.is_broken() {
            self.leader = Some(Track::Audio);
        }
        if self.leader == Some(Track::Audio) {
            let lead = if self.audio().is_changing() { Lead::Reconfigured } else { Lead::Sound };
            self.lead(lead, packet, arrived)?;
        } else if packet.pts > self.watermark && !self.cuts.is_jump(packet.pts) {
            self.lead(Lead::Substitute, packet, arrived)?;
        }
        self.follow_sound(packet)
    }

    fn follow_sound(&mut self, packet: &Packet) -> Result<(), CmafError> {
        if packet.pts < self.cuts.era() {
            self.segmenters[AUDIO].drop_packet();
            return Ok(());
        }
        self.heard = self.heard.max(Some(packet.pts));
        self.segmenters[AUDIO].push(packet, &self.cuts)
    }

    /// Tells the list of cuts of the leader's next sample; renditions that lag too far go on with gaps.
    fn lead(&mut self, lead: Lead, packet: &Packet, arrived: SystemTime) -> Result<(), CmafError> {
        if self.session.is_empty() {
            let millis = arrived.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            self.session = format!("{millis:x}");
        }
        self.cuts.lead(lead, packet.pts, arrived);
        self.segmenters.iter_mut().try_for_each(|segmenter| segmenter.keep_up(&self.cuts))
    }
}

fn segmenter(rendition: Rendition, settings: &PackagerSettings) -> Segmenter {
    Segmenter::new(rendition, settings.part_target, settings.window_segments)
}
