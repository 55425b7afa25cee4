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

/// How YUV is made from RGB (MatrixCoefficients).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct YuvMatrix(pub u8);

impl YuvMatrix {
    /// High-definition television.
    pub const BT709: Self = Self(1);
    /// Not said.
    pub const UNSPECIFIED: Self = Self(2);
    /// Standard-definition television (SMPTE 170M).
    pub const BT601: Self = Self(6);
    /// Ultra-high-definition television, non-constant luminance.
    pub const BT2020: Self = Self(9);
}

/// What red, green, blue and white are (ColourPrimaries).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Primaries(pub u8);

impl Primaries {
    /// High-definition television and sRGB.
    pub const BT709: Self = Self(1);
    /// Not said.
    pub const UNSPECIFIED: Self = Self(2);
}

/// How light becomes a signal (TransferCharacteristics).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transfer(pub u8);

impl Transfer {
    /// High-definition television.
    pub const BT709: Self = Self(1);
    /// Not said.
    pub const UNSPECIFIED: Self = Self(2);
}

impl Default for YuvMatrix {
    fn default() -> Self {
        Self::UNSPECIFIED
    }
}

impl Default for Primaries {
    fn default() -> Self {
        Self::UNSPECIFIED
    }
}

impl Default for Transfer {
    fn default() -> Self {
        Self::UNSPECIFIED
    }
}

/// Everything that is said about a picture's colours; by default, nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Colour {
    /// Limited or full.
    pub range: Range,
    /// From RGB to YUV.
    pub matrix: YuvMatrix,
    /// The colours of the primaries.
    pub primaries: Primaries,
    /// From light to signal.
    pub transfer: Transfer,
}
