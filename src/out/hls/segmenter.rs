//! One rendition: packets become samples, samples parts, parts segments, where the list of cuts says.
//!
//! How long samples last, and where parts end, is in `parts.rs`.

mod parts;

use std::sync::Arc;

use bytes::Bytes;
use media::{AudioConfig, MediaTime, Packet, VideoConfig};

use super::cuts::{Cut, CutList};
use super::window::{Segment, Window};
use crate::out::Rendition;
use crate::out::cmaf::{self, Clock, CmafError, Sample};

/// Bytes in a segment beyond which samples are left out: 50 Mbit/s over the longest segment.
const MAX_SEGMENT_BYTES: usize = 64 << 20;
/// Samples in a segment beyond which samples are left out: 240 pictures a second over the longest segment, and spare.
const MAX_SEGMENT_SAMPLES: usize = 4096;
/// Segments that a rendition may lag behind the newest one before it goes on with gaps: readers that block on it are
/// answered before they give up.
const MAX_LAG: u64 = 3;
/// Presentation before or after decoding by more than this is damage: no encoder reorders over seconds.
const MAX_COMPOSITION_OFFSET: MediaTime = MediaTime::from_millis(5_000);

/// What is needed to decode a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Config {
    Video(Arc<VideoConfig>),
    Audio(Arc<AudioConfig>),
}

impl Config {
    fn init(&self) -> Result<Bytes, CmafError> {
        match self {
            Self::Video(config) => cmaf::video(config),
            Self::Audio(config) => cmaf::audio(config),
        }
    }

    fn clock(&self) -> Clock {
        match self {
            Self::Video(_) => Clock::Video,
            Self::Audio(config) => Clock::audio(config),
        }
    }
}

/// What a segmenter has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) packets: u64,
    /// Of these, left out: before the first keyframe, beyond a limit, or without a place among the cuts.
    pub(super) dropped: u64,
    pub(super) parts: u64,
    pub(super) segments: u64,
    /// Segments in which other renditions had something and this one had nothing.
    pub(super) gaps: u64,
    /// End of the newest part.
    pub(super) newest: Option<MediaTime>,
    /// Bits a second of the most demanding segment so far.
    pub(super) peak_bitrate: u64,
}

#[derive(Debug)]
pub(super) struct Segmenter {
    pub(super) rendition: Rendition,
    pub(super) window: Window,
    pub(super) tally: Tally,
    part_target: MediaTime,
    config: Option<Config>,
    /// The configuration is newer than the initialisation segment in use.
    changing: bool,
    /// Number of the initialisation segment in use; 0: none yet.
    init: u64,
    clock: Clock,
    /// Nothing but a keyframe can be decoded next.
    needs_key: bool,
    /// No keyframe comes: the next picture is taken whatever it is.
    anywhere: bool,
    /// The newest sample, whose duration is not known yet, and its presentation time.
    pending: Option<(Sample, MediaTime)>,
    last_duration: u32,
    part: Vec<Sample>,
    /// Where the part that is being filled begins, and how much of the track's time it holds so far: the last of it, and
    /// maybe all, is what is left of a picture that goes on standing.
    part_start: i64,
    part_ticks: i64,
    segment_bytes: usize,
    segment_samples: usize,
    sequence_number: u32,
}

impl Segmenter {
    pub(super) fn new(rendition: Rendition, part_target: MediaTime, listed: usize) -> Self {
        Self {
            rendition,
            window: Window::new(listed),
            tally: Tally::default(),
            part_target,
            config: None,
            changing: false,
            init: 0,
            clock: Clock::Video,
            needs_key: true,
            anywhere: false,
            pending: None,
            last_duration: 0,
            part: Vec::new(),
            part_start: 0,
            part_ticks: 0,
            segment_bytes: 0,
            segment_samples: 0,
            sequence_number: 0,
        }
    }

    /// The newest configuration; none before the first one, or while one is refused.
    pub(super) fn config(&self) -> Option<&Config> {
        self.config.as_ref()
    }

    pub(super) fn has_segment(&self) -> bool {
        self.window.last_complete().is_some()
    }

    /// Another configuration waits for the next segment.
    pub(super) fn is_changing(&self) -> bool {
        self.changing && self.init > 0
    }

    /// Whether a packet can be used at all before the list of cuts hears of it.
    pub(super) fn accepts(&self, packet: &Packet) -> bool {
        self.config.is_some() && (packet.key || self.anywhere || !(self.needs_key || self.changing))
    }

    pub(super) fn begin_anywhere(&mut self) {
        self.anywhere = true;
    }

    pub(super) fn require_key(&mut self) {
        self.needs_key = true;
    }

    /// Takes a configuration; the same one again changes nothing. Packets wait for the next segment to use another one.
    pub(super) fn configure(&mut self, config: Config) {
        if self.config.as_ref() != Some(&config) {
            self.config = Some(config);
            self.changing = true;
        }
    }

    pub(super) fn drop_packet(&mut self) {
        self.tally.packets += 1;
        self.tally.dropped += 1;
    }

