//! Sizes and times as they are typed.

use std::time::Duration;

use api::Invalid;
use media::picture::Size;

/// Shortest side: one macroblock.
const SHORTEST: u32 = 16;

/// This size, if H.264 in 4:2:0 can have it.
pub fn codable(size: Size) -> Result<Size, Invalid> {
    let fits = |side: u32| side.is_multiple_of(2) && (SHORTEST..=Size::MAX_SIDE).contains(&side);
    if fits(size.width) && fits(size.height) {
        return Ok(size);
    }
    Err(Invalid::new(format!(
        "{size} cannot be coded: both sides must be even, between {SHORTEST} and {}",
        Size::MAX_SIDE
    )))
}

/// A size that can be coded, typed as `480x270`.
pub fn size(text: &str) -> Result<Size, Invalid> {
    codable(text.parse().map_err(|_| Invalid::new("write a size as WIDTHxHEIGHT, such as 480x270"))?)
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
        assert_eq!(size("480x270").unwrap(), Size { width: 480, height: 270 });
        for text in ["480", "x", "480x", "480x270x3", "-480x270"] {
            let refused = size(text).unwrap_err().to_string();
            assert!(refused.starts_with("write a size"), "{text}: {refused}");
        }
        for text in ["481x270", "480x271", "8x8", "0x0", "99998x2"] {
            assert!(size(text).is_err(), "{text}");
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
