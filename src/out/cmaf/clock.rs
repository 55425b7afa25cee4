//! The time scale of a track inside its fragments, and the step from the stream's times to it.
//!
//! Video counts in the stream's own 90 kHz. Audio counts in samples: publishers stamp it in milliseconds, which players
//! would hear as gaps and overlaps between frames, so frames follow each other without a seam as long as the stamps
//! stay close.

use media::{AudioConfig, MediaTime};

/// How far audio stamps may be from the seamless time before we follow the stamps: two frames at 44.1 kHz. Less is
/// rounding and jitter of the publisher; more would be noticed as sound that is off the picture.
const AUDIO_TOLERANCE: MediaTime = MediaTime::from_millis(50);

/// Times beyond this (some centuries) are damage; staying below keeps sums within 64 bits.
const LATEST: i64 = 1 << 50;

/// How a track counts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::out) enum Clock {
    /// 90 kHz, as stamped.
    Video,
    /// In samples, frame after frame.
    Audio {
        /// Samples a second.
        rate: u32,
        /// Samples in a frame.
        frame: u32,
    },
}

impl Clock {
    pub(in crate::out) fn audio(config: &AudioConfig) -> Self {
        Self::Audio { rate: config.sample_rate().max(1), frame: config.frame_samples().max(1) }
    }

    /// Units of the track's time in a second.
    pub(in crate::out) fn timescale(self) -> u32 {
        match self {
            Self::Video => MediaTime::HZ as u32,
            Self::Audio { rate, .. } => rate,
        }
    }

    /// An instant of the stream in the track's units.
    pub(in crate::out) fn ticks(self, time: MediaTime) -> i64 {
        match self {
            Self::Video => time.ticks(),
            Self::Audio { rate, .. } => {
                (i128::from(time.ticks()) * i128::from(rate) / i128::from(MediaTime::HZ)) as i64
            }
        }
    }

    /// A span in the track's units as a span of the stream.
    pub(in crate::out) fn span(self, ticks: i64) -> MediaTime {
        match self {
            Self::Video => MediaTime::from_ticks(ticks),
            Self::Audio { rate, .. } => MediaTime::from_ticks(
                (i128::from(ticks) * i128::from(MediaTime::HZ) / i128::from(rate)) as i64,
            ),
        }
    }

    /// Decode time, in the track's units, of a packet stamped `dts` that follows one at `previous`: at least a unit after
    /// it. `None` if that time is taken, so that the packet must be left out.
    pub(in crate::out) fn place(self, previous: Option<i64>, dts: MediaTime) -> Option<i64> {
        let stamped = self.ticks(dts).clamp(0, LATEST);
        let Some(previous) = previous else { return Some(stamped) };
        match self {
            Self::Video => Some(stamped.max(previous + 1)),
            Self::Audio { frame, .. } => {
                let seamless = previous + i64::from(frame);
                let tolerance = self.ticks(AUDIO_TOLERANCE);
                if (stamped - seamless).abs() <= tolerance {
                    Some(seamless)
                } else if stamped > seamless {
                    Some(stamped)
                } else {
                    None
                }
            }
        }
    }

    /// Duration of a sample of which nothing else is known.
    pub(in crate::out) fn usual_duration(self) -> u32 {
        match self {
            Self::Video => MediaTime::HZ as u32 / 25,
            Self::Audio { frame, .. } => frame,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUDIO: Clock = Clock::Audio { rate: 44_100, frame: 1024 };

    #[test]
    fn audio_is_seamless_despite_millisecond_stamps() {
        let mut previous = None;
        let mut placed = Vec::new();
        for frame in 0..200_i64 {
            let Some(at) =
                AUDIO.place(previous, MediaTime::from_millis(10_000 + frame * 1024 * 1000 / 44_100))
            else {
                panic!("frame {frame} was left out")
            };
            placed.push(at);
            previous = Some(at);
        }
        assert!(placed.windows(2).all(|pair| pair[1] - pair[0] == 1024));
    }

    #[test]
    fn audio_follows_a_real_gap_and_leaves_out_an_overlap() {
        assert_eq!(AUDIO.place(Some(44_100), MediaTime::from_millis(2_000)), Some(88_200));
        assert_eq!(AUDIO.place(Some(88_200), MediaTime::from_millis(1_000)), None);
    }

    #[test]
    fn video_never_stands_still() {
        assert_eq!(Clock::Video.place(Some(900), MediaTime::from_ticks(100)), Some(901));
        assert_eq!(Clock::Video.place(None, MediaTime::from_ticks(-5)), Some(0));
    }
}
