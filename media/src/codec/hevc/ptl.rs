//! Profile, tier and level (ITU-T H.265, 7.3.3): skipping those of sub-layers, and writing the general ones for playlists.

use std::fmt::Write as _;

use crate::codec::bits::BitReader;
use crate::codec::error::CodecError;

/// Profile space, tier, profile, compatibility flags, constraints and level: as parameter sets and `hvcC` have them.
pub(super) const GENERAL_BYTES: usize = 12;

/// Reads the general part, and over that of `sub_layers` sub-layers.
pub(super) fn read(bits: &mut BitReader<'_>, sub_layers: u32) -> Result<[u8; GENERAL_BYTES], CodecError> {
    let mut general = [0; GENERAL_BYTES];
    for byte in &mut general {
        *byte = bits.read(8)? as u8;
    }
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push([bits.flag()?, bits.flag()?]);
    }
    if sub_layers > 0 {
        for _ in sub_layers..8 {
            bits.read(2)?; // reserved_zero_2bits
        }
    }
    for [profile, level] in present {
        if profile {
            bits.read(32)?;
            bits.read(32)?;
            bits.read(24)?;
        }
        if level {
            bits.read(8)?;
        }
    }
    Ok(general)
}

/// `hvc1.` with profile, compatibility flags from the last to the first, tier and level, and those constraint bytes up to
/// the last that is not zero (ISO/IEC 14496-15, E.3).
pub(super) fn codec_string(general: &[u8]) -> String {
    let space = ["", "A", "B", "C"][usize::from(general[0] >> 6)];
    let tier = if general[0] & 0x20 == 0 { 'L' } else { 'H' };
    let profile = general[0] & 0x1f;
    let flags = u32::from_be_bytes([general[1], general[2], general[3], general[4]]).reverse_bits();
    let level = general[11];
    let mut text = format!("hvc1.{space}{profile}.{flags:X}.{tier}{level}");
    let constraints = &general[5..11];
    let used = constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    for byte in &constraints[..used] {
        let _ = write!(text, ".{byte:X}");
    }
    text
}
