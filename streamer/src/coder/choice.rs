//! Which coder this machine can afford: the best one whose work fits into the share of the processor that was given.
//!
//! One short trial measures a coder of each kind; what its other presets cost follows from that. Figures behind the
//! ladders are in `docs/design/coding.md`.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use media::codec::VideoCodec::{self, Av1, Avc, Hevc};
use media::ffmpeg::{Coder, FfmpegError, Hardware, Preset};
use media::{FrameRate, Size};

use super::timing::Latency;
use super::transcode::Chosen;
use super::trial::{self, Cost};

/// What the thin stream is to be coded in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum CodecChoice {
    // The best that there is.
    #[default]
    Auto,
    H264,
    Hevc,
    Av1,
}

/// The share of the machine's cores that coding may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort(f64);

/// How the thin stream is to be coded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coding {
    pub codec: CodecChoice,
    pub effort: Effort,
    pub latency: Latency,
}

/// A preset beside the one that is tried: how many times its work.
type Rung = (Coder, f64);

/// Each ladder goes down from the best picture; the rung with the cost 1 is the one that is tried.
const AV1: [Rung; 4] =
    [(Coder::SvtAv1(6), 4.6), (Coder::SvtAv1(8), 2.3), (Coder::SvtAv1(10), 1.0), (Coder::SvtAv1(12), 0.5)];
const HEVC: [Rung; 3] = [
    (Coder::X265(Preset::Medium), 1.75),
    (Coder::X265(Preset::Fast), 1.55),
    (Coder::X265(Preset::Superfast), 1.0),
];
/// Slower ones earn as good as nothing at these bitrates.
const H264: [Rung; 3] = [
    (Coder::X264(Preset::Faster), 1.6),
    (Coder::X264(Preset::Veryfast), 1.0),
    (Coder::X264(Preset::Ultrafast), 0.5),
];
/// Without look-ahead, slower presets of x264 see nothing that faster ones do not.
const H264_AT_ONCE: [Rung; 2] = [(Coder::X264(Preset::Veryfast), 1.0), (Coder::X264(Preset::Ultrafast), 0.5)];

impl Default for Effort {
    fn default() -> Self {
        Self(0.5)
    }
}

impl Effort {
    /// In cores.
    pub fn cores(self) -> f64 {
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        self.0 * all as f64
    }
}

