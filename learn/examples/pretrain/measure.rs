//! The table of the weights' card.

use std::path::PathBuf;

use anyhow::Result;
use media::Picture;
use media::ffmpeg::{Filter, Scaler};
use media::quality::{Mean, psnr_luma};
use models::{Package, Preset};
use nets::device::DeviceChoice;
use nets::torch::Torch;
use nets::{Backend as _, Precision, Upscaler};

use crate::clips::Split;
use crate::footage::{self, Coding, Way};
use crate::{clips, options};

/// The low-resolution streams, each coding's together.
const WAYS: [Way; 8] = [
    Way::new(Coding::Low, 400_000, Filter::Area),
    Way::new(Coding::Low, 800_000, Filter::Area),
    Way::new(Coding::Ahead, 250_000, Filter::Area),
    Way::new(Coding::Ahead, 400_000, Filter::Area),
    Way::new(Coding::Ahead, 800_000, Filter::Area),
    Way::new(Coding::Av1, 250_000, Filter::Area),
    Way::new(Coding::Av1, 400_000, Filter::Area),
    Way::new(Coding::Av1, 800_000, Filter::Area),
];
/// Of the coded pictures, every so many is measured.
const EVERY: usize = 6;

/// Print a table of what packages gain per clip, coding and bitrate.
#[derive(clap::Args)]
pub(crate) struct Measure {
    /// Folders of clips.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// Measure only on clips of this source, as trainings are judged by it; give it several times for several.
    #[arg(long, value_name = "SOURCE")]
    judge: Vec<String>,
    /// Where to run the nets: auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "cpu")]
    device: DeviceChoice,
    /// Packages of F-EDSR.
    packages: Vec<PathBuf>,
}

/// Prints, per clip and way, PSNR-Y of bicubic and Lanczos upsampling and what each package adds to Lanczos; then the mean
/// gains per coding and over all.
pub(crate) fn measure(arguments: &Measure) -> Result<()> {
    let packages = arguments.packages.iter().map(|path| options::read(path));
    let packages = packages.collect::<Result<Vec<Package>>>()?;
    let torch = Torch::new(arguments.device.resolve()?);
    let mut nets = packages
        .iter()
        .map(|package| torch.upscaler(package, Precision::Auto))
        .collect::<Result<Vec<_>, _>>()?;
    let names = nets.iter().map(|net| Preset::of(net.config()).map_or("other", Preset::name).to_owned());
    let names: Vec<_> = names.collect();
    println!("| clip | coding | kbit/s | bicubic | Lanczos | {} |", names.join(" | "));
    println!("|---|---|---|---|---|{}", "---|".repeat(names.len()));
    let mut clips = clips::find(&arguments.data)?;
    if !arguments.judge.is_empty() {
        clips = Split::new(clips, &arguments.judge)?.judged;
    }
    let mut gains = WAYS.map(|_| vec![Mean::default(); nets.len()]);
    for clip in clips {
        let originals = footage::originals(&clip)?;
        let coded = footage::coded(&originals, &WAYS)?;
        for ((way, coded), gains) in WAYS.iter().zip(coded).zip(&mut gains) {
            let Row { bicubic, lanczos, enhanced } = row(&mut nets, &coded, &originals)?;
            let kbits = way.bitrate / 1000;
            print!("| {} | {} | {kbits} | {bicubic:.2} | {lanczos:.2} |", clip.name, way.coding);
            for (psnr, mean) in enhanced.iter().zip(gains) {
                mean.add(psnr - lanczos);
                print!(" {psnr:.2} ({:+.2}) |", psnr - lanczos);
            }
            println!();
        }
    }
    for coding in Coding::ALL {
        let of_coding = WAYS.iter().zip(&gains).filter(|(way, _)| way.coding == coding);
        print_means(&coding.to_string(), of_coding.map(|(_, gains)| gains));
    }
    print_means("all", gains.iter());
    Ok(())
}

/// Mean PSNR-Y over the measured pictures.
struct Row {
    bicubic: f64,
    lanczos: f64,
    /// By each net.
    enhanced: Vec<f64>,
}

fn row(nets: &mut [Box<dyn Upscaler>], coded: &[Picture], originals: &[Picture]) -> Result<Row> {
    let mut scalers = [Filter::Bicubic, Filter::Lanczos].map(Scaler::new);
    let mut plain = [Mean::default(), Mean::default()];
    let mut enhanced = vec![Mean::default(); nets.len()];
    for (lr, hr) in coded.iter().zip(originals).step_by(EVERY) {
        let [bicubic, lanczos] = scalers.each_mut().map(|scaler| scaler.scale(lr, hr.size()));
        let lanczos = lanczos?;
        plain[0].add(psnr_luma(&bicubic?, hr));
        plain[1].add(psnr_luma(&lanczos, hr));
        for (net, mean) in nets.iter_mut().zip(&mut enhanced) {
            mean.add(psnr_luma(&net.upscale(lr, lanczos.clone())?, hr));
        }
    }
    let [bicubic, lanczos] = plain.map(|mean| mean.mean());
    Ok(Row { bicubic, lanczos, enhanced: enhanced.iter().map(Mean::mean).collect() })
}

/// A row of the mean over clips and bitrates, for each net.
fn print_means<'a>(what: &str, ways: impl Iterator<Item = &'a Vec<Mean>>) {
    let means = ways.map(|gains| gains.iter().map(Mean::mean).collect::<Vec<_>>()).collect::<Vec<_>>();
    let nets = means.first().map_or(0, Vec::len);
    let mean = |net: usize| means.iter().map(|means| means[net]).sum::<f64>() / means.len() as f64;
    let cells: Vec<_> = (0..nets).map(|net| format!(" {:+.2} ", mean(net))).collect();
    println!("| mean gain over Lanczos, {what} | | | | |{}|", cells.join("|"));
}
