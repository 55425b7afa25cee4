//! Access units out of whatever a publisher sends: one message for each, for each NAL unit, for each slice.
//!
//! What a container says of a message is a hint. Where pictures begin, whether decoding can start with them, how NAL units
//! are packed and which parameter sets are in force is read from the bitstream. One picture is held back until the next one
//! begins: only then is it known to be complete.
//!
//! ```text
//! message -> NAL units -> parameter sets, notes: kept for the slice that follows
//!                      -> slices: the same picture, or the next one -> configuration if it changed, packet
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::sets::ParameterSets;
use super::slice::SliceHeader;
use super::{AvcConfig, nal, sei};
use crate::codec::VideoConfig;
use crate::codec::coded::Coded;
use crate::codec::error::{CodecError, CodecErrorKind};
use crate::codec::nal as shared;
use crate::packet::{Packet, Track, Unit};
use crate::time::MediaTime;

/// A larger picture is none: a keyframe of 4K at 50 Mbit/s stays below 2 MiB.
const MAX_BYTES: usize = 8 << 20;
/// NAL units of a picture. Real ones have a slice for each row of macroblocks at most.
const MAX_UNITS: usize = 1024;
/// Length prefixes where no configuration says how long they are.
const USUAL_LENGTH: usize = 4;

#[derive(Debug, Default)]
pub struct Assembler {
    sets: ParameterSets,
    /// Sets have come that are not in the configuration which was handed out last.
    changed: bool,
    config: Option<Arc<VideoConfig>>,
    /// The sequence header that came last.
    header: Bytes,
    /// A message was read by its lengths, so the stream has lengths.
    has_lengths: bool,
    open: Option<Open>,
    /// What follows is coded in a way that cannot be used, up to the next refresh.
    is_refused: bool,
    /// What stands in front of the next slice: sets, notes, delimiters.
    ahead: Vec<Bytes>,
    complete: VecDeque<Unit>,
}

/// The picture that is being put together.
#[derive(Debug)]
struct Open {
    dts: MediaTime,
    pts: MediaTime,
    /// The container says so.
    flagged: bool,
    recovery_point: bool,
    idr: bool,
    /// All slices so far are.
    intra: bool,
    first: Option<SliceHeader>,
    last: Option<SliceHeader>,
    units: Vec<Bytes>,
    bytes: usize,
    /// The message that it is, byte for byte.
    whole: Option<Bytes>,
}

impl Assembler {
    /// Takes a sequence header in: an `avcC` record, or parameter sets behind start codes. One that repeats the last one, and
    /// an empty one, says nothing.
    pub fn configure(&mut self, header: Bytes) -> Result<(), CodecError> {
        if header.is_empty() || header == self.header {
            return Ok(());
        }
        let config = match AvcConfig::parse(header.clone()) {
            Err(_) if shared::starts_with_code(&header) => AvcConfig::from_annex_b(&header)?,
            config => config?,
        };
        self.finish();
        self.header = header;
        self.sets = ParameterSets::of(&config);
        self.hand_out(config);
        Ok(())
    }

    /// Takes a message in. After an error the message is lost, and nothing else.
    pub fn push(&mut self, coded: &Coded) -> Result<(), CodecError> {
        let (units, is_tidy) = self.split(&coded.data)?;
        for unit in &units {
            self.take(unit, coded)?;
        }
        // Handed on as it came, if nothing has to be changed: no copy.
        if let Some(open) = &mut self.open
            && is_tidy
            && open.units == units
        {
            open.whole = Some(coded.data.clone());
        }
        Ok(())
    }

    /// The next configuration or picture, if one is complete.
    pub fn pull(&mut self) -> Option<Unit> {
        self.complete.pop_front()
    }

    /// Whether a configuration was handed out.
    pub fn is_configured(&self) -> bool {
        self.config.is_some()
    }

    /// Whether a picture is held back.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The picture that is held back is complete.
    pub fn release(&mut self) {
        let Some(open) = self.open.take() else { return };
        let recovery = !open.idr && (open.recovery_point || open.flagged && open.intra);
        let packet = |data| Packet {
            track: Track::Video,
            dts: open.dts,
            pts: open.pts,
            key: open.idr || recovery,
            recovery,
            data,
        };
        let length = self.length_size();
        // A unit longer than its length can say comes from a publisher who changed from short lengths to start codes.
        let data = open.whole.or_else(|| shared::joined(open.units.iter().map(|unit| &unit[..]), length));
        self.complete.extend(data.map(packet).map(Unit::Packet));
    }

    /// Nothing follows that continues what came.
    pub fn finish(&mut self) {
        self.release();
        self.ahead.clear();
    }

    fn length_size(&self) -> usize {
        match self.config.as_deref() {
            Some(VideoConfig::Avc(config)) => config.nal_length_size(),
            _ => USUAL_LENGTH,
        }
    }