impl FromStr for Effort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let share = text.strip_suffix('%').map_or_else(
            || text.parse(),
            |percent| percent.trim().parse().map(|percent: f64| percent / 100.0),
        );
        match share {
            Ok(share) if share > 0.0 && share <= 1.0 => Ok(Self(share)),
            _ => Err("write the share of the cores that coding may take, such as 0.5 or 50%".to_owned()),
        }
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Coding {
    /// Tries what is there, for a second or so. The error, where nothing works, is that of the last coder in software: that a
    /// chip is missing is no news.
    pub fn choose(&self, size: Size, frame_rate: FrameRate) -> Result<Chosen, FfmpegError> {
        self.choose_by(|coder| trial::run(coder, size, frame_rate, self.latency))
    }

    /// What to go on with where there is no time to try: the coder at hand if it is of the kind that is wanted now, otherwise the
    /// middle of the first ladder.
    pub fn at_hand(&self, current: Chosen) -> Chosen {
        let kinds = self.kinds();
        let fits = |kind: &Kind| match kind {
            Kind::Ladder(rungs) => rungs.iter().any(|(coder, _)| *coder == current.coder),
            Kind::Chip(chip) => current.coder == Coder::Hardware(chip),
        };
        if kinds.iter().any(fits) {
            return current;
        }
        match kinds.first() {
            Some(Kind::Ladder(rungs)) => {
                Chosen { coder: rungs[(rungs.len() - 1) / 2].0, threads: current.threads }
            }
            _ => current,
        }
    }

    /// What costs less, where the one that was chosen turns out to be too slow; none where there is nothing.
    pub fn below(&self, chosen: Chosen) -> Option<Chosen> {
        let rungs = self.kinds().into_iter().flat_map(|kind| match kind {
            Kind::Ladder(rungs) => rungs,
            Kind::Chip(_) => &[],
        });
        let mut rungs = rungs.collect::<Vec<_>>().into_iter();
        // A chip that is too slow leaves software, if that was not passed over for being slower still.
        let known = rungs.clone().any(|(coder, _)| *coder == chosen.coder);
        let next = if known {
            rungs.skip_while(|(coder, _)| *coder != chosen.coder).nth(1)
        } else {
            rungs.next_back()
        };
        next.map(|(coder, _)| Chosen { coder: *coder, threads: chosen.threads })
    }

    fn choose_by(
        &self,
        mut measure: impl FnMut(Coder) -> Result<Cost, FfmpegError>,
    ) -> Result<Chosen, FfmpegError> {
        let mut last = None;
        let mut fits = None;
        for kind in self.kinds() {
            match kind.chosen(self.effort.cores(), &mut measure) {
                Ok((chosen, true)) => return Ok(chosen),
                // Too much work, but it works: the least demanding of these if nothing else does.
                Ok((chosen, false)) => fits = Some(chosen),
                Err(error) if last.is_none() || kind.is_software() => last = Some(error),
                Err(_) => {}
            }
        }
        fits.ok_or_else(|| last.unwrap_or(FfmpegError::Missing("encoder")))
    }

    /// What is tried, in this order. Software comes first: it codes a thin stream better than chips do.
    fn kinds(&self) -> Vec<Kind> {
        let at_once = self.latency == Latency::Low;
        let h264 = Kind::Ladder(if at_once { &H264_AT_ONCE } else { &H264 });
        let chips = |codec: VideoCodec| {
            Hardware::ALL.iter().filter(move |chip| chip.codec == codec && chip.is_known()).map(Kind::Chip)
        };
        let mut kinds = Vec::new();
        match self.codec {
            // Without look-ahead AV1 is no better than x264, at five times its work.
            CodecChoice::Auto if at_once => {}
            CodecChoice::Auto => {
                kinds.push(Kind::Ladder(&AV1));
                kinds.extend(chips(Av1));
            }
            CodecChoice::Av1 => {
                kinds.push(Kind::Ladder(&AV1));
                kinds.extend(chips(Av1));
                return kinds;
            }
            CodecChoice::Hevc => {
                kinds.push(Kind::Ladder(&HEVC));
                kinds.extend(chips(Hevc));
                return kinds;
            }
            CodecChoice::H264 => {}
        }
        kinds.push(h264);
        kinds.extend(chips(Avc));
        kinds
    }
}

