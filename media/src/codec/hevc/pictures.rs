//! Pictures out of what a publisher sends as H.265: one message, one access unit, as Enhanced RTMP has it.
//!
//! As with H.264, whether decoding can start with a picture and which parameter sets are in force is read from the
//! bitstream. Messages without a picture are kept for the next one.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::sps::Sps;
use super::{HevcConfig, LENGTH_SIZE, nal};
use crate::codec::VideoConfig;
use crate::codec::bits::BitReader;
use crate::codec::coded::Coded;
use crate::codec::error::{CodecError, CodecErrorKind};
use crate::codec::nal as shared;
use crate::packet::{Packet, Track, Unit};

/// A larger picture is none: a keyframe of 4K at 50 Mbit/s stays below 2 MiB.
const MAX_BYTES: usize = 8 << 20;
/// NAL units of a picture, and of what waits for one.
const MAX_UNITS: usize = 1024;
/// Sets that can be in force: 16 video, 16 sequence and 64 picture parameter sets.
const MAX_SETS: usize = 96;

/// Push configurations and messages, and pull units after each until none is left.
#[derive(Debug, Default)]
pub struct Pictures {
    /// The parameter sets in force: kind, number, NAL unit.
    sets: Vec<(u8, u32, Bytes)>,
    /// Sets have come that are not in the configuration which was handed out last.
    changed: bool,
    config: Option<Arc<VideoConfig>>,
    length_size: usize,
    /// The sequence header that came last.
    header: Bytes,
    /// Notes that came without a picture.
    ahead: Vec<Bytes>,
    complete: VecDeque<Unit>,
}

impl Pictures {
    /// Takes a sequence header in: an `hvcC` record, or parameter sets behind start codes.
    pub fn configure(&mut self, header: Bytes) -> Result<(), CodecError> {
        if header.is_empty() || header == self.header {
            return Ok(());
        }
        let config = match HevcConfig::parse(header.clone()) {
            Err(_) if shared::starts_with_code(&header) => HevcConfig::from_annex_b(&header)?,
            config => config?,
        };
        self.header = header;
        self.ahead.clear();
        self.sets.clear();
        for set in config.parameter_sets() {
            // What a record holds beside its first set is not checked when it is read: what is damaged is not in force.
            let _ = self.take_set(&config.record().slice_ref(set));
        }
        self.hand_out(config);
        Ok(())
    }

    /// Takes a message in. After an error it is lost, and nothing else.
    pub fn push(&mut self, coded: &Coded) -> Result<(), CodecError> {
        let (units, is_tidy) = self.split(&coded.data)?;
        let mut picture = Vec::with_capacity(units.len());
        let mut random_access = false;
        let mut begins = false;
        for unit in units.iter().filter(|unit| nal::is_base_layer(unit)) {
            let kind = nal::kind(unit);
            if matches!(kind, nal::VPS | nal::SPS | nal::PPS) {
                self.changed |= self.take_set(unit)?;
            } else if nal::belongs_into_pictures(kind) {
                begins |= nal::is_first_slice(unit);
                random_access |= nal::is_random_access(kind);
                picture.push(unit.clone());
            }
        }
        let has_slices = picture.iter().any(|unit| nal::is_slice(nal::kind(unit)));
        if has_slices && !begins {
            return Err(damaged("the picture has no beginning: send each picture in one message"));
        }
        if !has_slices {
            self.keep_ahead(picture);
            return Ok(());
        }
        if self.config.is_none() || self.changed && random_access {
            let sets = self.sets.iter().map(|(_, _, unit)| &unit[..]);
            self.hand_out(HevcConfig::from_sets(sets)?);
        }
        let is_whole = is_tidy && self.ahead.is_empty() && picture.len() == units.len();
        let data = if is_whole { coded.data.clone() } else { self.joined(&picture)? };
        self.complete.push_back(Unit::Packet(Packet {
            track: Track::Video,
            dts: coded.dts,
            pts: coded.pts,
            key: random_access,
            recovery: false,
            data,
        }));
        Ok(())
    }

