//! The table of the weights' card.

use std::path::PathBuf;

use anyhow::Result;
use media::ffmpeg::{Filter, Scaler};
use media::quality::{Mean, psnr_luma};
use models::{Package, Preset};
use nets::torch::Torch;
use nets::{Backend as _, Device, Precision};

use crate::footage::{self, Way};
use crate::{clips, options};

/// Bitrates of the low-resolution stream.
const BITRATES: [u32; 2] = [400_000, 800_000];
/// Of the coded pictures, every so many is measured.
const EVERY: usize = 6;

/// Print a table of what packages gain per clip and bitrate.
#[derive(clap::Args)]
pub(crate) struct Measure {
    /// Folders of clips.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// Packages of F-EDSR.
    packages: Vec<PathBuf>,
}

/// Prints, per clip and bitrate, PSNR-Y of bicubic and Lanczos upsampling and what each package adds to Lanczos.
pub(crate) fn measure(arguments: &Measure) -> Result<()> {
    let packages = arguments.packages.iter().map(|path| options::read(path));
    let packages = packages.collect::<Result<Vec<Package>>>()?;
    let torch = Torch::new(Device::Cpu);
    let mut nets = packages
        .iter()
        .map(|package| torch.upscaler(package, Precision::Auto))
        .collect::<Result<Vec<_>, _>>()?;
    let names = nets.iter().map(|net| Preset::of(net.config()).map_or("other", Preset::name).to_owned());
    let names: Vec<_> = names.collect();
    println!("| clip | kbit/s | bicubic | Lanczos | {} |", names.join(" | "));
    println!("|---|---|---|---|{}", "---|".repeat(names.len()));
    let mut overall = vec![Mean::default(); nets.len()];
    for clip in clips::find(&arguments.data)? {
        let originals = footage::originals(&clip)?;
        for bitrate in BITRATES {
            let (mut lanczos, mut bicubic) = (Scaler::new(Filter::Lanczos), Scaler::new(Filter::Bicubic));
            let mut plain = [Mean::default(), Mean::default()];
            let mut enhanced = vec![Mean::default(); nets.len()];
            let coded = footage::coded(&originals, Way::new(bitrate, Filter::Area))?;
            for (lr, hr) in coded.iter().zip(&originals).step_by(EVERY) {
                let base = lanczos.scale(lr, hr.size())?;
                plain[0].add(psnr_luma(&bicubic.scale(lr, hr.size())?, hr));
                plain[1].add(psnr_luma(&base, hr));
                for (net, mean) in nets.iter_mut().zip(&mut enhanced) {
                    mean.add(psnr_luma(&net.upscale(lr, base.clone())?, hr));
                }
            }
            print!(
                "| {} | {} | {:.2} | {:.2} |",
                clip.name,
                bitrate / 1000,
                plain[0].mean(),
                plain[1].mean()
            );
            for (mean, overall) in enhanced.iter().zip(&mut overall) {
                let gain = mean.mean() - plain[1].mean();
                overall.add(gain);
                print!(" {:.2} ({gain:+.2}) |", mean.mean());
            }
            println!();
        }
    }
    let gains: Vec<_> = overall.iter().map(|mean| format!(" {:+.2} ", mean.mean())).collect();
    println!("| mean gain over Lanczos | | | |{}|", gains.join("|"));
    Ok(())
}
