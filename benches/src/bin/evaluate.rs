//! What a viewer gets of a thin stream, against OBS alone, on footage that no net was trained on: tables, curves, JSON.
//!
//! ```text
//! make evaluate DATA=folder-of-clips
//! ```

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser;
use measure::evaluate::coders::ThinCoder;
use measure::evaluate::rows::{Row, Rows};
use measure::evaluate::vmaf::Vmaf;
use measure::evaluate::{Plan, crops, evaluate, footage, method, plot, report};
use media::Size;
use nets::device::DeviceChoice;
use sharpcast::out::EncodeSettings;
use streamer::config::quantity::size;

/// Where `scripts/setup-vmaf` puts it.
const VMAF: &str = ".deps/vmaf/ffmpeg";
/// The bitrate that crops are of, if it is evaluated.
const CROPS_AT: u32 = 400_000;

#[derive(Parser)]
#[command(
    about = "What a viewer gets of a thin stream, per clip and bitrate, against OBS alone at the same bits"
)]
struct Arguments {
    /// Folder of clips that nothing was trained on
    #[arg(long)]
    data: PathBuf,
    /// Clips of it whose names begin like one of these [default: all]
    #[arg(long, value_delimiter = ',', num_args = 1..)]
    clips: Vec<String>,
    /// Bitrates in kbit/s
    #[arg(long, value_delimiter = ',', num_args = 1.., default_values_t = [150, 250, 400, 800, 1600])]
    bitrates: Vec<u32>,
    /// Coders of the thin stream: h264-low, h264, hevc, av1, av1-PRESET
    #[arg(long, value_delimiter = ',', num_args = 1.., default_values = ["h264", "av1"])]
    coders: Vec<ThinCoder>,
    /// Methods by their names [default: all]
    #[arg(long, value_delimiter = ',', num_args = 1..)]
    methods: Vec<String>,
    /// The coders at full size as well
    #[arg(long)]
    full_size: bool,
    /// Largest originals; larger ones are brought down to it
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "960x540", value_parser = size)]
    largest: Size,
    /// So much of each clip, from its beginning [default: all]
    #[arg(long)]
    seconds: Option<f64>,
    /// The server's constant rate factor [default: the server's own]
    #[arg(long)]
    quality: Option<f32>,
    /// Where networks run: auto, cpu or cuda
    #[arg(long, default_value = "cpu")]
    device: DeviceChoice,
    /// Measure VMAF as well, with an FFmpeg that has libvmaf [default: .deps/vmaf/ffmpeg]
    #[arg(long, num_args = 0..=1, default_missing_value = VMAF)]
    vmaf: Option<PathBuf>,
    /// Where to write the report: FILE.md, with FILE.json and FILE.svg beside it
    #[arg(long)]
    out: PathBuf,
    /// FILE.json of an earlier run to compare with
    #[arg(long, value_name = "FILE.json")]
    earlier: Option<PathBuf>,
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
    let vmaf = arguments.vmaf.as_deref().map(Vmaf::new).transpose()?;
    let earlier = arguments.earlier.as_deref().map(read).transpose()?;
    let mut methods = method::methods(&arguments.methods, &arguments.packages, arguments.device)?;
    let mut way_out = EncodeSettings::default();
    way_out.quality = arguments.quality.unwrap_or(way_out.quality);
    let plan = Plan {
        bitrates: arguments.bitrates.iter().map(|kilobits| kilobits * 1000).collect(),
        coders: arguments.coders.clone(),
        full_size: arguments.full_size,
        way_out,
    };
    if let Some(folder) = &arguments.crops {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut rows = Vec::new();
    for path in footage::clips(&arguments.data)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let clips = &arguments.clips;
        if !clips.is_empty() && !clips.iter().any(|clip| name.starts_with(clip.as_str())) {
            continue;
        }
        eprintln!("{}", path.display());
        let clip = footage::Clip::read(&path, arguments.seconds, arguments.largest)?;
        rows.extend(evaluate(&clip, &plan, &mut methods, vmaf.as_ref())?);
        if let (Some(folder), Some(bitrate), Some(coder)) =
            (&arguments.crops, crops_at(&plan.bitrates), plan.coders.last())
        {
            eprintln!("  {}", crops::write(&clip, coder, bitrate, &mut methods, folder)?.display());
        }
        // After every clip: hours of work are not lost with the last one.
        write(&arguments, &plan, &rows, earlier.as_deref())?;
    }
    eprintln!("wrote {}", arguments.out.display());
    Ok(())
}

/// The usual bitrate for crops, or else the first that is evaluated.
fn crops_at(bitrates: &[u32]) -> Option<u32> {
    if bitrates.contains(&CROPS_AT) { Some(CROPS_AT) } else { bitrates.first().copied() }
}

fn read(path: &Path) -> Result<Vec<Row>> {
    let context = || format!("cannot read {} as the figures of an earlier run", path.display());
    let text = std::fs::read_to_string(path).with_context(context)?;
    serde_json::from_str(&text).with_context(context)
}

fn write(arguments: &Arguments, plan: &Plan, rows: &[Row], earlier: Option<&[Row]>) -> Result<()> {
    let stem = arguments.out.file_stem().unwrap_or_default().to_string_lossy();
    let curves = arguments.out.with_extension("svg");
    let length = arguments
        .seconds
        .map_or_else(|| "whole clips".to_owned(), |seconds| format!("the first {seconds} s of each clip"));
    let text = format!(
        "# Picture quality\nThe thin stream is half the size of the original on each side; originals of {} at most, {length}. {}; {}. The server codes with \
         {:?} at quality {}.\n\n![quality over bitrate]({stem}.svg)\n\n{}",
        arguments.largest,
        measure::machine(),
        if arguments.packages.is_empty() { "stock weights" } else { "stock weights and others" },
        plan.way_out.preset,
        plan.way_out.quality,
        report::markdown(Rows(rows), earlier.map(Rows))?,
    );
    let context = || format!("cannot write {}", arguments.out.display());
    std::fs::write(&arguments.out, text).with_context(context)?;
    std::fs::write(arguments.out.with_extension("json"), serde_json::to_string_pretty(rows)?)
        .with_context(context)?;
    plot::curves(Rows(rows), &curves)
}