    pub fn pull(&mut self) -> Option<Unit> {
        self.complete.pop_front()
    }

    /// Whether a configuration was handed out.
    pub fn is_configured(&self) -> bool {
        self.config.is_some()
    }

    /// Nothing follows that continues what came.
    pub fn finish(&mut self) {
        self.ahead.clear();
    }

    /// The NAL units of a message, however they are packed, and whether they stand behind lengths and nothing else does.
    fn split(&self, data: &Bytes) -> Result<(Vec<Bytes>, bool), CodecError> {
        if data.len() > MAX_BYTES {
            return Err(too_large());
        }
        let length_size = if self.is_configured() { self.length_size } else { LENGTH_SIZE };
        let by_length: Result<Vec<_>, _> = shared::units(data, length_size).collect();
        let has_codes =
            data.starts_with(&[0, 0, 0, 1]) || by_length.is_err() && shared::starts_with_code(data);
        let units: Vec<Bytes> = match by_length {
            Ok(units) if !has_codes => units.into_iter().map(|unit| data.slice_ref(unit)).collect(),
            _ if has_codes => shared::annex_b_units(data).map(|unit| data.slice_ref(unit)).collect(),
            by_length => by_length?.into_iter().map(|unit| data.slice_ref(unit)).collect(),
        };
        if units.len() > MAX_UNITS {
            return Err(too_large());
        }
        if units.iter().any(|unit| unit[0] & 0x80 != 0) {
            return Err(damaged("the NAL units have headers that cannot be"));
        }
        let size: usize = units.iter().map(|unit| length_size + unit.len()).sum();
        Ok((units, !has_codes && size == data.len()))
    }

    /// Answers whether the set changes anything.
    fn take_set(&mut self, unit: &Bytes) -> Result<bool, CodecError> {
        let kind = nal::kind(unit);
        let number = number(unit)?;
        match self.sets.iter().position(|set| (set.0, set.1) == (kind, number)) {
            Some(at) if self.sets[at].2 == *unit => return Ok(false),
            Some(at) => self.sets[at].2 = unit.clone(),
            None if self.sets.len() < MAX_SETS => self.sets.push((kind, number, unit.clone())),
            None => return Err(damaged("there are more parameter sets than H.265 has numbers for")),
        }
        Ok(true)
    }

    fn keep_ahead(&mut self, notes: Vec<Bytes>) {
        // Notes that no picture ever follows must not pile up.
        if self.ahead.len() + notes.len() <= MAX_UNITS {
            self.ahead.extend(notes);
        }
    }

    fn joined(&mut self, picture: &[Bytes]) -> Result<Bytes, CodecError> {
        let units = self.ahead.iter().chain(picture).map(|unit| &unit[..]);
        let data = shared::joined(units, self.length_size).ok_or_else(too_large);
        self.ahead.clear();
        data
    }

    fn hand_out(&mut self, config: HevcConfig) {
        self.changed = false;
        self.length_size = config.nal_length_size();
        let config = VideoConfig::Hevc(config);
        if self.config.as_deref() != Some(&config) {
            let config = Arc::new(config);
            self.config = Some(Arc::clone(&config));
            self.complete.push_back(Unit::VideoConfig(config));
        }
    }
}

/// The number by which others refer to a parameter set.
fn number(unit: &[u8]) -> Result<u32, CodecError> {
    let payload = nal::payload(unit);
    let mut bits = BitReader::new(&payload);
    match nal::kind(unit) {
        nal::VPS => bits.read(4),
        nal::SPS => Sps::parse(unit).map(|sps| sps.number),
        _ => bits.golomb(),
    }
}

fn damaged(what: &'static str) -> CodecError {
    CodecError::new(CodecErrorKind::Damaged, what)
}

fn too_large() -> CodecError {
    CodecError::new(CodecErrorKind::TooLong, "the picture is larger than any real one")
}
