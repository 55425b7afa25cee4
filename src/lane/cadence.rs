//! How long a picture stands, measured where the stream does not say so itself.

use std::collections::VecDeque;

use media::picture::FrameRate;
use media::time::MediaTime;

/// Decode times that are remembered: about a second.
const REMEMBERED: usize = 32;

/// Frame rates that are believed.
const BELIEVED: std::ops::RangeInclusive<f64> = 1.0..=240.0;

/// What is assumed while nothing is known.
const USUAL: FrameRate = FrameRate { num: 30, den: 1 };

/// Frame rates that streams have; a measured one is rounded to a near one.
const COMMON: [FrameRate; 9] = [
    FrameRate { num: 10, den: 1 },
    FrameRate { num: 15, den: 1 },
    FrameRate { num: 20, den: 1 },
    FrameRate { num: 24, den: 1 },
    FrameRate { num: 25, den: 1 },
    FrameRate { num: 30, den: 1 },
    FrameRate { num: 48, den: 1 },
    FrameRate { num: 50, den: 1 },
    FrameRate { num: 60, den: 1 },
];

/// The frame rate of a track, from its headers or its last decode times.
#[derive(Debug)]
pub struct Cadence {
    times: VecDeque<MediaTime>,
    stated: Option<FrameRate>,
    measured: Option<FrameRate>,
}

impl Default for Cadence {
    fn default() -> Self {
        Self { times: VecDeque::with_capacity(REMEMBERED), stated: None, measured: None }
    }
}

impl Cadence {
    /// What the stream's headers say, if they say something believable.
    pub fn state(&mut self, rate: Option<FrameRate>) {
        self.stated = rate.filter(|rate| BELIEVED.contains(&rate.as_f64()));
    }

    /// Notes the next picture's decode time.
    pub fn note(&mut self, dts: MediaTime) {
        if self.times.back().is_some_and(|last| *last >= dts) {
            // Another publisher, or a jump: a step backwards says nothing of the rate.
            self.times.clear();
        }
        if self.times.len() == REMEMBERED {
            self.times.pop_front();
        }
        self.times.push_back(dts);
        // Here, once a picture, and not where it is asked for.
        self.measured = self.measure();
    }

    /// The frame rate as stated, else as measured, else the usual one.
    pub fn rate(&self) -> FrameRate {
        self.stated.or(self.measured).unwrap_or(USUAL)
    }

    /// How long a picture stands.
    pub fn frame(&self) -> MediaTime {
        self.rate().frame_duration()
    }

    /// From the median step, which neither dropped pictures nor a pause move.
    fn measure(&self) -> Option<FrameRate> {
        let mut steps = [0; REMEMBERED];
        let count = self.times.len().checked_sub(1)?;
        let pairs = self.times.iter().zip(self.times.iter().skip(1));
        for (step, (before, after)) in steps.iter_mut().zip(pairs) {
            *step = (*after - *before).ticks();
        }
        let steps = &mut steps[..count];
        steps.sort_unstable();
        let median = *steps.get(count / 2)?;
        let rate = MediaTime::HZ as f64 / median.max(1) as f64;
        // RTMP's stamps are whole milliseconds: 33 of them are meant to be 1/30 s.
        let near = COMMON.into_iter().find(|common| (rate / common.as_f64() - 1.0).abs() < 0.02);
        near.or_else(|| {
            BELIEVED.contains(&rate).then_some(FrameRate { num: (rate * 1000.0) as u32, den: 1000 })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cadence(millis: impl IntoIterator<Item = i64>) -> Cadence {
        let mut cadence = Cadence::default();
        millis.into_iter().for_each(|millis| cadence.note(MediaTime::from_millis(millis)));
        cadence
    }

    #[test]
    fn millisecond_stamps_give_the_common_rate() {
        assert_eq!(cadence((0..30).map(|i| i * 1000 / 24)).rate().to_string(), "24");
        assert_eq!(cadence((0..30).map(|i| i * 1000 / 30)).rate().to_string(), "30");
        let sixty = cadence((0..30).map(|i| i * 1000 / 60)).rate().as_f64();
        assert!((58.0..62.0).contains(&sixty), "{sixty}");
    }

    #[test]
    fn gaps_do_not_matter_and_nothing_known_is_the_usual() {
        assert_eq!(cadence([0, 40, 80, 500, 540, 580, 620]).rate().to_string(), "25");
        assert_eq!(cadence([]).rate(), USUAL);
        assert_eq!(cadence([5]).rate(), USUAL);
        assert_eq!(cadence([0, 60_000]).rate(), USUAL);
    }

    #[test]
    fn what_is_stated_counts_if_it_is_believable() {
        let mut cadence = cadence((0..30).map(|i| i * 40));
        cadence.state(Some(FrameRate { num: 50, den: 1 }));
        assert_eq!(cadence.rate().to_string(), "50");
        cadence.state(Some(FrameRate { num: 90_000, den: 1 }));
        assert_eq!(cadence.rate().to_string(), "25");
    }
}
