//! What H.265's NAL units hold (ITU-T H.265, 7.3.1 and table 7-1).

use crate::codec::nal;

pub(super) const BLA_FIRST: u8 = 16;
pub(super) const IRAP_LAST: u8 = 23;
pub(super) const VCL_LAST: u8 = 31;
pub(super) const VPS: u8 = 32;
pub(super) const SPS: u8 = 33;
pub(super) const PPS: u8 = 34;
const DELIMITER: u8 = 35;
const FILLER: u8 = 38;

const HEADER_BYTES: usize = 2;

/// What the NAL unit holds, by its number; of one without a whole header, 63, which is unspecified.
pub(super) fn kind(unit: &[u8]) -> u8 {
    if unit.len() < HEADER_BYTES { 63 } else { unit[0] >> 1 & 0x3f }
}

/// A part of the base layer, and not of one that only some decoders know.
pub(super) fn is_base_layer(unit: &[u8]) -> bool {
    matches!(unit, [first, second, ..] if first & 1 == 0 && second >> 3 == 0)
}

/// A slice.
pub(super) fn is_slice(kind: u8) -> bool {
    kind <= VCL_LAST
}

/// A slice of a picture that decoding can start with.
pub(super) fn is_random_access(kind: u8) -> bool {
    (BLA_FIRST..=IRAP_LAST).contains(&kind)
}

/// A slice that begins a picture.
pub(super) fn is_first_slice(unit: &[u8]) -> bool {
    is_slice(kind(unit)) && unit.get(HEADER_BYTES).is_some_and(|byte| byte & 0x80 != 0)
}

/// Neither carried by the configuration, nor said by the container, nor padding.
pub(super) fn belongs_into_pictures(kind: u8) -> bool {
    !matches!(kind, VPS | SPS | PPS | DELIMITER | FILLER)
}

/// A NAL unit without its header and without emulation prevention.
pub(super) fn payload(unit: &[u8]) -> Vec<u8> {
    nal::payload(unit, HEADER_BYTES)
}