    /// Takes the next packet in decode order. One that has no place is counted as dropped.
    pub(super) fn push(&mut self, packet: &Packet, cuts: &CutList) -> Result<(), CmafError> {
        let Some(cut) = self.destination(packet, cuts) else {
            self.miss_packet();
            return Ok(());
        };
        let crosses = self.window.open().is_none_or(|open| open.cut.msn < cut.msn);
        let fits = crosses || !(self.changing || self.is_full(packet));
        if !fits || !self.accepts(packet) {
            self.miss_packet();
            return Ok(());
        }
        if crosses && self.changing {
            // The pending sample still belongs to the old initialisation segment.
            self.settle_before(cuts, &cut, None)?;
            self.switch()?;
        }
        let previous = self.pending.as_ref().map(|(sample, _)| sample.decode_time);
        let Some(decode_time) = self.clock.place(previous, packet.dts) else {
            self.drop_packet();
            return Ok(());
        };
        let next = (self.sample(packet, decode_time), packet.pts);
        // Only now is it sure that the packet is used: the sample before it lasts until it, and its segment ends.
        if crosses {
            let standing = self.settle_before(cuts, &cut, Some(&next))?;
            self.open(cuts, cut);
            self.part_ticks = standing;
            self.part_start = decode_time - standing;
        } else {
            self.settle(decode_time)?;
        }
        self.tally.packets += 1;
        self.needs_key = false;
        self.anywhere = false;
        self.segment_bytes += packet.data.len();
        self.segment_samples += 1;
        self.pending = Some(next);
        Ok(())
    }

    /// A rendition that has begun and has nothing for a while goes on with gaps: its playlist never stands still.
    pub(super) fn keep_up(&mut self, cuts: &CutList) -> Result<(), CmafError> {
        let (Some(current), Some(newest)) = (self.window.current_msn(), cuts.newest()) else {
            return Ok(());
        };
        if newest.msn <= current + MAX_LAG {
            return Ok(());
        }
        // The segment that is being filled holds something and is no gap.
        let mut from = current;
        if self.window.open().is_some() {
            self.settle_before(cuts, newest, None)?;
            self.complete(cuts);
            from += 1;
        }
        // What is missing may be what the next picture refers to.
        self.needs_key |= !self.is_audio();
        self.fill(cuts, from, newest.msn - MAX_LAG);
        Ok(())
    }

    /// Publishes what has come so far, without knowing what follows.
    pub(super) fn flush(&mut self) -> Result<(), CmafError> {
        if let Some((mut sample, _)) = self.pending.take() {
            sample.duration = self.estimate();
            self.add(sample, 0)?;
        }
        self.end_part(self.part_ticks)
    }

    /// Ends the rendition.
    pub(super) fn finish(&mut self, cuts: &CutList) -> Result<(), CmafError> {
        self.flush()?;
        self.complete(cuts);
        Ok(())
    }

    /// Audio frames stand alone; pictures need the ones before them.
    fn is_audio(&self) -> bool {
        matches!(self.clock, Clock::Audio { .. })
    }

    /// A packet is left out, so that those after it may lack a reference.
    fn miss_packet(&mut self) {
        self.needs_key |= !self.is_audio();
        self.drop_packet();
    }

    /// The segment that a packet belongs to: never one that is complete already.
    fn destination(&self, packet: &Packet, cuts: &CutList) -> Option<Cut> {
        let current = self.window.current_msn();
        let located = cuts.locate(packet.pts).filter(|cut| current.is_none_or(|current| cut.msn >= current));
        // In decode order some pictures of a segment are shown before its first one.
        located.copied().or(self.window.open().map(|open| open.cut))
    }

    fn is_full(&self, packet: &Packet) -> bool {
        self.segment_samples >= MAX_SEGMENT_SAMPLES
            || self.segment_bytes + packet.data.len() > MAX_SEGMENT_BYTES
    }

    fn sample(&self, packet: &Packet, decode_time: i64) -> Sample {
        let offset = if self.is_audio() { 0 } else { packet.pts.ticks().saturating_sub(decode_time) };
        let limit = MAX_COMPOSITION_OFFSET.ticks();
        Sample {
            decode_time,
            duration: 0,
            composition_offset: offset.clamp(-limit, limit) as i32,
            key: packet.is_independent(),
            data: packet.data.clone(),
        }
    }

    /// Begins to use the newest configuration; one that cannot be written is forgotten.
    fn switch(&mut self) -> Result<(), CmafError> {
        let Some(config) = self.config.take() else { return Ok(()) };
        let bytes = config.init()?;
        self.clock = config.clock();
        self.config = Some(config);
        self.init += 1;
        self.changing = false;
        self.last_duration = 0;
        self.window.add_init(self.init, bytes);
        Ok(())
    }

    fn open(&mut self, cuts: &CutList, cut: Cut) {
        self.complete(cuts);
        if let Some(previous) = self.window.last_complete() {
            self.fill(cuts, previous.cut.msn + 1, cut.msn);
        }
        self.window.begin(Segment::new(cut, self.init));
        self.segment_bytes = 0;
        self.segment_samples = 0;
    }

    /// Completes the open segment, if there is one.
    fn complete(&mut self, cuts: &CutList) {
        let Some(open) = self.window.open().map(|open| open.cut) else { return };
        let end = cuts.get(open.msn).and_then(|cut| cut.end).or(self.tally.newest).unwrap_or(open.at);
        let Some(segment) = self.window.complete(end) else { return };
        let millis = segment.duration().as_millis();
        if millis > 0 {
            let bitrate = segment.bytes() as u64 * 8 * 1000 / millis as u64;
            self.tally.peak_bitrate = self.tally.peak_bitrate.max(bitrate);
        }
        self.tally.segments += 1;
    }

    /// Segments in which this rendition had nothing: gaps, as far as they are still known.
    fn fill(&mut self, cuts: &CutList, from: u64, to: u64) {
        for msn in from..to {
            let Some(cut) = cuts.get(msn) else {
                // The numbers in a playlist are consecutive: what lies before the hole has to go.
                self.window.clear();
                continue;
            };
            self.window.add_gap(*cut, self.init);
            self.tally.gaps += 1;
        }
    }
}

#[cfg(test)]
mod tests;
