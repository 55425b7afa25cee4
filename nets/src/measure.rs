//! How long a picture takes on this machine, so that `auto` can choose the largest net that keeps up.

use std::time::{Duration, Instant};

use media::picture::{Picture, Size};
use models::package::Metadata;
use models::{Architecture as _, FEdsrConfig, Package, PackageError, Preset};

use crate::torch::{Device, FEdsrUpscaler};
use crate::{Precision, Upscale, UpscaleError};

/// Pictures that are timed; their median counts.
const PICTURES: usize = 5;

/// Median time to enhance a picture of this low-resolution size, from luma to luma, without scaling and coding.
pub fn time_per_picture(
    config: FEdsrConfig,
    size: Size,
    device: Device,
    precision: Precision,
) -> Result<Duration, UpscaleError> {
    let mut upscaler = FEdsrUpscaler::build(&idle(config), device, precision)?;
    upscaler.warm_up(size)?;
    let large = size.scaled(u32::from(config.scale));
    if !large.is_supported() {
        return Err(UpscaleError::TooLarge { size: large });
    }
    let (lr, mut plain) = (grey(size), grey(large));
    let mut times = [Duration::ZERO; PICTURES];
    for time in &mut times {
        let start = Instant::now();
        plain = upscaler.upscale(&lr, plain)?;
        *time = start.elapsed();
    }
    times.sort();
    Ok(times[PICTURES / 2])
}

/// The largest preset that enhances a picture of this size within `budget`, and its time; `None` if none does. Presets
/// beyond the first that does not are not tried.
pub fn largest_within(
    budget: Duration,
    scale: u8,
    size: Size,
    device: Device,
    precision: Precision,
) -> Result<Option<(Preset, Duration)>, UpscaleError> {
    let mut best = None;
    for preset in Preset::ALL {
        let Ok(config) = preset.config(scale) else { break };
        let time = time_per_picture(config, size, device, precision)?;
        tracing::debug!(%preset, %size, ?time, ?budget, "measured");
        if time > budget {
            break;
        }
        best = Some((preset, time));
    }
    Ok(best)
}

/// A net whose convolutions cost what any net's cost.
fn idle(config: FEdsrConfig) -> Package {
    let weights: Vec<_> = config.tensors().iter().map(|spec| vec![0.01; spec.elements()]).collect();
    let written: Result<_, PackageError> = Package::write(&Metadata::new(config), &weights);
    written.expect("small constants in the net's own shapes are a package")
}

fn grey(size: Size) -> Picture {
    let mut picture = Picture::new(size);
    picture.luma_mut().data.fill(128);
    picture
}
