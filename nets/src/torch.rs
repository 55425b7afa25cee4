//! The backend on libtorch, and the forward passes as they are defined, which training uses.
//!
//! One build serves both kinds of machine: libtorch is linked without CUDA, and its CUDA library is opened when it is
//! wanted and there.

mod convolution;
mod cuda;
pub mod f_edsr;
mod frozen;
pub mod precision;
mod refiner;
pub mod tcsr;
mod upscaler;
pub mod warp;

use models::{FEdsrConfig, Package, TcsrPackage};
use parking_lot::Mutex;
use tch::TchError;

use crate::backend::{Backend, Refiner, Upscaler};
use crate::device::DeviceChoice;
use crate::error::{NetError, NetErrorKind};
use crate::precision::Precision;
use refiner::TcsrRefiner;
use upscaler::FEdsrUpscaler;

pub use crate::device::Device;
pub use f_edsr::FEdsr;

/// libtorch on one device.
#[derive(Debug)]
pub struct Torch {
    device: Device,
    /// Which precision was faster for nets of these parameters.
    faster: Mutex<Vec<(FEdsrConfig, Precision)>>,
}

impl Torch {
    /// libtorch on a device that [`DeviceChoice::resolve`] found. See also [`configure_threads`].
    pub fn new(device: Device) -> Self {
        Self { device, faster: Mutex::default() }
    }
}

impl Backend for Torch {
    fn device(&self) -> Device {
        self.device
    }

    fn upscaler(&self, package: &Package, precision: Precision) -> Result<Box<dyn Upscaler>, NetError> {
        let precision = match precision {
            // The lock is held through a trial: two threads that measure at once would slow each other down.
            Precision::Auto => precision::faster(package, self.device.into(), &mut self.faster.lock())?,
            Precision::Int8 => {
                let what = "libtorch runs no nets in int8 here; choose auto, f32 or bf16";
                return Err(NetError::new(NetErrorKind::Word, what));
            }
            given => given,
        };
        Ok(Box::new(FEdsrUpscaler::build(package, self.device.into(), precision)?))
    }

    fn refiner(&self, package: &TcsrPackage, precision: Precision) -> Result<Box<dyn Refiner>, NetError> {
        Ok(Box::new(TcsrRefiner::build(package, self.device.into(), precision)?))
    }
}

impl From<TchError> for NetError {
    fn from(error: TchError) -> Self {
        Self::engine("libtorch", error)
    }
}

impl From<Device> for tch::Device {
    fn from(device: Device) -> Self {
        match device {
            Device::Cpu => Self::Cpu,
            Device::Cuda(number) => Self::Cuda(number),
        }
    }
}

impl DeviceChoice {
    /// The device to use. Opens libtorch's CUDA library unless the choice is the processor, so call it before anything
    /// else makes a tensor.
    pub fn resolve(self) -> Result<Device, NetError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            // Without CUDA `auto` is no error: most machines have none.
            Self::Auto => match cuda::devices() {
                Ok(1..) => Ok(Device::Cuda(0)),
                Ok(0) => Ok(Device::Cpu),
                Err(reason) => {
                    tracing::debug!(%reason, "no CUDA, nets run on the processor");
                    Ok(Device::Cpu)
                }
            },
            Self::Cuda(wanted) => match cuda::devices() {
                Ok(0) => Err(no_cuda("no device found")),
                Ok(present) if wanted >= present => {
                    let what = format!("there is no cuda:{wanted}, the machine has {present} CUDA device(s)");
                    Err(NetError::new(NetErrorKind::Device, what))
                }
                Ok(_) => Ok(Device::Cuda(wanted)),
                Err(reason) => Err(no_cuda(&reason)),
            },
        }
    }
}

fn no_cuda(reason: &str) -> NetError {
    let what = format!(
        "CUDA is not available ({reason}); install libtorch with CUDA (GPU=1 scripts/setup), or choose auto or cpu"
    );
    NetError::new(NetErrorKind::Device, what)
}

/// Sets how many threads one operation of a net may use on the processor. Call it once, before nets are built; with 1
/// there are no workers, and nothing spins beside the decoder and the encoder.
pub fn configure_threads(threads: u16) {
    tch::set_num_threads(i32::from(threads.max(1)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there() {
        assert_eq!(DeviceChoice::Cpu.resolve().unwrap(), Device::Cpu);
        assert!(DeviceChoice::Auto.resolve().is_ok());
    }
}