enum Kind {
    Ladder(&'static [Rung]),
    Chip(&'static Hardware),
}

impl Kind {
    fn is_software(&self) -> bool {
        matches!(self, Self::Ladder(_))
    }

    /// The best rung that fits into so many cores, and true; or the cheapest one, and false.
    fn chosen(
        &self,
        cores: f64,
        measure: &mut impl FnMut(Coder) -> Result<Cost, FfmpegError>,
    ) -> Result<(Chosen, bool), FfmpegError> {
        match self {
            Self::Chip(chip) => {
                let coder = Coder::Hardware(chip);
                let is_fast = measure(coder)?.keeps_up();
                Ok((Chosen { coder, threads: 1 }, is_fast))
            }
            Self::Ladder(rungs) => {
                let (tried, _) =
                    rungs.iter().find(|(_, work)| (work - 1.0).abs() < f64::EPSILON).unwrap_or(&rungs[0]);
                let one = measure(*tried)?.cores;
                let affordable = rungs.iter().find(|(_, work)| work * one <= cores);
                let (coder, work) = affordable.unwrap_or(&rungs[rungs.len() - 1]);
                // A slice or a tile less is a better picture: no more threads than are needed.
                let threads = (work * one).ceil().max(1.0) as u32;
                Ok((Chosen { coder: *coder, threads }, affordable.is_some()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(codec: CodecChoice, latency: Latency, cores: f64, one: f64) -> String {
        let all = Effort(1.0).cores();
        let coding = Coding { codec, effort: Effort(cores / all), latency };
        let measure = |coder| match coder {
            Coder::Hardware(_) => Err(FfmpegError::Missing("chip")),
            _ => Ok(Cost { cores: one, speed: 1.0 / one }),
        };
        let chosen = coding.choose_by(measure).unwrap();
        format!("{} on {}", chosen.coder, chosen.threads)
    }

    #[test]
    fn the_best_that_fits_is_chosen() {
        use CodecChoice::{Auto, Av1, H264, Hevc};
        use Latency::{Low, Normal};
        let table = [
            (Auto, Normal, 1.0, 0.3, "SVT-AV1 preset 8 on 1"),
            (Auto, Normal, 8.0, 0.3, "SVT-AV1 preset 6 on 2"),
            (Auto, Normal, 1.0, 1.0, "SVT-AV1 preset 10 on 1"),
            (Auto, Normal, 1.0, 1.5, "SVT-AV1 preset 12 on 1"),
            (Auto, Low, 1.0, 0.1, "x264 veryfast on 1"),
            (Av1, Low, 1.0, 0.3, "SVT-AV1 preset 8 on 1"),
            (H264, Normal, 1.0, 0.1, "x264 faster on 1"),
            (Hevc, Normal, 1.0, 0.8, "x265 superfast on 1"),
            // Nothing fits: the cheapest of what is left.
            (Auto, Normal, 0.1, 9.0, "x264 ultrafast on 5"),
            (Av1, Normal, 0.1, 9.0, "SVT-AV1 preset 12 on 5"),
        ];
        for (codec, latency, cores, one, expected) in table {
            assert_eq!(choose(codec, latency, cores, one), expected, "{codec:?} {latency:?} {cores} {one}");
        }
    }

    #[test]
    fn what_is_at_hand_goes_on_where_it_may() {
        let chosen = Chosen { coder: Coder::SvtAv1(8), threads: 1 };
        let coding = |codec, latency| Coding { codec, effort: Effort(1.0), latency };
        let at_hand = |codec, latency| coding(codec, latency).at_hand(chosen).coder.to_string();
        assert_eq!(at_hand(CodecChoice::Auto, Latency::Normal), "SVT-AV1 preset 8");
        assert_eq!(at_hand(CodecChoice::Auto, Latency::Low), "x264 veryfast");
        assert_eq!(at_hand(CodecChoice::H264, Latency::Normal), "x264 veryfast");
    }

    #[test]
    fn what_is_too_slow_steps_down_to_the_end() {
        let coding = Coding { codec: CodecChoice::Auto, effort: Effort(1.0), latency: Latency::Normal };
        let first = Chosen { coder: Coder::SvtAv1(8), threads: 1 };
        let steps = std::iter::successors(Some(first), |chosen| coding.below(*chosen));
        let steps: Vec<_> = steps.map(|chosen| chosen.coder.to_string()).collect();
        let expected = [
            "SVT-AV1 preset 8",
            "SVT-AV1 preset 10",
            "SVT-AV1 preset 12",
            "x264 faster",
            "x264 veryfast",
            "x264 ultrafast",
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn a_chip_that_does_not_work_is_passed_over() {
        let coding = Coding { codec: CodecChoice::Hevc, effort: Effort(1.0), latency: Latency::Normal };
        let mut tried = Vec::new();
        let error = coding.choose_by(|coder| {
            tried.push(coder.to_string());
            Err(FfmpegError::Missing(if matches!(coder, Coder::Hardware(_)) { "chip" } else { "software" }))
        });
        assert!(matches!(error, Err(FfmpegError::Missing("software"))), "{error:?}");
        let chips = Hardware::ALL.iter().filter(|chip| chip.is_known() && chip.name.starts_with("hevc"));
        assert_eq!(tried.len(), 1 + chips.count(), "{tried:?}");
    }

    #[test]
    fn shares_are_written_in_two_ways() {
        assert_eq!("0.25".parse(), Ok(Effort(0.25)));
        assert_eq!("25%".parse(), Ok(Effort(0.25)));
        for wrong in ["0", "1.5", "-1", "half", "", "NaN", "150%"] {
            assert!(wrong.parse::<Effort>().is_err(), "{wrong}");
        }
    }
}
