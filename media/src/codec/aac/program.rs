//! The program config element (ISO/IEC 14496-3, 4.4.1.1): a layout of channels that no number stands for.

use crate::codec::bits::BitReader;
use crate::codec::error::CodecError;

/// What a program config element says about channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// Low-frequency ones included.
    pub(super) channels: u8,
    /// Single channels, pairs, low-frequency and coupling channels.
    pub(super) elements: u8,
    /// From its tag to its last element: byte alignment and comment follow.
    pub(super) bits: usize,
}

/// Reads the element, behind its identifier, up to what is said of channels.
pub(super) fn read(bits: &mut BitReader<'_>) -> Result<Program, CodecError> {
    const TAG: u32 = 4;
    let start = bits.position();
    bits.read(TAG)?;
    let _object_type = bits.read(2)?;
    let _rate_index = bits.read(4)?;
    let placed = bits.read(4)? + bits.read(4)? + bits.read(4)?;
    let low = bits.read(2)?;
    let associated = bits.read(3)?;
    let coupling = bits.read(4)?;
    // Mono and stereo mixdown are elements' numbers, the matrix is an index and a flag.
    for mixdown_bits in [4, 4, 3] {
        if bits.flag()? {
            bits.read(mixdown_bits)?;
        }
    }
    let mut channels = low;
    for _ in 0..placed {
        let is_pair = bits.flag()?;
        channels += 1 + u32::from(is_pair);
        bits.read(TAG)?;
    }
    for _ in 0..low + associated {
        bits.read(TAG)?;
    }
    for _ in 0..coupling {
        bits.read(1 + TAG)?;
    }
    // At most 45 pairs and 3 low-frequency channels.
    Ok(Program {
        channels: channels as u8,
        elements: (placed + low + coupling) as u8,
        bits: bits.position() - start,
    })
}
