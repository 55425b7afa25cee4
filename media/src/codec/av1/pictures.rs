//! Pictures out of what a publisher sends as AV1: one message, one temporal unit, as Enhanced RTMP has it.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::{Av1Config, obu};
use crate::codec::VideoConfig;
use crate::codec::bits::BitReader;
use crate::codec::coded::Coded;
use crate::codec::error::{CodecError, CodecErrorKind};
use crate::packet::{Packet, Track, Unit};

/// A larger picture is none: a keyframe of 4K at 50 Mbit/s stays below 2 MiB.
const MAX_BYTES: usize = 8 << 20;

/// Push configurations and messages, and pull units after each until none is left.
#[derive(Debug, Default)]
pub struct Pictures {
    config: Option<Arc<VideoConfig>>,
    /// The sequence header of the configuration, an OBU.
    sequence: Bytes,
    complete: VecDeque<Unit>,
}

/// What the headers of a temporal unit's frames say.
#[derive(Debug, Default)]
struct Contents {
    frames: usize,
    /// The first frame is a keyframe that is shown.
    key: bool,
    sequence: Option<Bytes>,
}

impl Pictures {
    /// Takes a sequence header in: an `av1C` record, or OBUs.
    pub fn configure(&mut self, header: Bytes) -> Result<(), CodecError> {
        if header.is_empty() {
            return Ok(());
        }
        let config = Av1Config::parse(header.clone()).or_else(|error| {
            // Some leave the record's OBUs out: each keyframe has them as well.
            if header.len() <= super::HEADER_BYTES { Err(error) } else { Av1Config::from_extradata(&header) }
        })?;
        let sequence = obu::sequence_header(&config.record()[super::HEADER_BYTES..]).unwrap_or_default();
        self.sequence = config.record().slice_ref(sequence);
        self.hand_out(config);
        Ok(())
    }

    /// Takes a message in. After an error it is lost, and nothing else.
    pub fn push(&mut self, coded: &Coded) -> Result<(), CodecError> {
        if coded.data.len() > MAX_BYTES {
            return Err(CodecError::new(CodecErrorKind::TooLong, "the picture is larger than any real one"));
        }
        let data = super::without_delimiters(&coded.data)?;
        let contents = look_into(&data)?;
        if let Some(sequence) = contents.sequence.filter(|sequence| *sequence != self.sequence) {
            self.hand_out(Av1Config::from_sequence(&sequence)?);
            self.sequence = sequence;
        }
        if contents.frames == 0 {
            return Ok(());
        }
        if self.config.is_none() {
            return Err(CodecError::new(
                CodecErrorKind::Damaged,
                "the picture came before any sequence header",
            ));
        }
        self.complete.push_back(Unit::Packet(Packet {
            track: Track::Video,
            dts: coded.dts,
            pts: coded.pts,
            key: contents.key,
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

    fn hand_out(&mut self, config: Av1Config) {
        let config = VideoConfig::Av1(config);
        if self.config.as_deref() != Some(&config) {
            let config = Arc::new(config);
            self.config = Some(Arc::clone(&config));
            self.complete.push_back(Unit::VideoConfig(config));
        }
    }
}

/// Reads the headers of a temporal unit's frames.
fn look_into(data: &Bytes) -> Result<Contents, CodecError> {
    let mut contents = Contents::default();
    for unit in obu::units(data) {
        let unit = unit?;
        match unit.kind {
            // One without its size can stand in no record.
            obu::SEQUENCE_HEADER if unit.has_size => contents.sequence = Some(data.slice_ref(unit.whole)),
            obu::FRAME_HEADER | obu::FRAME => {
                if contents.frames == 0 {
                    contents.key = is_shown_key(unit.payload)?;
                }
                contents.frames += 1;
            }
            _ => {}
        }
    }
    Ok(contents)
}

/// Whether a frame is one that decoding can start with and that is shown at once (5.9.2).
fn is_shown_key(frame: &[u8]) -> Result<bool, CodecError> {
    const KEY_FRAME: u32 = 0;
    let mut bits = BitReader::new(frame);
    let shows_existing = bits.flag()?;
    Ok(!shows_existing && bits.read(2)? == KEY_FRAME && bits.flag()?)
}
