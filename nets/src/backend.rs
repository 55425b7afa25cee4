//! The seam for inference engines. A backend builds nets from packages and belongs to one device.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use media::picture::{Picture, Size};
use models::{FEdsrConfig, Fingerprint, Package, TcsrConfig, TcsrPackage};

use crate::device::{Device, DeviceChoice};
use crate::{Precision, measure};

/// An engine on a device. It may be shared; what it builds belongs to one thread at a time.
pub trait Backend: fmt::Debug + Send + Sync {
    /// Where its nets run.
    fn device(&self) -> Device;

    /// Builds a new, frozen F-EDSR. Takes milliseconds; the first net of its kind may also take a trial of which
    /// precision is faster, if that is [`Precision::Auto`].
    fn upscaler(&self, package: &Package, precision: Precision) -> Result<Box<dyn Upscaler>, NetError>;

    /// Builds a new, frozen TCSR.
    fn refiner(&self, package: &TcsrPackage, precision: Precision) -> Result<Box<dyn Refiner>, NetError>;

    /// Median time to upscale a picture of this low-resolution size, from luma to luma, without scaling and coding.
    fn time_to_upscale(&self, config: FEdsrConfig, size: Size) -> Result<Duration, NetError> {
        measure::time_to_upscale(self, config, size)
    }

    /// Shortest time to refine a picture of this size.
    fn time_to_refine(&self, package: &TcsrPackage, size: Size) -> Result<Duration, NetError> {
        measure::time_to_refine(self, package, size)
    }
}

/// A frozen F-EDSR with its buffers.
pub trait Upscaler: fmt::Debug + Send {
    /// Parameters of the net.
    fn config(&self) -> FEdsrConfig;

    /// Fingerprint of the package that the net was built from.
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

    /// Fingerprint of the package that the net was built from.
    fn fingerprint(&self) -> Fingerprint;

    /// Refines the middle one of `2 radius + 1` consecutive upscaled pictures. Its time stamp, colour and chroma stay.
    fn refine(&mut self, pictures: &[Picture]) -> Result<Picture, NetError>;
}

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetErrorKind {
    /// A word that names no device or precision.
    Word,
    /// The device, or a backend for it, is not there.
    Device,
    /// The pictures do not fit the net or each other.
    Pictures,
    /// The net's output holds NaN or infinity.
    NotFinite,
    /// The engine failed.
    Engine,
}

/// Why a net was not built or a picture not made.
#[derive(Debug)]
pub struct NetError {
    /// What callers may decide by.
    pub kind: NetErrorKind,
    /// A sentence for people.
    pub what: String,
    /// The engine's own error.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl NetError {
    /// An error without a cause of its own.
    pub fn new(kind: NetErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), source: None }
    }

    /// The engine named `engine` failed.
    pub fn engine(engine: &str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let what = format!("{engine} failed");
        Self { kind: NetErrorKind::Engine, what, source: Some(source.into()) }
    }

    /// The net's output holds NaN or infinity.
    pub fn not_finite() -> Self {
        Self::new(
            NetErrorKind::NotFinite,
            "the net's output is not finite; go back to the package before this one",
        )
    }
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

// The cause is part of the sentence, so it is not answered as a source again.
impl Error for NetError {}

/// The backend for a device; `threads` is how many threads one operation may use on the processor. Call it on the thread
/// that will run the nets: some engines count threads per thread.
pub fn open(choice: DeviceChoice, threads: u16) -> Result<Box<dyn Backend>, NetError> {
    #[cfg(feature = "torch")]
    {
        crate::torch::configure_threads(threads);
        Ok(Box::new(crate::torch::Torch::new(choice.resolve()?)))
    }
    #[cfg(not(feature = "torch"))]
    {
        let what = format!(
            "no backend runs nets on {choice} with {threads} thread(s): this build has none; build with the feature torch"
        );
        Err(NetError::new(NetErrorKind::Device, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_error_is_part_of_the_sentence() {
        let error = NetError::engine("libtorch", "out of memory");
        assert_eq!(error.to_string(), "libtorch failed: out of memory");
        assert_eq!(error.kind, NetErrorKind::Engine);
    }

    #[test]
    #[cfg(not(feature = "torch"))]
    fn a_build_without_backends_says_so() {
        let error = open(DeviceChoice::Auto, 1).unwrap_err();
        assert_eq!(error.kind, NetErrorKind::Device);
        assert!(error.to_string().contains("feature torch"), "{error}");
    }

    #[test]
    #[cfg(feature = "torch")]
    fn the_processor_always_has_a_backend() {
        assert_eq!(open(DeviceChoice::Cpu, 1).unwrap().device(), Device::Cpu);
        assert!(open(DeviceChoice::Auto, 1).is_ok());
    }
}
