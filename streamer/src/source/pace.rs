//! Plays a recording at the speed of life: says for every timestamp how long to wait.
//!
//! The schedule is anchored once and every instant is computed from that anchor, so rounding and slow pictures
//! never add up to drift. Only after an interruption longer than [`GIVE_UP`] (a suspended machine) is it anchored anew.

use std::time::{Duration, Instant};

use media::MediaTime;

/// A picture later than this is not worth coding: the machine is overloaded, and the audience wants the present.
pub(super) const TOO_LATE: Duration = Duration::from_millis(500);
/// Behind by more than this, the missed time is let go and the schedule starts again from now.
pub(super) const GIVE_UP: Duration = Duration::from_secs(5);

/// What to do with a picture or an audio frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Its time will come after this wait.
    In(Duration),
    /// Its time is now.
    Now,
    /// Its time was too long ago (see [`TOO_LATE`]).
    Missed,
}

/// A schedule of timestamps on a clock; it begins with the first one that it is asked for.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    anchor: Option<(Instant, MediaTime)>,
}

impl Pacer {
    /// When is `time` due, seen from `now`?
    pub(super) fn due(&mut self, time: MediaTime, now: Instant) -> Due {
        let (instant, first) = *self.anchor.get_or_insert((now, time));
        let target = instant + (time - first).to_duration();
        if target > now {
            return Due::In(target - now);
        }
        match now - target {
            late if late > GIVE_UP => {
                // Playing the missed time at once would flood the server with what nobody waits for.
                self.anchor = Some((now, time));
                Due::Now
            }
            late if late > TOO_LATE => Due::Missed,
            _ => Due::Now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_pictures_do_not_add_up_to_drift() {
        let (mut pacer, start) = (Pacer::default(), Instant::now());
        let frame = MediaTime::from_ticks(3003); // 29.97 pictures a second
        assert_eq!(pacer.due(MediaTime::ZERO, start), Due::Now);
        for n in 1..10_000_i64 {
            // Every third picture takes longer than it lasts, the others are ready 5 ms before their time.
            let ready = start + (frame * n).to_duration();
            let (ready, expected) = if n % 3 == 0 {
                (ready + Duration::from_millis(15), Due::Now)
            } else {
                (ready.checked_sub(Duration::from_millis(5)).unwrap(), Due::In(Duration::from_millis(5)))
            };
            assert_eq!(pacer.due(frame * n, ready), expected, "picture {n}");
        }
    }

    #[test]
    fn waits_for_the_future_and_misses_the_past() {
        let (mut pacer, start) = (Pacer::default(), Instant::now());
        assert_eq!(pacer.due(MediaTime::from_millis(1000), start), Due::Now);
        assert_eq!(pacer.due(MediaTime::from_millis(1040), start), Due::In(Duration::from_millis(40)));
        let late = start + Duration::from_millis(40) + TOO_LATE;
        assert_eq!(pacer.due(MediaTime::from_millis(1040), late), Due::Now);
        assert_eq!(pacer.due(MediaTime::from_millis(1040), late + Duration::from_millis(1)), Due::Missed);
    }

    #[test]
    fn a_suspended_machine_starts_a_new_schedule() {
        let (mut pacer, start) = (Pacer::default(), Instant::now());
        assert_eq!(pacer.due(MediaTime::ZERO, start), Due::Now);
        let back = start + Duration::from_secs(3600);
        assert_eq!(pacer.due(MediaTime::from_millis(40), back), Due::Now);
        assert_eq!(pacer.due(MediaTime::from_millis(80), back), Due::In(Duration::from_millis(40)));
    }
}
