//! The table and the curves that say what sharpcast's networks are worth, on footage that they were not trained on.
//!
//! ```text
//! make evaluate DATA=folder-of-clips
//! ```

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;
use measure::evaluate::{Plan, evaluate, footage, methods, plot, report};
use models::device::{self, DeviceChoice};

#[derive(Parser)]
#[command(about = "Quality of every method, per clip and bitrate, against direct coding at the same bits")]
struct Arguments {
    /// Folder of clips that nothing was trained on
    #[arg(long)]
    data: PathBuf,
    /// Bitrates of the low-resolution stream, in kbit/s
    #[arg(long, value_delimiter = ',', default_values_t = [250, 400, 800, 1600])]
    bitrates: Vec<u32>,
    /// Two neighbouring pictures out of so many are measured
    #[arg(long, default_value_t = 12)]
    every: usize,
    /// At most so many pictures of a clip
    #[arg(long, default_value_t = 360)]
    pictures: usize,
    /// Where networks run: auto, cpu or cuda
    #[arg(long, default_value = "cpu")]
    device: DeviceChoice,
    /// Where to write the report: FILE.md, with FILE.svg beside it
    #[arg(long)]
    out: PathBuf,
    /// More packages to evaluate, besides the stock ones
    packages: Vec<PathBuf>,
}

fn main() -> Result<()> {
    media::ffmpeg::quiet_logs();
    let arguments = Arguments::parse();
    device::configure_threads(1);
    let mut methods = methods(&arguments.packages, &arguments.device)?;
    let plan = Plan {
        bitrates: arguments.bitrates.iter().map(|kilobits| kilobits * 1000).collect(),
        every: arguments.every,
        pictures: arguments.pictures,
    };
    let mut rows = Vec::new();
    for path in footage::clips(&arguments.data)? {
        eprintln!("{}", path.display());
        let clip = footage::Clip::read(&path, plan.pictures)?;
        rows.extend(evaluate(&clip, &plan, &mut methods)?);
    }
    let plot = arguments.out.with_extension("svg");
    let heading = format!(
        "# Picture quality\nLow-resolution video is half the size of the original on each side. {}; {}. Measured: two neighbouring pictures \
         of every {}, of the first {} of each clip.\n\n![quality over bitrate]({})\n\n",
        measure::machine(),
        if arguments.packages.is_empty() { "stock weights" } else { "stock weights and others" },
        plan.every,
        plan.pictures,
        plot.file_name().unwrap_or_default().to_string_lossy(),
    );
    std::fs::write(&arguments.out, heading + &report::markdown(&rows)?)
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    plot::draw(&rows, &plot)?;
    eprintln!("wrote {} and {}", arguments.out.display(), plot.display());
    Ok(())
}
