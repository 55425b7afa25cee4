//! The seam for inference engines. A backend builds nets from packages and belongs to one device. How long a picture takes on
//! it is measured here, by running some, for backends that do not know better.

use std::fmt;
use std::time::{Duration, Instant};

use media::picture::{Picture, Size};
use models::package::Metadata;
use models::{Architecture as _, FEdsrConfig, Fingerprint, Package, TcsrConfig, TcsrPackage};

use crate::Precision;
use crate::device::Device;
use crate::error::{NetError, NetErrorKind};

/// Upscaled pictures that are timed; their median counts.
const UPSCALED: usize = 5;

/// Refined pictures that are timed; the fastest counts. A picture takes long enough for one busy moment to spoil it.
const REFINED: usize = 3;

/// An engine on a device. It may be shared; what it builds belongs to one thread at a time.
pub trait Backend: fmt::Debug + Send + Sync {
    fn device(&self) -> Device;

    /// Builds a new, frozen F-EDSR. Takes milliseconds; the first net of its kind may also take a trial of which
    /// precision is faster, if that is [`Precision::Auto`].
    fn upscaler(&self, package: &Package, precision: Precision) -> Result<Box<dyn Upscaler>, NetError>;

    /// Builds a new, frozen TCSR.
    fn refiner(&self, package: &TcsrPackage, precision: Precision) -> Result<Box<dyn Refiner>, NetError>;

    /// Median time to upscale a picture of this low-resolution size, from luma to luma, without scaling and coding.
    fn time_to_upscale(&self, config: FEdsrConfig, size: Size) -> Result<Duration, NetError> {
        time_to_upscale(self, config, size)
    }

    /// Shortest time to refine a picture of this size.
    fn time_to_refine(&self, package: &TcsrPackage, size: Size) -> Result<Duration, NetError> {
        time_to_refine(self, package, size)
    }
}

/// A frozen F-EDSR with its buffers.
pub trait Upscaler: fmt::Debug + Send {
    fn config(&self) -> FEdsrConfig;

    fn fingerprint(&self) -> Fingerprint;

    /// The precision that the net runs in; never [`Precision::Auto`].
    fn precision(&self) -> Precision;

    /// Upscales a grey picture of this (low-resolution) size: the first picture of a size is slower than the following
    /// ones, and a net that cannot run or makes no finite output is found here and not on air.
    fn warm_up(&mut self, size: Size) -> Result<(), NetError>;

    /// Adds what the net makes of `lr` to `lanczos`, which is `lr` upsampled by the Lanczos filter to the final size. Time
    /// stamp, colour and chroma are those of `lanczos`.
    ///
    /// On an error the picture is lost; upsample `lr` again.
    fn upscale(&mut self, lr: &Picture, lanczos: Picture) -> Result<Picture, NetError>;
}

/// A frozen TCSR with its buffers.
pub trait Refiner: fmt::Debug + Send {
    /// Parameters of the net; it sees `radius` neighbours on either side.
    fn config(&self) -> TcsrConfig;

    fn fingerprint(&self) -> Fingerprint;

    /// Refines the middle one of `2 radius + 1` consecutive upscaled pictures. Its time stamp, colour and chroma stay.
    fn refine(&mut self, pictures: &[Picture]) -> Result<Picture, NetError>;
}

fn time_to_upscale(
    backend: &(impl Backend + ?Sized),
    config: FEdsrConfig,
    size: Size,
) -> Result<Duration, NetError> {
    time(&mut *backend.upscaler(&constant(config), Precision::Auto)?, size)
}

/// Median time of a picture with this net.
pub(crate) fn time(upscaler: &mut dyn Upscaler, size: Size) -> Result<Duration, NetError> {
    upscaler.warm_up(size)?;
    let lr = grey(size);
    let mut picture = large(size, upscaler.config())?;
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

fn time_to_refine(
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

/// A picture that an upscaled one of this size fits into.
pub(crate) fn large(size: Size, config: FEdsrConfig) -> Result<Picture, NetError> {
    let large = size.scaled(u32::from(config.scale));
    if !large.is_supported() {
        let what = format!("a picture of {large} is too large; send a smaller picture");
        return Err(NetError::new(NetErrorKind::Pictures, what));
    }
    Ok(grey(large))
}

/// An error unless the Lanczos picture has the size that the net makes.
pub(crate) fn check_sizes(lr: &Picture, lanczos: &Picture, config: FEdsrConfig) -> Result<(), NetError> {
    let size = lr.size();
    let expected = size.scaled(u32::from(config.scale));
    if lanczos.size() == expected {
        return Ok(());
    }
    let what = format!(
        "the net makes {expected} of {size}, the Lanczos picture has {}; upsample by the net's scale",
        lanczos.size()
    );
    Err(NetError::new(NetErrorKind::Pictures, what))
}

/// A net whose convolutions cost what any net's cost.
pub(crate) fn constant(config: FEdsrConfig) -> Package {
    let weights: Vec<_> = config.tensors().iter().map(|spec| vec![0.01; spec.elements()]).collect();
    let written = Package::write(&Metadata::new(config), &weights);
    written.expect("small constants in the net's own shapes are a package")
}

pub(crate) fn grey(size: Size) -> Picture {
    let mut picture = Picture::new(size);
    picture.luma_mut().data.fill(128);
    picture
}
