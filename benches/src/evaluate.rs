//! Picture quality: what a viewer gets of a thin stream with each method, against what the same bits give when the
//! large picture is coded directly.
//!
//! Every figure is of the real bitstream: originals are scaled down and coded by the streamer's own encoder path, decoded
//! as the server does, made large by each method, and compared with the originals as rounded code values. Direct coding
//! gets the bits that the low-resolution stream really took.
//!
//! | module | job |
//! |---|---|
//! | [`footage`] | clips, and what encoder and decoder make of them |
//! | [`runs`] | which pictures are measured |
//! | [`method`] | what makes them large: the seam for other methods |
//! | [`score`], [`vmaf`] | figures of the measured pictures |
//! | [`rows`], [`bd_rate`], [`crossover`] | figures of the figures |
//! | [`report`], [`plot`], [`crops`] | for reading and looking |

pub mod bd_rate;
pub mod crops;
pub mod crossover;
pub mod footage;
pub mod method;
pub mod plot;
pub mod report;
pub mod rows;
pub mod runs;
pub mod score;
pub mod vmaf;

use std::ops::Range;
use std::time::Duration;

use anyhow::{Result, ensure};
use media::Picture;

use crate::percentile;
use footage::{Clip, Coded};
use method::{Enlarged, Method};
use rows::Row;
use runs::Runs;
use score::{Score, Tally};
use vmaf::{Originals, Vmaf};

/// The reference that gains are over, and the one that everybody knows.
pub const PLAIN: &str = "Lanczos";
/// The baseline of the literature.
pub const BICUBIC: &str = "bicubic";
/// The large picture coded at the same bits.
pub const DIRECT: &str = "direct";

/// What to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Bitrates of the low-resolution stream, in bit/s.
    pub bitrates: Vec<u32>,
    /// Which pictures of a clip.
    pub runs: Runs,
}

/// All rows of one clip.
pub fn evaluate(
    clip: &Clip,
    plan: &Plan,
    methods: &mut [Box<dyn Method>],
    vmaf: Option<&Vmaf>,
) -> Result<Vec<Row>> {
    let ruler = Ruler::new(clip, plan.runs, vmaf)?;
    let mut rows = Vec::new();
    for &wanted in &plan.bitrates {
        let thin = clip.code(clip.half()?, wanted)?;
        let direct = clip.code(clip.size()?, thin.bitrate.round() as u32)?;
        let row = |method: &str, bitrate, figures: Figures, time| Row {
            clip: clip.name.clone(),
            wanted,
            bitrate,
            method: method.to_owned(),
            score: figures.score,
            vmaf: figures.vmaf,
            time,
        };
        for method in &mut *methods {
            let figures = ruler.measure(&thin, |decoded, wanted| method.enlarge(decoded, wanted))?;
            let time = figures.time;
            rows.push(row(method.name(), thin.bitrate, figures, Some(time)));
        }
        let figures =
            ruler.measure(&direct, |decoded, wanted| method::each(&decoded[wanted], |p| Ok(p.clone())))?;
        rows.push(row(DIRECT, direct.bitrate, figures, None));
    }
    Ok(rows)
}

/// Compares with a clip's originals.
struct Ruler<'a> {
    clip: &'a Clip,
    runs: Vec<Range<usize>>,
    vmaf: Option<Originals>,
}

struct Figures {
    score: Score,
    vmaf: Option<f64>,
    time: Duration,
}

impl<'a> Ruler<'a> {
    fn new(clip: &'a Clip, runs: Runs, vmaf: Option<&Vmaf>) -> Result<Self> {
        let runs: Vec<_> = runs.of(clip.pictures.len()).collect();
        ensure!(!runs.is_empty(), "{} is too short: give a clip of two pictures at least", clip.name);
        let originals = || runs.iter().flat_map(|run| &clip.pictures[run.clone()]);
        let vmaf = vmaf.map(|vmaf| vmaf.originals(originals())).transpose()?;
        Ok(Self { clip, runs, vmaf })
    }

    fn measure(
        &self,
        coded: &Coded,
        mut enlarge: impl FnMut(&[Picture], Range<usize>) -> Result<Enlarged>,
    ) -> Result<Figures> {
        let (mut tally, mut seconds, mut shown) = (Tally::default(), Vec::new(), Vec::new());
        for run in &self.runs {
            let enlarged = enlarge(&coded.pictures, run.clone())?;
            let (made, wanted) = (enlarged.pictures.len(), run.len());
            ensure!(made == wanted, "a method made {made} pictures of {wanted}");
            tally.add_run(&enlarged.pictures, &self.clip.pictures[run.clone()]);
            seconds.push(enlarged.time.as_secs_f64());
            shown.extend(enlarged.pictures);
        }
        let vmaf = self.vmaf.as_ref().map(|originals| originals.mean_vmaf(&shown)).transpose()?;
        // Other programs disturb the mean of few runs beyond use, the median hardly.
        let time = Duration::from_secs_f64(percentile(&mut seconds, 0.5));
        Ok(Figures { score: tally.score(), vmaf, time })
    }
}
