//! The tables and the curves that say what sharpcast's networks are worth, on footage that they were not trained on.
//!
//! ```text
//! make evaluate DATA=folder-of-clips
//! ```

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser;
use measure::evaluate::rows::Rows;
use measure::evaluate::runs::Runs;
use measure::evaluate::vmaf::Vmaf;
use measure::evaluate::{Plan, crops, evaluate, footage, method, plot, report};
use nets::device::DeviceChoice;

/// Where `scripts/setup-vmaf` puts it.
const VMAF: &str = ".deps/vmaf/ffmpeg";
/// The bitrate that crops are of, if it is evaluated: where a thin stream and direct coding are closest.
const CROPS_AT: u32 = 400;

#[derive(Parser)]
#[command(about = "Quality of every method, per clip and bitrate, against direct coding at the same bits")]
struct Arguments {
    /// Folder of clips that nothing was trained on
    #[arg(long)]
    data: PathBuf,
    /// Bitrates of the low-resolution stream, in kbit/s
    #[arg(long, value_delimiter = ',', num_args = 1.., default_values_t = [250, 400, 800, 1600])]
    bitrates: Vec<u32>,
    /// Consecutive pictures in a run; only runs are measured
    #[arg(long, default_value_t = 8)]
    run: usize,
    /// Pictures from the start of a run to the start of the next; 42 puts the runs all over the 2 s between keyframes
    #[arg(long, default_value_t = 42)]
    stride: usize,
    /// At most so many pictures of a clip
    #[arg(long, default_value_t = 360)]
    pictures: usize,
    /// Where networks run: auto, cpu or cuda
    #[arg(long, default_value = "cpu")]
    device: DeviceChoice,
    /// An FFmpeg with libvmaf [default: .deps/vmaf/ffmpeg if it is there]
    #[arg(long)]
    vmaf: Option<PathBuf>,
    /// Where to write the report: FILE.md, with FILE.svg and FILE-cost.svg beside it
    #[arg(long)]
    out: PathBuf,
    /// Folder for pieces of pictures as every method shows them, one PNG per clip
    #[arg(long)]
    crops: Option<PathBuf>,
    /// More packages to evaluate, besides the stock ones
    packages: Vec<PathBuf>,
}

fn main() -> Result<()> {
    media::ffmpeg::quiet_logs();
    let arguments = Arguments::parse();
    nets::torch::configure_threads(1);
    let vmaf = vmaf(arguments.vmaf.as_deref())?;
    let mut methods = method::methods(&arguments.packages, arguments.device)?;
    let plan = Plan {
        bitrates: arguments.bitrates.iter().map(|kilobits| kilobits * 1000).collect(),
        runs: Runs::new(arguments.run, arguments.stride)?,
    };
    if let Some(folder) = &arguments.crops {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut rows = Vec::new();
    for path in footage::clips(&arguments.data)? {
        eprintln!("{}", path.display());
        let clip = footage::Clip::read(&path, 0..arguments.pictures)?;
        rows.extend(evaluate(&clip, &plan, &mut methods, vmaf.as_ref())?);
        if let (Some(folder), Some(bitrate)) = (&arguments.crops, crops_at(&plan.bitrates)) {
            eprintln!("  {}", crops::write(&clip, bitrate, &mut methods, folder)?.display());
        }
    }
    write(&arguments, Rows(&rows))
}

/// The usual bitrate for crops, or else the first that is evaluated.
fn crops_at(bitrates: &[u32]) -> Option<u32> {
    let usual = CROPS_AT * 1000;
    if bitrates.contains(&usual) { Some(usual) } else { bitrates.first().copied() }
}

/// The program that was named, or the one that is installed; without one, what to do is said.
fn vmaf(named: Option<&Path>) -> Result<Option<Vmaf>> {
    let installed = Path::new(VMAF);
    let program = named.or_else(|| installed.exists().then_some(installed));
    if program.is_none() {
        eprintln!("VMAF is left out: run scripts/setup-vmaf, or name an FFmpeg that has libvmaf with --vmaf");
    }
    program.map(Vmaf::new).transpose()
}

fn write(arguments: &Arguments, rows: Rows<'_>) -> Result<()> {
    let stem = arguments.out.file_stem().unwrap_or_default().to_string_lossy();
    let curves = arguments.out.with_extension("svg");
    let cost = arguments.out.with_file_name(format!("{stem}-cost.svg"));
    let text = format!(
        "# Picture quality\nLow-resolution video is half the size of the original on each side. {}; {}. Measured: {} consecutive \
         pictures of every {}, of the first {} of each clip.\n\n![quality over bitrate]({stem}.svg)\n\n![gain over time]({stem}-cost.svg)\n\n{}",
        measure::machine(),
        if arguments.packages.is_empty() { "stock weights" } else { "stock weights and others" },
        arguments.run,
        arguments.stride,
        arguments.pictures,
        report::markdown(rows)?,
    );
    std::fs::write(&arguments.out, text)
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    plot::curves(rows, &curves)?;
    plot::cost(rows, &cost)?;
    eprintln!("wrote {}, {} and {}", arguments.out.display(), curves.display(), cost.display());
    Ok(())
}
