//! Sizes and frame rates.

use std::fmt;
use std::str::FromStr;

use super::turn::Turn;
use crate::time::MediaTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    /// The longest side that a picture can have: 4096 covers DCI 4K, and bounds what one decoded picture can cost
    /// (24 MiB) when a stream's header lies.
    pub const MAX_SIDE: u32 = 4096;

    #[must_use]
    pub fn scaled(self, factor: u32) -> Self {
        Self { width: self.width.saturating_mul(factor), height: self.height.saturating_mul(factor) }
    }

    /// Of a picture of this size once it is turned.
    #[must_use]
    pub fn turned(self, turn: Turn) -> Self {
        if turn.is_quarter() { Self { width: self.height, height: self.width } } else { self }
    }

    /// Whether pictures of this size can exist: neither empty nor beyond [`Size::MAX_SIDE`].
    pub fn is_supported(self) -> bool {
        let sides = 1..=Self::MAX_SIDE;
        sides.contains(&self.width) && sides.contains(&self.height)
    }

    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Reads `480x270`; only supported sizes.
impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (width, height) = text.split_once('x')?;
            Some(Self { width: width.parse().ok()?, height: height.parse().ok()? })
        };
        parse().filter(|size| size.is_supported()).ok_or_else(|| {
            let max = Self::MAX_SIDE;
            format!("{text:?} is not a size; write WIDTHxHEIGHT, such as 480x270, neither side beyond {max}")
        })
    }
}

/// Pictures per second, as a fraction: 30000/1001 is not 29.97.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRate {
    /// Pictures ...
    pub num: u32,
    /// ... in this many seconds.
    pub den: u32,
}

impl FrameRate {
    /// A whole number of pictures per second.
    pub const fn whole(pictures: u32) -> Self {
        Self { num: pictures, den: 1 }
    }

    /// The fraction in lowest terms; `None` if a part is zero or does not fit.
    pub fn reduced(num: u64, den: u64) -> Option<Self> {
        if num == 0 || den == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(num, den);
        Some(Self { num: u32::try_from(num / divisor).ok()?, den: u32::try_from(den / divisor).ok()? })
    }

    /// Pictures per second; 0 if that is undefined.
    pub fn as_f64(self) -> f64 {
        if self.den == 0 { 0.0 } else { f64::from(self.num) / f64::from(self.den) }
    }

    /// How long a picture stands, rounded to a tick; zero if that is undefined.
    pub fn frame_duration(self) -> MediaTime {
        self.time_of(1)
    }

    /// When picture number `index` begins, rounded to a tick, without drift; zero if that is undefined.
    pub fn time_of(self, index: i64) -> MediaTime {
        if self.num == 0 {
            return MediaTime::ZERO;
        }
        let num = i128::from(self.num);
        let den = i128::from(self.den);
        let ticks = (i128::from(index) * i128::from(MediaTime::HZ) * den + num / 2).div_euclid(num);
        MediaTime::from_ticks(i64::try_from(ticks).unwrap_or(i64::MAX))
    }
}

pub(super) fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 { write!(f, "{}", self.num) } else { write!(f, "{}/{}", self.num, self.den) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_they_are_read() {
        let size: Size = "480x270".parse().unwrap();
        assert_eq!(size, Size { width: 480, height: 270 });
        assert_eq!(size.to_string(), "480x270");
        assert_eq!(size.scaled(2).to_string(), "960x540");
        for bad in ["", "480", "480x", "0x270", "480x270x3", "5000x2", "-1x2", "a x b"] {
            assert!(bad.parse::<Size>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn frame_rates_do_not_drift() {
        let ntsc = FrameRate::reduced(60_000, 2_002).unwrap();
        assert_eq!(ntsc, FrameRate { num: 30_000, den: 1_001 });
        assert_eq!(ntsc.to_string(), "30000/1001");
        assert_eq!(ntsc.frame_duration().ticks(), 3_003);
        assert_eq!(FrameRate { num: 24_000, den: 1_001 }.time_of(24_000).ticks(), 1_001 * MediaTime::HZ);
        assert_eq!(FrameRate { num: 0, den: 0 }.frame_duration(), MediaTime::ZERO);
        assert_eq!(FrameRate::reduced(1, 0), None);
    }
}
