//! Unwraps RTMP's 32-bit millisecond timestamps, which start again every 49.7 days.

/// Milliseconds on a timeline that does not wrap; the first timestamp stays as it is. Each is taken for the value nearest
/// to the `last` one, so the small steps back that interleaved tracks make stay small steps back.
pub(super) fn unwrap(timestamp: u32, last: &mut Option<i64>) -> i64 {
    let unwrapped = match *last {
        None => i64::from(timestamp),
        Some(last) => {
            let step = timestamp.wrapping_sub(last as u32) as i32;
            last.saturating_add(step.into())
        }
    };
    *last = Some(unwrapped);
    unwrapped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn goes_on_after_the_wrap_and_tolerates_steps_back() {
        let mut last = None;
        assert_eq!(unwrap(u32::MAX - 10, &mut last), 0xffff_fff5);
        assert_eq!(unwrap(5, &mut last), 0x1_0000_0005);
        assert_eq!(unwrap(u32::MAX, &mut last), 0xffff_ffff);
        assert_eq!(unwrap(40, &mut last), 0x1_0000_0028);
    }

    #[test]
    fn a_step_back_before_zero_is_negative() {
        let mut last = None;
        assert_eq!([0, u32::MAX, 20].map(|time| unwrap(time, &mut last)), [0, -1, 20]);
    }

    proptest! {
        #[test]
        fn follows_any_clock_with_small_steps(
            start: u32,
            steps in proptest::collection::vec(-5_000_i64..1_000_000_000, 1..40),
        ) {
            let mut last = None;
            let mut clock = i64::from(start);
            prop_assert_eq!(unwrap(start, &mut last), clock);
            for step in steps {
                clock += step;
                prop_assert_eq!(unwrap(clock as u32, &mut last), clock);
            }
        }
    }
}
