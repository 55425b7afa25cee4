//! Samples get their durations and become parts.
//!
//! A sample's duration is known when the next one comes, so a segmenter is one sample behind. Durations are stretched over
//! missing pictures: players take a hole in the decode times for a lost reference and wait for a keyframe.
//!
//! A picture may stand longer than what a part still takes, or than a whole part. Its fragment holds it with its whole
//! duration; the parts after it, maybe without samples, are taken to begin while it stands. So parts are filled as players
//! expect, none exceeds the target, and they add up to their segment at any frame rate.

use media::MediaTime;

use super::super::cuts::{Cut, CutList, MAX_JUMP};
use super::super::window::Part;
use super::Segmenter;
use crate::out::cmaf::{self, CmafError, Sample};

/// Parts but the last of a segment last for at least this share of the part target (RFC 8216bis, 4.4.3.7); one that does is
/// complete when another sample is likely not to fit.
const FILLED_PERCENT: i64 = 85;

impl Segmenter {
    /// Gives the pending sample its duration, now that the next one in the same segment is known.
    pub(super) fn settle(&mut self, next: i64) -> Result<(), CmafError> {
        if let Some((mut sample, _)) = self.pending.take() {
            sample.duration = self.distance(sample.decode_time, next);
            self.last_duration = sample.duration;
            self.add(sample, 0)?;
        }
        Ok(())
    }

    /// Gives the pending sample its duration where the next one belongs to another segment, and ends the part. Says how
    /// much of that segment passes before its first sample, while this one goes on standing.
    pub(super) fn settle_before(
        &mut self,
        cuts: &CutList,
        cut: &Cut,
        next: Option<&(Sample, MediaTime)>,
    ) -> Result<i64, CmafError> {
        let mut standing = 0;
        if let Some((mut sample, pts)) = self.pending.take() {
            let open = self.window.open().map(|open| open.cut);
            let msn = open.map_or(cut.msn, |open| open.msn);
            let broken = open.is_some_and(|open| cut.discontinuities > open.discontinuities);
            let end = cuts.get(msn).and_then(|cut| cut.end);
            standing = next.filter(|_| !broken).map_or(0, |next| self.standing(next, cut));
            let mut elsewhere = 0;
            sample.duration = match (next, end) {
                (Some(next), _) if cut.msn == msn + 1 && !broken => {
                    elsewhere = standing;
                    self.distance(sample.decode_time, next.0.decode_time)
                }
                // The picture stands until its segment ends; the segments after it are gaps.
                (_, Some(end)) if cut.msn > msn + 1 && end > pts => {
                    self.clock.ticks(end - pts).clamp(1, self.clock.ticks(MAX_JUMP)) as u32
                }
                _ => self.estimate(),
            };
            self.add(sample, elsewhere)?;
        }
        self.end_part(self.part_ticks)?;
        Ok(standing)
    }

    /// How much of a segment has passed before its first sample. Frames of sound do not end where pictures do, and that is
    /// no hole.
    fn standing(&self, first: &(Sample, MediaTime), cut: &Cut) -> i64 {
        let standing = self.clock.ticks(first.1 - cut.at).max(0);
        if self.is_audio() && standing <= i64::from(self.clock.usual_duration()) { 0 } else { standing }
    }

    fn distance(&self, from: i64, to: i64) -> u32 {
        (to - from).clamp(1, self.clock.ticks(MAX_JUMP)) as u32
    }

    pub(super) fn estimate(&self) -> u32 {
        if self.last_duration > 0 { self.last_duration } else { self.clock.usual_duration() }
    }

    /// Adds a sample with its duration, of which so much belongs to the next segment, to the part, and ends parts so
    /// that none exceeds the part target.
    pub(super) fn add(&mut self, sample: Sample, elsewhere: i64) -> Result<(), CmafError> {
        let target = self.clock.ticks(self.part_target).max(1);
        let duration = (i64::from(sample.duration) - elsewhere).max(0);
        let filled = |ticks: i64| ticks * 100 >= target * FILLED_PERCENT;
        self.end_parts(target)?;
        if filled(self.part_ticks) && self.part_ticks + duration > target {
            self.end_part(self.part_ticks)?;
        }
        if self.part_ticks == 0 {
            self.part_start = sample.decode_time;
        }
        self.part_ticks += duration;
        self.part.push(sample);
        self.end_parts(target)?;
        // The next sample probably lasts as long. Waiting for it would only delay a part that it does not fit into.
        if filled(self.part_ticks) && self.part_ticks + duration > target {
            self.end_part(self.part_ticks)?;
        }
        Ok(())
    }

    /// Ends as many parts as a picture fills while it stands; what remains of it begins the next one.
    fn end_parts(&mut self, target: i64) -> Result<(), CmafError> {
        while self.part_ticks > target {
            self.end_part(target)?;
        }
        Ok(())
    }

    /// Ends the part, so long, with the samples that it has.
    pub(super) fn end_part(&mut self, ticks: i64) -> Result<(), CmafError> {
        if self.part.is_empty() && ticks == 0 {
            return Ok(());
        }
        // Taken first: samples that cannot be written must not stand in the way of the next ones.
        let samples = std::mem::take(&mut self.part);
        let start = self.part_start;
        self.part_start += ticks;
        self.part_ticks -= ticks;
        self.sequence_number = self.sequence_number.wrapping_add(1);
        let bytes = cmaf::fragment(self.sequence_number, start, &samples)?;
        let independent = samples.iter().any(|sample| sample.key);
        self.tally.parts += 1;
        self.tally.newest = Some(self.clock.span(self.part_start));
        let duration = self.clock.span(ticks);
        self.window.add_part(Part { bytes, duration, independent }, samples.len() as u32);
        Ok(())
    }
}
