//! The backend on libtorch.

mod convolution;
mod cuda;
pub mod f_edsr;
mod frozen;
pub mod precision;
pub mod refiner;
pub mod tcsr;
mod upscaler;
pub mod warp;

use crate::device::{DeviceChoice, DeviceError};

pub use f_edsr::FEdsr;
pub use refiner::{RefineError, TcsrRefiner};
pub use tch::Device;
pub use upscaler::FEdsrUpscaler;

impl DeviceChoice {
    /// The device to use. Opens libtorch's CUDA library unless the choice is the processor, so call it before anything
    /// else makes a tensor.
    pub fn resolve(self) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto => match cuda::devices() {
                Ok(1..) => Ok(Device::Cuda(0)),
                Ok(0) => Ok(Device::Cpu),
                Err(reason) => {
                    tracing::debug!(%reason, "no CUDA, nets run on the processor");
                    Ok(Device::Cpu)
                }
            },
            Self::Cuda(wanted) => match cuda::devices() {
                Ok(0) => Err(DeviceError::NoCuda("no device found".to_owned())),
                Ok(present) if wanted >= present => Err(DeviceError::NoSuchCuda { wanted, present }),
                Ok(_) => Ok(Device::Cuda(wanted)),
                Err(reason) => Err(DeviceError::NoCuda(reason)),
            },
        }
    }
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
        assert_eq!(DeviceChoice::Cpu.resolve(), Ok(Device::Cpu));
        assert!(DeviceChoice::Auto.resolve().is_ok());
    }
}