    /// The NAL units of a message, however they are packed, and whether they stand behind lengths and nothing else does. No
    /// unit is empty.
    fn split(&mut self, data: &Bytes) -> Result<(Vec<Bytes>, bool), CodecError> {
        let length = self.length_size();
        let by_length: Result<Vec<_>, _> = nal::units(data, length).collect();
        let split = match by_length {
            Ok(by_length) if by_length.iter().all(|unit| is_plausible(unit)) => {
                self.has_lengths |= !by_length.is_empty();
                let count = by_length.len();
                let pieces = by_length.into_iter().flat_map(shared::between_codes);
                let units: Vec<_> = pieces.map(|unit| data.slice_ref(unit)).collect();
                // Nothing was left out, neither empty units nor start codes.
                let size: usize = units.iter().map(|unit| length + unit.len()).sum();
                let is_tidy = units.len() == count && size == data.len();
                (units, is_tidy)
            }
            by_length => {
                // A length of 1 is never right, so these four bytes are no length. Three of them might be one.
                let is_certain =
                    data.starts_with(&[0, 0, 0, 1]) || !self.has_lengths && shared::starts_with_code(data);
                let by_code: Vec<_> = nal::annex_b_units(data).map(|unit| data.slice_ref(unit)).collect();
                if !is_certain || !by_code.iter().all(|unit| is_plausible(unit)) {
                    by_length?;
                    return Err(damaged("the NAL units have headers that cannot be"));
                }
                self.has_lengths = false;
                (by_code, false)
            }
        };
        if split.0.len() > MAX_UNITS { Err(too_large()) } else { Ok(split) }
    }

    fn take(&mut self, unit: &Bytes, coded: &Coded) -> Result<(), CodecError> {
        match nal::kind(unit) {
            nal::SLICE | nal::PARTITION_A | nal::IDR_SLICE => return self.take_slice(unit, coded),
            kind @ (nal::SPS | nal::PPS) => {
                // Without the size and the order of pictures nothing can be read; those in force may do for the rest.
                match self.sets.take(unit) {
                    Ok(changes) => self.changed |= changes,
                    Err(error) if kind == nal::SPS => {
                        self.release();
                        self.is_refused = true;
                        return Err(error);
                    }
                    Err(_) => {}
                }
                self.keep_ahead(unit);
            }
            nal::DELIMITER => {
                self.release();
                self.keep_ahead(unit);
            }
            nal::SEI | 13..=18 => self.keep_ahead(unit),
            // Partitions B and C, ends, fillers, auxiliary pictures, extensions: with the slice before them.
            _ => {
                if let Some(open) = &mut self.open {
                    open.add(unit);
                }
            }
        }
        Ok(())
    }

    fn keep_ahead(&mut self, unit: &Bytes) {
        // Notes that no slice ever follows must not pile up.
        if self.ahead.len() < MAX_UNITS {
            self.ahead.push(unit.clone());
        }
    }

    fn take_slice(&mut self, unit: &Bytes, coded: &Coded) -> Result<(), CodecError> {
        let header = SliceHeader::parse(unit, &self.sets);
        let continues =
            self.open.as_ref().is_some_and(|open| open.is_continued_by(header.as_ref(), coded.dts));
        if !continues {
            self.release();
            self.begin(unit, header, coded)?;
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        for unit in self.ahead.drain(..) {
            open.add(&unit);
        }
        open.add(unit);
        open.idr |= nal::kind(unit) == nal::IDR_SLICE;
        open.intra &= header.is_some_and(|header| header.intra);
        open.first = open.first.or(header);
        open.last = header.or(open.last);
        if open.bytes > MAX_BYTES || open.units.len() > MAX_UNITS {
            self.open = None;
            return Err(too_large());
        }
        Ok(())
    }

    /// A slice begins a picture; what is ahead belongs to it.
    fn begin(&mut self, unit: &[u8], header: Option<SliceHeader>, coded: &Coded) -> Result<(), CodecError> {
        let recovery_point = self.ahead.iter().any(|unit| sei::has_recovery_point(unit));
        let idr = nal::kind(unit) == nal::IDR_SLICE;
        let intra = header.is_some_and(|header| header.intra);
        self.is_refused &= !idr;
        if self.is_refused {
            self.ahead.clear();
            return Ok(());
        }
        // Sets take effect where decoding can start. In between they stay beside their picture, where decoders read them.
        if self.changed && (idr || recovery_point || coded.key && intra) || self.config.is_none() {
            let config =
                self.sets.config(header.map(|header| header.pps)).inspect_err(|_| self.ahead.clear())?;
            self.hand_out(config);
        }
        if !self.changed {
            self.ahead.retain(|unit| !matches!(nal::kind(unit), nal::SPS | nal::PPS));
        }
        self.open = Some(Open {
            dts: coded.dts,
            pts: coded.pts,
            flagged: coded.key,
            recovery_point,
            idr,
            intra: true,
            first: None,
            last: None,
            units: Vec::new(),
            bytes: 0,
            whole: None,
        });
        Ok(())
    }

    fn hand_out(&mut self, config: AvcConfig) {
        self.changed = false;
        let config = VideoConfig::Avc(config);
        if self.config.as_deref() != Some(&config) {
            let config = Arc::new(config);
            self.config = Some(Arc::clone(&config));
            self.complete.push_back(Unit::VideoConfig(config));
        }
    }
}

impl Open {
    fn add(&mut self, unit: &Bytes) {
        self.bytes += unit.len();
        self.units.push(unit.clone());
        self.whole = None;
    }

    /// Whether a slice belongs to this picture, too. Where headers cannot be read, the time decides.
    fn is_continued_by(&self, header: Option<&SliceHeader>, dts: MediaTime) -> bool {
        match (&self.first, &self.last, header) {
            (Some(first), Some(last), Some(header)) => header.continues(first, last),
            _ => dts == self.dts,
        }
    }
}

/// The bit that is always zero is.
fn is_plausible(unit: &[u8]) -> bool {
    unit.first().is_some_and(|header| header & 0x80 == 0)
}

fn damaged(what: &'static str) -> CodecError {
    CodecError::new(CodecErrorKind::Damaged, what)
}

fn too_large() -> CodecError {
    CodecError::new(CodecErrorKind::TooLong, "the picture is larger than any real one")
}

#[cfg(test)]
mod tests;
