//! The backend on ordinary processors: F-EDSR in 8 bits, with the kernels of `kernels`. What it does not do itself, a backend beside it
//! does, if the build has one.

mod looks;
mod pattern;
mod upscaler;

use std::sync::Arc;
use std::time::Duration;

use kernels::convolve::Instructions;
use media::picture::Size;
use models::{FEdsrConfig, Package, TcsrPackage};

use crate::backend::{Backend, Refiner, Upscaler};
use crate::device::Device;
use crate::error::{NetError, NetErrorKind};
use crate::precision::Precision;
use upscaler::NativeUpscaler;

/// Whether this machine has instructions that make 8 bits worth while.
pub fn is_fast() -> bool {
    Instructions::best() != Instructions::Portable
}

#[derive(Debug)]
pub struct Native {
    instructions: Instructions,
    /// How far a pixel may be from what its residual was made of, in code values; `None`: nothing is used again.
    reuse: Option<u8>,
    /// For other precisions, and for the second stage.
    beside: Option<Arc<dyn Backend>>,
}

impl Native {
    /// `reuse`: what is made of pixels that are no further than this from what they were is not computed again; `None`: everything is
    /// computed for every picture.
    pub fn new(beside: Option<Box<dyn Backend>>, reuse: Option<u8>) -> Self {
        let instructions = Instructions::best();
        tracing::debug!(%instructions, "nets run in 8 bits");
        Self { instructions, reuse, beside: beside.map(Arc::from) }
    }

    fn beside(&self, what: &str) -> Result<&Arc<dyn Backend>, NetError> {
        self.beside.as_ref().ok_or_else(|| {
            let what = format!("this build cannot run {what}: build with the feature torch");
            NetError::new(NetErrorKind::Device, what)
        })
    }
}

impl Backend for Native {
    fn device(&self) -> Device {
        Device::Cpu
    }

    fn upscaler(&self, package: &Package, precision: Precision) -> Result<Box<dyn Upscaler>, NetError> {
        match precision {
            Precision::Auto | Precision::Int8 => {
                let beside = self.beside.as_ref().map(Arc::clone);
                Ok(Box::new(NativeUpscaler::build(package, self.instructions, self.reuse, beside)?))
            }
            other => self.beside(&format!("nets in {other}"))?.upscaler(package, other),
        }
    }

    fn refiner(&self, package: &TcsrPackage, precision: Precision) -> Result<Box<dyn Refiner>, NetError> {
        self.beside("the second stage")?.refiner(package, precision)
    }

    /// Constants would not pass a look at what eight bits cost, so they are timed without one; and the same picture again would cost
    /// nothing.
    fn time_to_upscale(&self, config: FEdsrConfig, size: Size) -> Result<Duration, NetError> {
        let package = crate::backend::constant(config);
        let mut net = NativeUpscaler::build(&package, self.instructions, None, None)?.without_looks();
        crate::backend::time(&mut net, size)
    }
}
