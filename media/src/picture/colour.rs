//! How samples are to be read as colours: tags that travel with every picture, in the code points of
//! ISO/IEC 23091-2 that H.264, MP4 and FFmpeg share.

/// The range that samples use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Range {
    /// Not said; the same as [`Range::Limited`] to players.
    #[default]
    Unspecified,
    /// Luma 16 to 235, as in television.
    Limited,
    /// 0 to 255, as in JPEG.
    Full,
}

/// Everything that is said about a picture's colours; by default, nothing. Streams may hold any code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour {
    pub range: Range,
    /// How YUV is made from RGB (MatrixCoefficients).
    pub matrix: u8,
    /// What red, green, blue and white are (ColourPrimaries).
    pub primaries: u8,
    /// How light becomes a signal (TransferCharacteristics).
    pub transfer: u8,
}

impl Colour {
    /// High-definition television: matrix, primaries and transfer have the same code point.
    pub const BT709: u8 = 1;
    /// Not said; the same code point in all three.
    pub const UNSPECIFIED: u8 = 2;
    /// The matrix of standard-definition television (SMPTE 170M).
    pub const BT601_MATRIX: u8 = 6;
    /// The matrix of ultra-high-definition television, non-constant luminance.
    pub const BT2020_MATRIX: u8 = 9;
}

impl Default for Colour {
    fn default() -> Self {
        Self {
            range: Range::Unspecified,
            matrix: Self::UNSPECIFIED,
            primaries: Self::UNSPECIFIED,
            transfer: Self::UNSPECIFIED,
        }
    }
}
