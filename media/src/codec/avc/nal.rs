//! What H.264's NAL units hold (ITU-T H.264, 7.3.1 and table 7-1).

use bytes::Bytes;

use crate::codec::nal;

pub use crate::codec::nal::{annex_b_units, units};

/// Kinds of NAL units, as far as they matter here.
pub const SLICE: u8 = 1;
/// Partition A of a slice, which has the slice's header.
pub const PARTITION_A: u8 = 2;
pub const IDR_SLICE: u8 = 5;
pub const SEI: u8 = 6;
pub const SPS: u8 = 7;
pub const PPS: u8 = 8;
pub const DELIMITER: u8 = 9;

const HEADER_BYTES: usize = 1;

/// What the NAL unit holds, by its number; an empty one is 0, which is unspecified.
pub fn kind(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |header| header & 0x1f)
}

/// A NAL unit without its header and without the 3 of each 0 0 3 (7.4.1.1).
pub(super) fn payload(unit: &[u8]) -> Vec<u8> {
    nal::payload(unit, HEADER_BYTES)
}

/// An Annex-B packet as length-prefixed NAL units with 4-byte lengths. Parameter sets and delimiters are left out:
/// the configuration record carries the former, the container stands for the latter.
pub fn from_annex_b(stream: &[u8]) -> Bytes {
    let wanted = |unit: &&[u8]| !matches!(kind(unit), SPS | PPS | DELIMITER);
    // Four bytes say any length.
    nal::joined(annex_b_units(stream).filter(wanted), 4).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_containers_carry_themselves_is_left_out() {
        let stream = [0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x65, 2, 3, 0, 0, 0, 1];
        assert_eq!(from_annex_b(&stream).as_ref(), [0, 0, 0, 3, 0x65, 2, 3]);
    }
}
