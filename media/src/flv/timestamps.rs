//! Unwraps RTMP's 32-bit millisecond timestamps, which start again every 49.7 days.

/// Follows timestamps across the wrap: each is taken for the value nearest to the one before it, so the small steps
/// back that interleaved tracks make stay small steps back.
#[derive(Debug, Default)]
pub(super) struct Unwrapper {
    last: Option<i64>,
}

impl Unwrapper {
    /// Milliseconds on a timeline that does not wrap; the first timestamp stays as it is.
    pub(super) fn unwrap(&mut self, timestamp: u32) -> i64 {
        let unwrapped = match self.last {
            None => i64::from(timestamp),
            Some(last) => {
                let step = timestamp.wrapping_sub(last as u32) as i32;
                last.saturating_add(step.into())
            }
        };
        self.last = Some(unwrapped);
        unwrapped
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn goes_on_after_the_wrap_and_tolerates_steps_back() {
        let mut times = Unwrapper::default();
        assert_eq!(times.unwrap(u32::MAX - 10), 0xffff_fff5);
        assert_eq!(times.unwrap(5), 0x1_0000_0005);
        assert_eq!(times.unwrap(u32::MAX), 0xffff_ffff);
        assert_eq!(times.unwrap(40), 0x1_0000_0028);
    }

    #[test]
    fn a_step_back_before_zero_is_negative() {
        let mut times = Unwrapper::default();
        assert_eq!([0, u32::MAX, 20].map(|time| times.unwrap(time)), [0, -1, 20]);
    }

    proptest! {
        #[test]
        fn follows_any_clock_with_small_steps(
            start: u32,
            steps in proptest::collection::vec(-5_000_i64..1_000_000_000, 1..40),
        ) {
            let mut times = Unwrapper::default();
            let mut clock = i64::from(start);
            prop_assert_eq!(times.unwrap(start), clock);
            for step in steps {
                clock += step;
                prop_assert_eq!(times.unwrap(clock as u32), clock);
            }
        }
    }
}
