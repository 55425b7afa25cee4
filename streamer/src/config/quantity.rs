//! Sizes and times as they are typed.

use std::str::FromStr;
use std::time::Duration;

use api::Invalid;
use media::picture::Size;

/// A size that H.264 in 4:2:0 can have, typed as `480x270`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoSize(Size);

impl VideoSize {
    /// Shortest side: one macroblock.
    pub const SHORTEST: u32 = 16;

    /// This size, if it can be coded.
    pub fn new(size: Size) -> Result<Self, Invalid> {
        let fits = |side: u32| side.is_multiple_of(2) && (Self::SHORTEST..=Size::MAX_SIDE).contains(&side);
        if fits(size.width) && fits(size.height) {
            Ok(Self(size))
        } else {
            Err(Invalid::new(format!(
                "{size} cannot be coded: both sides must be even, between {} and {}",
                Self::SHORTEST,
                Size::MAX_SIDE
            )))
        }
    }

    pub fn size(self) -> Size {
        self.0
    }
}

impl FromStr for VideoSize {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::new(text.parse().map_err(|_| Invalid::new("write a size as WIDTHxHEIGHT, such as 480x270"))?)
    }
}

/// A span of time above zero, typed as seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, Invalid> {
    match text.parse::<f64>().ok().map(Duration::try_from_secs_f64) {
        Some(Ok(span)) if !span.is_zero() => Ok(span),
        _ => Err(Invalid::new("write a time as seconds above zero, such as 90 or 2.5")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_can_be_coded() {
        assert_eq!("480x270".parse::<VideoSize>().unwrap().size(), Size { width: 480, height: 270 });
        for text in ["480", "x", "480x", "480x270x3", "-480x270"] {
            let refused = text.parse::<VideoSize>().unwrap_err().to_string();
            assert!(refused.starts_with("write a size"), "{text}: {refused}");
        }
        for text in ["481x270", "480x271", "8x8", "0x0", "99998x2"] {
            assert!(text.parse::<VideoSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_above_zero() {
        assert_eq!(seconds("2.5"), Ok(Duration::from_millis(2500)));
        for text in ["0", "-1", "soon", "inf", "NaN", "1e300"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
