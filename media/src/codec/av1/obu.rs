//! Open bitstream units: where each one ends and what it holds (AV1 bitstream specification, 5.3).

use bytes::Bytes;

use crate::codec::error::{CodecError, CodecErrorKind};

pub(super) const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
pub(super) const FRAME_HEADER: u8 = 3;
pub(super) const FRAME: u8 = 6;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;

/// One unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Obu<'a> {
    pub(super) kind: u8,
    /// All of it, header and size included.
    pub(super) whole: &'a [u8],
    pub(super) payload: &'a [u8],
    /// It says how long it is. The last one of a packet need not.
    pub(super) has_size: bool,
}

/// The units of a packet; ends after the first error.
pub(super) fn units(packet: &[u8]) -> impl Iterator<Item = Result<Obu<'_>, CodecError>> {
    let mut rest = packet;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let unit = take(&mut rest).ok_or_else(damaged);
        if unit.is_err() {
            rest = &[];
        }
        Some(unit)
    })
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<Obu<'a>> {
    let start = *rest;
    let (&header, mut behind) = start.split_first()?;
    if header & 0x80 != 0 {
        return None; // obu_forbidden_bit
    }
    if header & 4 != 0 {
        behind = behind.split_first()?.1; // obu_extension_header
    }
    let has_size = header & 2 != 0;
    let size = if has_size { take_leb128(&mut behind)? } else { behind.len() };
    let (payload, behind) = behind.split_at_checked(size)?;
    *rest = behind;
    let whole = &start[..start.len() - behind.len()];
    Some(Obu { kind: header >> 3 & 0xf, whole, payload, has_size })
}

/// Seven bits a byte, the lowest first (4.10.5).
fn take_leb128(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0_u64;
    for position in 0..8 {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        value |= u64::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            return u32::try_from(value).ok().map(|value| value as usize);
        }
    }
    None
}

/// The first sequence header, header and size included.
pub(super) fn sequence_header(packet: &[u8]) -> Option<&[u8]> {
    units(packet).map_while(Result::ok).find(|unit| unit.kind == SEQUENCE_HEADER).map(|unit| unit.whole)
}

/// The packet without what a container says itself: delimiters between temporal units, and padding. No copy where there
/// are none, or one at the beginning, as encoders write it.
pub fn without_delimiters(packet: &Bytes) -> Result<Bytes, CodecError> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for unit in units(packet) {
        let unit = unit?;
        if !matches!(unit.kind, TEMPORAL_DELIMITER | TILE_LIST | PADDING) {
            kept.push(unit.whole);
        }
    }
    let size: usize = kept.iter().map(|unit| unit.len()).sum();
    let tail = &packet[packet.len() - size..];
    let at_the_end = kept.first().is_none_or(|first| first.as_ptr() == tail.as_ptr());
    Ok(if at_the_end { packet.slice(packet.len() - size..) } else { kept.concat().into() })
}

fn damaged() -> CodecError {
    CodecError::new(
        CodecErrorKind::Damaged,
        "an OBU reaches past the end of its packet, or has a header that cannot be",
    )
}
