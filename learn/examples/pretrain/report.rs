//! What is written beside a package: how it was made, on what, and the curves. Raw material of the weights' card.

mod chart;

use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

use anyhow::Result;
use learn::Evaluation;
use models::Fingerprint;
use nets::Device;

use crate::clips::{Clip, Split};
use crate::curve::Curve;
use crate::files;

/// Points of the curve that are written as numbers, about; the drawing shows all.
const POINTS: usize = 20;

/// Something and its value.
pub(crate) struct Row {
    what: &'static str,
    value: String,
}

/// A training that came to its end.
pub(crate) struct Report<'a> {
    pub(crate) net: String,
    /// Of the file.
    pub(crate) package: Fingerprint,
    /// Of the weights, without what is said of their making: the same for every training alike.
    pub(crate) weights: Fingerprint,
    pub(crate) device: Device,
    pub(crate) facts: Vec<Row>,
    pub(crate) split: &'a Split,
    pub(crate) curve: &'a Curve,
    pub(crate) evaluation: Evaluation,
}

impl Row {
    pub(crate) fn new(what: &'static str, value: impl ToString) -> Self {
        Self { what, value: value.to_string() }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.value)
    }
}

impl Report<'_> {
    /// Writes `OUT.md` and `OUT.svg` beside the package.
    pub(crate) fn write(&self, package: &Path) -> Result<()> {
        let drawing = files::beside(package, "svg");
        chart::draw(&self.curve.points, &drawing)?;
        let drawing = drawing.file_name().unwrap_or_default().to_string_lossy();
        files::write(&files::beside(package, "md"), self.text(&drawing)?.as_bytes())
    }

    fn text(&self, drawing: &str) -> Result<String> {
        let Evaluation { psnr_before, psnr_after, gain } = self.evaluation;
        let mut text = format!("# {}\n", self.net);
        writeln!(
            text,
            "Gain on sources that were not trained on: {gain:+.3} dB ({psnr_before:.3} to {psnr_after:.3} dB)."
        )?;
        writeln!(text, "\n![Curves]({drawing})\n\n| what | value |\n|---|---|")?;
        for Row { what, value } in &self.facts {
            writeln!(text, "| {what} | {value} |")?;
        }
        writeln!(text, "| device | {:?} of a machine with {} |", self.device, processor())?;
        writeln!(text, "| seconds | {:.0} |", self.curve.seconds)?;
        writeln!(
            text,
            "| package | {} |\n| weights alone | {} |",
            self.package.to_hex(),
            self.weights.to_hex()
        )?;
        writeln!(text, "\n## Data\n| clip | source | used |\n|---|---|---|")?;
        for (clips, used) in [(&self.split.learnt, "trained on"), (&self.split.judged, "judged by")] {
            for clip in clips {
                writeln!(text, "| {} | {} | {used} |", clip.name, Clip::source(clip))?;
            }
        }
        writeln!(text, "\n## Curves\n| step | loss | learning rate | gain, dB |\n|---|---|---|---|")?;
        let points = &self.curve.points;
        let every = points.len().div_ceil(POINTS).max(1);
        for point in points.iter().rev().step_by(every).collect::<Vec<_>>().into_iter().rev() {
            let (step, loss, rate, gain) = (point.step, point.loss, point.rate, point.gain);
            writeln!(text, "| {step} | {loss:.4e} | {rate:.2e} | {gain:+.3} |")?;
        }
        Ok(text)
    }
}

/// The processor, where Linux tells.
fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    line.map_or_else(|| "processor unknown".to_owned(), |(_, name)| name.to_owned())
}
