//! What the lane can afford, decided by its backlog: the span of received video that it has not begun yet.
//!
//! Pure: no clock, no queue. The order of degradation is fixed:
//!
//! 1. relaxed: every picture goes through the net;
//! 2. strained: single pictures, evenly spread, are upsampled plainly; the further behind, the more of them. A net
//!    that takes 1.3 frame times settles at every fourth picture or so, instead of swinging between all and nothing;
//! 3. beyond [`Limits::plain`]: every picture is upsampled plainly;
//! 4. beyond [`Limits::skip`]: everything up to the next keyframe is dropped.
//!
//! Relaxed and strained have different thresholds, so that a single late packet changes nothing.

use media::time::MediaTime;

/// What happens to the next coded picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// It is decoded.
    Decode,
    /// It is dropped with everything up to the next keyframe.
    SkipToKey,
}

/// How a decoded picture becomes large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Plain upsampling and the net's residual.
    Net,
    /// Plain upsampling alone.
    Plain,
}

/// The backlogs at which the lane changes its ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Strained becomes relaxed below this.
    pub relaxed: MediaTime,
    /// Relaxed becomes strained above this.
    pub strained: MediaTime,
    /// No net above this.
    pub plain: MediaTime,
    /// On to the next keyframe above this.
    pub skip: MediaTime,
}

impl Limits {
    /// For pictures that stand this long. A backlog of a few pictures is no overload, however long they stand; publishers
    /// send in bursts of a few hundred milliseconds; and the second stage takes up to three quarters of `strained` at once.
    pub fn for_frames_of(frame: MediaTime) -> Self {
        let strained = MediaTime::from_millis(400).max(frame * 4);
        Self {
            relaxed: strained / 3,
            strained,
            plain: strained * 3,
            skip: (strained * 6).max(MediaTime::from_millis(2000)),
        }
    }
}

/// The state machine.
#[derive(Debug, Default)]
pub struct Pace {
    strained: bool,
    /// Share of a picture's net that is saved up, 0 to 1.
    credit: f64,
}

impl Pace {
    /// Before a coded picture is decoded. `key_waits`: there is a keyframe in the queue to go on with.
    pub fn intake(&self, backlog: MediaTime, limits: Limits, key_waits: bool) -> Intake {
        if backlog > limits.skip && key_waits { Intake::SkipToKey } else { Intake::Decode }
    }

    /// Before a decoded picture is made large.
    pub fn treatment(&mut self, backlog: MediaTime, limits: Limits) -> Treatment {
        self.strained = if self.strained { backlog >= limits.relaxed } else { backlog > limits.strained };
        if !self.strained {
            self.credit = 0.0;
            return Treatment::Net;
        }
        let span = (limits.plain - limits.relaxed).as_secs_f64();
        let share = ((limits.plain - backlog).as_secs_f64() / span).clamp(0.0, 1.0);
        self.credit += share;
        if self.credit >= 1.0 {
            self.credit -= 1.0;
            Treatment::Net
        } else {
            Treatment::Plain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: MediaTime = MediaTime::from_millis(40);

    fn limits() -> Limits {
        Limits::for_frames_of(FRAME)
    }

    fn millis(millis: i64) -> MediaTime {
        MediaTime::from_millis(millis)
    }

    #[test]
    fn a_lane_that_keeps_up_uses_the_net_on_every_picture() {
        let mut pace = Pace::default();
        for backlog in [0, 40, 80, 400, 0] {
            assert_eq!(pace.treatment(millis(backlog), limits()), Treatment::Net, "{backlog}");
        }
    }

    #[test]
    fn straining_begins_high_and_ends_low() {
        let mut pace = Pace::default();
        assert_eq!(pace.treatment(millis(401), limits()), Treatment::Plain);
        assert!(pace.strained);
        pace.treatment(millis(150), limits());
        assert!(pace.strained);
        assert_eq!(pace.treatment(millis(132), limits()), Treatment::Net);
        assert!(!pace.strained);
    }

    #[test]
    fn far_behind_nothing_goes_through_the_net_and_further_pictures_are_skipped() {
        let mut pace = Pace::default();
        assert!((0..50).all(|_| pace.treatment(millis(1200), limits()) == Treatment::Plain));
        assert_eq!(pace.intake(millis(2300), limits(), true), Intake::Decode);
        assert_eq!(pace.intake(millis(2401), limits(), true), Intake::SkipToKey);
        assert_eq!(pace.intake(millis(9000), limits(), false), Intake::Decode);
    }

    #[test]
    fn slow_streams_have_room_for_a_few_pictures() {
        let limits = Limits::for_frames_of(millis(500));
        assert_eq!(Pace::default().treatment(millis(1500), limits), Treatment::Net);
        assert_eq!(Pace::default().intake(millis(3000), limits, true), Intake::Decode);
    }

    const FRAMES: i64 = 3000;

    /// A lane in which a picture takes `plain` ms, and `net` ms more with the net; frames come every 40 ms.
    fn simulate(net: i64, plain: i64) -> (f64, i64, i64) {
        let (mut pace, mut now, mut enhanced, mut worst, mut longest_run, mut run) =
            (Pace::default(), 0, 0, 0, 0, 0);
        for frame in 0..FRAMES {
            now = now.max(frame * 40);
            let backlog = now - frame * 40;
            worst = worst.max(backlog);
            let treatment = pace.treatment(millis(backlog), limits());
            now += plain;
            if treatment == Treatment::Net {
                (now, enhanced, run) = (now + net, enhanced + 1, 0);
            } else {
                run += 1;
                longest_run = longest_run.max(run);
            }
        }
        (enhanced as f64 / FRAMES as f64, worst, longest_run)
    }

    #[test]
    fn an_overloaded_lane_settles_where_it_keeps_up_with_single_plain_pictures() {
        // 8 ms + 45 ms against 40 ms: 71 % of the pictures fit.
        let (share, worst, longest_run) = simulate(45, 8);
        assert!((0.65..0.75).contains(&share), "{share}");
        assert!(worst < 600, "{worst}");
        assert!(longest_run <= 2, "{longest_run}");
        // Ten times too heavy: some still fit, and the backlog stays below the limit of skipping.
        let (share, worst, _) = simulate(400, 8);
        assert!((0.03..0.1).contains(&share) && worst < 1500, "{share} {worst}");
        // Room for everything.
        assert_eq!(simulate(25, 8), (1.0, 0, 0));
    }
}
