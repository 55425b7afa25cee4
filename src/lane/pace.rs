//! What the lane can afford, decided by its backlog: the span of received video that it has not begun yet.
//!
//! Pure: no clock, no queue. The order of degradation is fixed:
//!
//! 1. relaxed: every picture goes through the net;
//! 2. strained: single pictures, evenly spread, are upsampled by Lanczos alone; the further behind, the more of them. A
//!    net that takes 1.3 frame times settles at every fourth picture or so, instead of swinging between all and nothing;
//! 3. far behind: every picture is upsampled by Lanczos alone;
//! 4. further still ([`skips`]): everything up to the next keyframe is dropped.
//!
//! Relaxed and strained have different thresholds, so that a single late packet changes nothing.

use media::time::MediaTime;

/// Relaxed becomes strained above this backlog, for pictures that stand for `frame`. A backlog of a few pictures is no
/// overload, however long they stand; publishers send in bursts of a few hundred milliseconds; and the temporal stage
/// takes up to three quarters of this at once.
pub fn strained(frame: MediaTime) -> MediaTime {
    MediaTime::from_millis(400).max(frame * 4)
}

/// Strained becomes relaxed below this.
fn relaxed(frame: MediaTime) -> MediaTime {
    strained(frame) / 3
}

/// No net above this.
fn too_far_for_nets(frame: MediaTime) -> MediaTime {
    strained(frame) * 3
}

/// Whether the next coded picture is dropped with everything up to the next keyframe. `key_waits`: there is one in the
/// queue to go on with.
pub fn skips(backlog: MediaTime, frame: MediaTime, key_waits: bool) -> bool {
    let limit = (strained(frame) * 6).max(MediaTime::from_millis(2000));
    backlog > limit && key_waits
}

/// Decides, picture by picture, whether the net is affordable.
#[derive(Debug, Default)]
pub struct Pace {
    strained: bool,
    /// Share of a picture's net that is saved up, 0 to 1.
    credit: f64,
}

impl Pace {
    /// Whether the next picture, which stands for `frame`, may go through the net.
    pub fn affords_net(&mut self, backlog: MediaTime, frame: MediaTime) -> bool {
        let relaxed = relaxed(frame);
        self.strained = if self.strained { backlog >= relaxed } else { backlog > strained(frame) };
        if !self.strained {
            self.credit = 0.0;
            return true;
        }
        // Credit grows by the share of pictures that may have the net at this backlog: so those that do are evenly
        // spread.
        let most = too_far_for_nets(frame);
        let share = (most - backlog).as_secs_f64() / (most - relaxed).as_secs_f64();
        self.credit += share.clamp(0.0, 1.0);
        let affordable = self.credit >= 1.0;
        if affordable {
            self.credit -= 1.0;
        }
        affordable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: MediaTime = MediaTime::from_millis(40);

    fn millis(millis: i64) -> MediaTime {
        MediaTime::from_millis(millis)
    }

    #[test]
    fn a_lane_that_keeps_up_uses_the_net_on_every_picture() {
        let mut pace = Pace::default();
        for backlog in [0, 40, 80, 400, 0] {
            assert!(pace.affords_net(millis(backlog), FRAME), "{backlog}");
        }
    }

    #[test]
    fn straining_begins_high_and_ends_low() {
        let mut pace = Pace::default();
        assert!(!pace.affords_net(millis(401), FRAME));
        assert!(pace.strained);
        pace.affords_net(millis(150), FRAME);
        assert!(pace.strained);
        assert!(pace.affords_net(millis(132), FRAME));
        assert!(!pace.strained);
    }

    #[test]
    fn far_behind_nothing_goes_through_the_net_and_further_pictures_are_skipped() {
        let mut pace = Pace::default();
        assert!((0..50).all(|_| !pace.affords_net(millis(1200), FRAME)));
        assert!(!skips(millis(2300), FRAME, true));
        assert!(skips(millis(2401), FRAME, true));
        assert!(!skips(millis(9000), FRAME, false));
    }

    #[test]
    fn slow_streams_have_room_for_a_few_pictures() {
        assert!(Pace::default().affords_net(millis(1500), millis(500)));
        assert!(!skips(millis(3000), millis(500), true));
    }

    const FRAMES: i64 = 3000;

    /// A lane in which a picture takes `lanczos` ms, and `net` ms more with the net; frames come every 40 ms.
    fn simulate(net: i64, lanczos: i64) -> (f64, i64, i64) {
        let mut pace = Pace::default();
        let mut now = 0;
        let mut enhanced = 0;
        let mut worst = 0;
        let mut longest_run = 0;
        let mut run = 0;
        for frame in 0..FRAMES {
            now = now.max(frame * 40);
            let backlog = now - frame * 40;
            worst = worst.max(backlog);
            let affordable = pace.affords_net(millis(backlog), FRAME);
            now += lanczos;
            if affordable {
                now += net;
                enhanced += 1;
                run = 0;
            } else {
                run += 1;
                longest_run = longest_run.max(run);
            }
        }
        (enhanced as f64 / FRAMES as f64, worst, longest_run)
    }

    #[test]
    fn an_overloaded_lane_settles_where_it_keeps_up_with_single_lanczos_pictures() {
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
