//! Bitrates as people write them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::Invalid;

const WRITTEN: &str =
    "write a bitrate as a number of bits a second with k or M behind it, such as 600k or 1.5M";

/// Bits a second, written as `600k`, `1.5M` or `600000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Bitrate(u32);

impl Bitrate {
    /// Less than the packets' headers take at usual frame rates.
    pub const LOWEST: Self = Self(8_000);
    /// More than any stream that the programs are for, and well inside the encoder's 32-bit fields.
    pub const HIGHEST: Self = Self(200_000_000);

    /// A rate that the program itself chooses; kept within what may be written.
    pub const fn new(bits_per_second: u32) -> Self {
        match bits_per_second {
            ..8_000 => Self::LOWEST,
            200_000_001.. => Self::HIGHEST,
            _ => Self(bits_per_second),
        }
    }

    pub fn bits_per_second(self) -> u32 {
        self.0
    }

    /// A part of it, perhaps less than [`Bitrate::LOWEST`].
    #[must_use]
    pub fn divided_by(self, divisor: u32) -> Self {
        Self(self.0 / divisor.max(1))
    }
}

impl FromStr for Bitrate {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new(WRITTEN);
        let (number, factor) = match text.as_bytes().last() {
            Some(b'k' | b'K') => (&text[..text.len() - 1], 1e3),
            Some(b'm' | b'M') => (&text[..text.len() - 1], 1e6),
            _ => (text, 1.0),
        };
        let bits = number.parse::<f64>().map_err(|_| wrong())? * factor;
        // `inf` and `NaN` are numbers to the parser of floats.
        if !(0.0..=f64::from(u32::MAX)).contains(&bits) {
            return Err(wrong());
        }
        let rate = Self(bits.round() as u32);
        if (Self::LOWEST..=Self::HIGHEST).contains(&rate) {
            return Ok(rate);
        }
        let lowest = Self::LOWEST;
        let highest = Self::HIGHEST;
        Err(Invalid::new(format!(
            "{rate} is not between {lowest} and {highest}, between which video can be coded"
        )))
    }
}

impl TryFrom<String> for Bitrate {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitrates_as_people_write_them() {
        for (text, bits) in
            [("600k", 600_000), ("1.5M", 1_500_000), ("64000", 64_000), ("2m", 2_000_000), ("8M", 8_000_000)]
        {
            let rate: Bitrate = text.parse().unwrap();
            assert_eq!(rate.bits_per_second(), bits);
            assert_eq!(rate.to_string().parse(), Ok(rate));
        }
        for text in ["", "k", "fast", "-1k", "NaN", "inf", "1e99M", "600 k", "600kb", "é", "999999M"] {
            let refused = text.parse::<Bitrate>().unwrap_err().to_string();
            assert!(refused.starts_with("write a bitrate as"), "{text}: {refused}");
        }
    }

    #[test]
    fn rates_that_no_video_has_are_refused() {
        for text in ["8", "1k", "201M"] {
            let refused = text.parse::<Bitrate>().unwrap_err().to_string();
            assert!(refused.contains("is not between 8k and 200M"), "{text}: {refused}");
        }
    }
}
