//! Rates, sizes and times as they are typed.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use media::picture::Size;
use thiserror::Error;

/// Text that is no quantity; the message says what would be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// Not a bitrate.
    #[error("write a bitrate as a number of bits a second with k or M behind it, such as 600k or 1.5M")]
    Bitrate,
    /// A bitrate that no video has.
    #[error("{0} is not between {low} and {high}, between which video can be coded", low = Bitrate::LOWEST, high = Bitrate::HIGHEST)]
    BitrateRange(Bitrate),
    /// Not a size.
    #[error("write a size as WIDTHxHEIGHT, such as 480x270")]
    Size,
    /// A size that cannot be coded.
    #[error("{0} cannot be coded: both sides must be even, between {low} and {high}", low = VideoSize::SHORTEST, high = Size::MAX_SIDE)]
    SizeRange(Size),
    /// Not a time.
    #[error("write a time as seconds above zero, such as 90 or 2.5")]
    Seconds,
}

/// Bits a second, typed as `600k`, `1.5M` or `600000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bitrate(u32);

impl Bitrate {
    /// Less than the packets' headers take at usual frame rates.
    pub const LOWEST: Self = Self(8_000);
    /// More than any uplink that this program is for, and well inside the encoder's 32-bit fields.
    pub const HIGHEST: Self = Self(100_000_000);

    /// Bits a second.
    pub fn bits_per_second(self) -> u32 {
        self.0
    }

    /// A part of it.
    #[must_use]
    pub fn divided_by(self, divisor: u32) -> Self {
        Self(self.0 / divisor.max(1))
    }
}

impl FromStr for Bitrate {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (number, factor) = match text.as_bytes().last() {
            Some(b'k' | b'K') => (&text[..text.len() - 1], 1e3),
            Some(b'm' | b'M') => (&text[..text.len() - 1], 1e6),
            _ => (text, 1.0),
        };
        let bits = number.parse::<f64>().map_err(|_| QuantityError::Bitrate)? * factor;
        if !(0.0..=f64::from(u32::MAX)).contains(&bits) {
            return Err(QuantityError::Bitrate);
        }
        let rate = Self(bits.round() as u32);
        if (Self::LOWEST..=Self::HIGHEST).contains(&rate) {
            Ok(rate)
        } else {
            Err(QuantityError::BitrateRange(rate))
        }
    }
}

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bits if bits >= 1_000_000 => write!(f, "{}M", f64::from(bits) / 1e6),
            bits if bits >= 1_000 => write!(f, "{}k", f64::from(bits) / 1e3),
            bits => write!(f, "{bits}"),
        }
    }
}

/// A size that H.264 in 4:2:0 can have, typed as `480x270`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoSize(Size);

impl VideoSize {
    /// Shortest side: one macroblock.
    pub const SHORTEST: u32 = 16;

    /// This size, if it can be coded.
    pub fn new(size: Size) -> Result<Self, QuantityError> {
        let fits = |side: u32| side.is_multiple_of(2) && (Self::SHORTEST..=Size::MAX_SIDE).contains(&side);
        if fits(size.width) && fits(size.height) {
            Ok(Self(size))
        } else {
            Err(QuantityError::SizeRange(size))
        }
    }

    /// Width and height.
    pub fn size(self) -> Size {
        self.0
    }
}

impl FromStr for VideoSize {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::new(text.parse().map_err(|_| QuantityError::Size)?)
    }
}

/// A span of time, typed as seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seconds(Duration);

impl Seconds {
    /// The span.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Seconds {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        match text.parse::<f64>().ok().map(Duration::try_from_secs_f64) {
            Some(Ok(span)) if !span.is_zero() => Ok(Self(span)),
            _ => Err(QuantityError::Seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitrates_as_people_write_them() {
        for (text, bits) in [("600k", 600_000), ("1.5M", 1_500_000), ("64000", 64_000), ("2m", 2_000_000)] {
            let rate: Bitrate = text.parse().unwrap();
            assert_eq!(rate.bits_per_second(), bits);
            assert_eq!(rate.to_string().parse(), Ok(rate));
        }
        for text in ["", "k", "fast", "-1k", "NaN", "inf", "1e99M", "600 k", "600kb", "é"] {
            assert_eq!(text.parse::<Bitrate>(), Err(QuantityError::Bitrate), "{text}");
        }
        assert_eq!("1k".parse::<Bitrate>(), Err(QuantityError::BitrateRange(Bitrate(1000))));
    }

    #[test]
    fn sizes_that_can_be_coded() {
        assert_eq!("480x270".parse::<VideoSize>().unwrap().size(), Size { width: 480, height: 270 });
        for text in ["480", "x", "480x", "480x270x3", "-480x270"] {
            assert_eq!(text.parse::<VideoSize>(), Err(QuantityError::Size), "{text}");
        }
        for text in ["481x270", "480x271", "8x8", "0x0", "99998x2"] {
            assert!(text.parse::<VideoSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_above_zero() {
        assert_eq!("2.5".parse::<Seconds>().unwrap().duration(), Duration::from_millis(2500));
        for text in ["0", "-1", "soon", "inf", "NaN", "1e300"] {
            assert_eq!(text.parse::<Seconds>(), Err(QuantityError::Seconds), "{text}");
        }
    }
}
