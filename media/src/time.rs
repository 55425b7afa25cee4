//! The one time type: ticks of 90 kHz, as MPEG has them.
//!
//! Every instant on a stream's timeline and every span between two instants is a [`MediaTime`]. The tick is fine
//! enough for every common frame rate and divides a millisecond (RTMP's unit) evenly, so nothing drifts on the way
//! from a publisher's clock to a playlist. Arithmetic saturates: a hostile timestamp is wrong, never a panic.

use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};
use std::time::Duration;

/// An instant on a stream's timeline, or the span between two of them; negative spans are ordinary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(i64);

const TICKS_PER_MILLI: i64 = MediaTime::HZ / 1_000;
const NANOS_PER_SECOND: i128 = 1_000_000_000;

impl MediaTime {
    /// The beginning of a timeline, and the empty span.
    pub const ZERO: Self = Self(0);
    /// Ticks per second.
    pub const HZ: i64 = 90_000;

    pub const fn from_ticks(ticks: i64) -> Self {
        Self(ticks)
    }

    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// From milliseconds; exact unless it saturates.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(TICKS_PER_MILLI))
    }

    /// As milliseconds, rounded to the nearest (halves upwards).
    pub const fn as_millis(self) -> i64 {
        self.0.saturating_add(TICKS_PER_MILLI / 2).div_euclid(TICKS_PER_MILLI)
    }

    /// From seconds, rounded to the nearest tick; not-a-number becomes zero, the rest saturates.
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self((seconds * Self::HZ as f64).round() as i64)
    }

    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / Self::HZ as f64
    }

    /// From a duration of the operating system, rounded down to a tick.
    pub fn from_duration(duration: Duration) -> Self {
        let ticks = duration.as_nanos().saturating_mul(Self::HZ as u128) / NANOS_PER_SECOND as u128;
        Self(i64::try_from(ticks).unwrap_or(i64::MAX))
    }

    /// As a duration of the operating system; what is negative becomes zero.
    pub fn to_duration(self) -> Duration {
        let nanos = i128::from(self.0.max(0)) * NANOS_PER_SECOND / i128::from(Self::HZ);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// From `value` units of `num / den` seconds each (a codec's or container's time base), rounded to the nearest.
    /// A time base without meaning (a zero or negative part) gives zero.
    pub fn from_time_base(value: i64, num: i32, den: i32) -> Self {
        if num <= 0 || den <= 0 {
            return Self::ZERO;
        }
        let num = i128::from(num) * i128::from(Self::HZ);
        let den = i128::from(den);
        let ticks = (i128::from(value) * num + den / 2).div_euclid(den);
        Self(ticks.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
    }

    /// The length of the span, whatever its direction.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }
}

impl fmt::Display for MediaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.as_millis();
        let sign = if millis < 0 { "-" } else { "" };
        let millis = millis.unsigned_abs();
        write!(f, "{sign}{}.{:03}s", millis / 1_000, millis % 1_000)
    }
}

impl Add for MediaTime {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for MediaTime {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for MediaTime {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl AddAssign for MediaTime {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for MediaTime {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Mul<i64> for MediaTime {
    type Output = Self;
    fn mul(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

/// Panics on division by zero, as integers do.
impl Div<i64> for MediaTime {
    type Output = Self;
    fn div(self, divisor: i64) -> Self {
        Self(self.0.saturating_div(divisor))
    }
}

impl std::iter::Sum for MediaTime {
    fn sum<I: Iterator<Item = Self>>(times: I) -> Self {
        times.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shows_seconds_with_millis() {
        assert_eq!(MediaTime::from_millis(12_345).to_string(), "12.345s");
        assert_eq!(MediaTime::from_millis(-1_005).to_string(), "-1.005s");
        assert_eq!(MediaTime::from_ticks(-1).to_string(), "0.000s");
    }

    #[test]
    fn rescales_like_a_container() {
        assert_eq!(MediaTime::from_time_base(1, 1, 24), MediaTime::from_ticks(3_750));
        assert_eq!(MediaTime::from_time_base(1_001, 1, 30_000), MediaTime::from_ticks(3_003));
        assert_eq!(MediaTime::from_time_base(-1_024, 1, 48_000), MediaTime::from_ticks(-1_920));
        assert_eq!(MediaTime::from_time_base(7, 0, 1), MediaTime::ZERO);
    }

    proptest! {
        #[test]
        fn milliseconds_survive(millis in -(1_i64 << 40)..(1_i64 << 40)) {
            prop_assert_eq!(MediaTime::from_millis(millis).as_millis(), millis);
        }

        #[test]
        fn arithmetic_never_panics(a: i64, b: i64, seconds: f64) {
            let (x, y) = (MediaTime::from_ticks(a), MediaTime::from_ticks(b));
            let _ = (x + y, x - y, -x, x * b, x.abs(), x.as_millis(), x.to_duration(), x.to_string());
            let _ = (MediaTime::from_secs_f64(seconds), MediaTime::from_millis(a));
            if b != 0 { let _ = x / b; }
        }

        #[test]
        fn durations_survive_to_a_tick(ticks in 0..(1_i64 << 50)) {
            let time = MediaTime::from_ticks(ticks);
            let error = time - MediaTime::from_duration(time.to_duration());
            prop_assert!((0..=1).contains(&error.ticks()));
        }
    }
}
