//! Reads codec headers bit by bit, most significant first. It never reads past the end and never panics.

use super::error::{CodecError, CodecErrorKind};

/// Longest run of zeros in front of an Exp-Golomb code: 32-bit values need no more.
const MAX_GOLOMB_ZEROS: u32 = 31;

pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Bits read so far.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn flag(&mut self) -> Result<bool, CodecError> {
        let byte = self.bytes.get(self.position / 8).ok_or_else(ends_early)?;
        let bit = byte >> (7 - self.position % 8) & 1;
        self.position += 1;
        Ok(bit == 1)
    }

    /// An unsigned number of `count` bits, at most 32.
    pub(super) fn read(&mut self, count: u32) -> Result<u32, CodecError> {
        debug_assert!(count <= 32);
        (0..count).try_fold(0_u32, |value, _| Ok(value << 1 | u32::from(self.flag()?)))
    }

    /// An unsigned Exp-Golomb code, `ue(v)`.
    pub(super) fn golomb(&mut self) -> Result<u32, CodecError> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > MAX_GOLOMB_ZEROS {
                return Err(ends_early());
            }
        }
        Ok((1_u32 << zeros) - 1 + self.read(zeros)?)
    }

    /// A signed Exp-Golomb code, `se(v)`.
    pub(super) fn signed_golomb(&mut self) -> Result<i32, CodecError> {
        let code = i64::from(self.golomb()?);
        let value = if code % 2 == 1 { (code + 1) / 2 } else { -(code / 2) };
        i32::try_from(value).map_err(|_| ends_early())
    }
}

/// The header ended in the middle of a field, or a field was longer than its type.
fn ends_early() -> CodecError {
    CodecError::new(CodecErrorKind::Truncated, "ends too early")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_exp_golomb_codes() {
        // 1 | 010 | 011 | 00100 | 00101 | padding
        let mut bits = BitReader::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let values: Vec<_> = (0..5).map(|_| bits.golomb().unwrap()).collect();
        assert_eq!(values, [0, 1, 2, 3, 4]);
        let mut bits = BitReader::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let values: Vec<_> = (0..5).map(|_| bits.signed_golomb().unwrap()).collect();
        assert_eq!(values, [0, 1, -1, 2, -2]);
    }

    #[test]
    fn ends_without_a_panic() {
        assert_eq!(BitReader::new(&[0; 8]).golomb(), Err(ends_early()));
        assert_eq!(BitReader::new(&[]).flag(), Err(ends_early()));
        let mut widest = BitReader::new(&[0, 0, 0, 1, 255, 255, 255, 255]);
        assert_eq!(widest.golomb(), Ok(u32::MAX - 1));
    }
}
