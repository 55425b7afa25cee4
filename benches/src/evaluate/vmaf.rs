//! VMAF (Netflix, model v0.6.1), measured by an FFmpeg that was built with libvmaf: `scripts/setup-vmaf` installs one.
//!
//! Nothing else is taken from that program; PSNR and SSIM are [`media::quality`]'s. It sees the measured runs one after the
//! other, so that the border of two runs looks like a cut to it. That touches its motion feature, which is taken from the
//! originals, and is alike for all methods.

mod y4m;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use media::Picture;
use tempfile::TempDir;

const MODEL: &str = "vmaf_v0.6.1";
const ORIGINALS: &str = "originals.y4m";
const SHOWN: &str = "shown.y4m";
const LOG: &str = "vmaf.json";

/// The program.
#[derive(Debug)]
pub struct Vmaf {
    program: PathBuf,
}

impl Vmaf {
    /// The program at this path. Fails if it does not run, or cannot measure VMAF.
    pub fn new(program: &Path) -> Result<Self> {
        // A relative path would be looked up in the folder that the program runs in.
        let program = program.canonicalize().with_context(|| format!("no VMAF at {}", program.display()))?;
        let output = Command::new(&program)
            .args(["-hide_banner", "-filters"])
            .output()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let filters = String::from_utf8_lossy(&output.stdout);
        ensure!(
            filters.contains(" libvmaf "),
            "{} has no libvmaf; scripts/setup-vmaf gets an FFmpeg that has",
            program.display()
        );
        Ok(Self { program })
    }

    /// Writes down what pictures will be compared with.
    pub fn originals<'a>(&self, pictures: impl IntoIterator<Item = &'a Picture>) -> Result<Originals> {
        let folder = tempfile::tempdir().context("no folder for pictures")?;
        y4m::write(&folder.path().join(ORIGINALS), pictures)?;
        Ok(Originals { program: self.program.clone(), folder })
    }
}

/// Originals that pictures are compared with.
#[derive(Debug)]
pub struct Originals {
    program: PathBuf,
    folder: TempDir,
}

impl Originals {
    /// Mean VMAF of these pictures, 0 to 100, each against the original in the same place.
    pub fn mean_vmaf(&self, shown: &[Picture]) -> Result<f64> {
        let folder = self.folder.path();
        y4m::write(&folder.join(SHOWN), shown)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let filter = format!(
            "[0:v][1:v]libvmaf=model=version={MODEL}:n_threads={threads}:log_fmt=json:log_path={LOG}"
        );
        let output = Command::new(&self.program)
            .current_dir(folder)
            .args([
                "-nostdin", "-v", "error", "-i", SHOWN, "-i", ORIGINALS, "-lavfi", &filter, "-f", "null", "-",
            ])
            .output()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{} failed: {}", self.program.display(), said.trim());
        let log = std::fs::read_to_string(folder.join(LOG)).context("VMAF left no log")?;
        mean_of(&log, shown.len()).context("VMAF's log is not as expected")
    }
}

/// The mean in a log, which must be of so many pictures.
fn mean_of(log: &str, pictures: usize) -> Result<f64> {
    let log: serde_json::Value = serde_json::from_str(log)?;
    let frames = log["frames"].as_array().map_or(0, Vec::len);
    ensure!(frames == pictures, "it compared {frames} pictures of {pictures}");
    log["pooled_metrics"]["vmaf"]["mean"].as_f64().context("it names no mean")
}

#[cfg(test)]
mod tests {
    use super::mean_of;

    const LOG: &str = r#"{"version": "3.0.0", "frames": [{"frameNum": 0, "metrics": {"vmaf": 80.5}},
        {"frameNum": 1, "metrics": {"vmaf": 81.5}}],
        "pooled_metrics": {"vmaf": {"min": 80.5, "max": 81.5, "mean": 81.0, "harmonic_mean": 80.99}}}"#;

    #[test]
    fn the_mean_is_found_and_nothing_else_is_taken_for_it() {
        assert!((mean_of(LOG, 2).unwrap() - 81.0).abs() < 1e-9);
        assert!(mean_of(LOG, 3).unwrap_err().to_string().contains("2 pictures of 3"));
        assert!(mean_of(&LOG.replace("mean", "median"), 2).is_err());
        assert!(mean_of("", 0).is_err());
    }
}
