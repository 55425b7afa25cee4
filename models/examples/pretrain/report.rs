//! The table of the weights' card.

use std::path::PathBuf;

use anyhow::Result;
use media::ffmpeg::{Filter, Scaler};
use models::{
    FEdsrUpscaler, Package, Precision, Preset,
    device::Device,
    quality::{Mean, psnr_luma},
    upscale::Upscale,
};

use crate::footage;

/// Bitrates of the low-resolution stream.
const BITRATES: [u32; 2] = [400_000, 800_000];
/// Of the coded pictures, every so many is measured.
const EVERY: usize = 6;

/// Prints, per clip and bitrate, PSNR-Y of bicubic and Lanczos up-sampling and what each package adds to Lanczos.
pub(crate) fn measure(clips: &[PathBuf], packages: &[Package]) -> Result<()> {
    let mut nets = packages
        .iter()
        .map(|package| FEdsrUpscaler::build(package, Device::Cpu, Precision::Auto))
        .collect::<Result<Vec<_>, _>>()?;
    let names = nets.iter().map(|net| Preset::of(net.config()).map_or("other", Preset::name).to_owned());
    let names: Vec<_> = names.collect();
    println!("| clip | kbit/s | bicubic | Lanczos | {} |", names.join(" | "));
    println!("|---|---|---|---|{}", "---|".repeat(names.len()));
    let mut overall = vec![Mean::default(); nets.len()];
    for clip in clips {
        let originals = footage::originals(clip)?;
        for bitrate in BITRATES {
            let (mut lanczos, mut bicubic) = (Scaler::new(Filter::Lanczos), Scaler::new(Filter::Bicubic));
            let mut plain = [Mean::default(), Mean::default()];
            let mut enhanced = vec![Mean::default(); nets.len()];
            for pair in footage::coded(&originals, bitrate, Filter::Area)?.iter().step_by(EVERY) {
                let base = lanczos.scale(&pair.lr, pair.hr.size())?;
                plain[0].add(psnr_luma(&bicubic.scale(&pair.lr, pair.hr.size())?, &pair.hr));
                plain[1].add(psnr_luma(&base, &pair.hr));
                for (net, mean) in nets.iter_mut().zip(&mut enhanced) {
                    mean.add(psnr_luma(&net.upscale(&pair.lr, base.clone())?, &pair.hr));
                }
            }
            let name = clip.file_stem().unwrap_or_default().to_string_lossy();
            print!("| {name} | {} | {:.2} | {:.2} |", bitrate / 1000, plain[0].mean(), plain[1].mean());
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
