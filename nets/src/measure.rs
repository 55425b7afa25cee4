//! How long pictures take on a backend, by running some; for backends that do not know better.

use std::time::{Duration, Instant};

use media::picture::{Picture, Size};
use models::package::Metadata;
use models::{Architecture as _, FEdsrConfig, Package, TcsrPackage};

use crate::backend::{Backend, NetError, NetErrorKind};
use crate::precision::Precision;

/// Upscaled pictures that are timed; their median counts.
const UPSCALED: usize = 5;

/// Refined pictures that are timed; the fastest counts. A picture takes long enough for one busy moment to spoil it.
const REFINED: usize = 3;

pub(crate) fn time_to_upscale(
    backend: &(impl Backend + ?Sized),
    config: FEdsrConfig,
    size: Size,
) -> Result<Duration, NetError> {
    let mut upscaler = backend.upscaler(&constant(config), Precision::Auto)?;
    upscaler.warm_up(size)?;
    let large = size.scaled(u32::from(config.scale));
    if !large.is_supported() {
        let what = format!("a picture of {large} is too large; send a smaller picture");
        return Err(NetError::new(NetErrorKind::Pictures, what));
    }
    let lr = grey(size);
    let mut picture = grey(large);
    let mut times = [Duration::ZERO; UPSCALED];
    for time in &mut times {
        let start = Instant::now();
        // The picture goes round and round: allocating a new one would be timed with the net.
        picture = upscaler.upscale(&lr, picture)?;
        *time = start.elapsed();
    }
    // The median: one busy moment does not count, nor one lucky one.
    times.sort();
    Ok(times[UPSCALED / 2])
}

pub(crate) fn time_to_refine(
    backend: &(impl Backend + ?Sized),
    package: &TcsrPackage,
    size: Size,
) -> Result<Duration, NetError> {
    let mut refiner = backend.refiner(package, Precision::Auto)?;
    let pictures = vec![grey(size); package.config().pictures()];
    // The first picture warms the net up.
    refiner.refine(&pictures)?;
    let mut best = Duration::MAX;
    for _ in 0..REFINED {
        let start = Instant::now();
        refiner.refine(&pictures)?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

/// A net whose convolutions cost what any net's cost.
fn constant(config: FEdsrConfig) -> Package {
    let weights: Vec<_> = config.tensors().iter().map(|spec| vec![0.01; spec.elements()]).collect();
    let written = Package::write(&Metadata::new(config), &weights);
    written.expect("small constants in the net's own shapes are a package")
}

fn grey(size: Size) -> Picture {
    let mut picture = Picture::new(size);
    picture.luma_mut().data.fill(128);
    picture
}
