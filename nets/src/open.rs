//! Which backend runs nets on a device.

use crate::backend::Backend;
use crate::device::DeviceChoice;
use crate::error::NetError;
use crate::native::Native;
#[cfg(feature = "torch")]
use crate::{device::Device, native};

/// The backend for a device; `threads` is how many threads one operation may use on the processor. Call it on the thread
/// that will run the nets: some engines count threads per thread. `reuse`: see [`Native::new`].
pub fn open(choice: DeviceChoice, threads: u16, reuse: Option<u8>) -> Result<Box<dyn Backend>, NetError> {
    #[cfg(feature = "torch")]
    {
        crate::torch::configure_threads(threads);
        let device = choice.resolve()?;
        let torch = Box::new(crate::torch::Torch::new(device));
        if device == Device::Cpu && native::is_fast() {
            return Ok(Box::new(Native::new(Some(torch), reuse)));
        }
        Ok(torch)
    }
    #[cfg(not(feature = "torch"))]
    {
        // One thread per net.
        let _ = threads;
        if matches!(choice, DeviceChoice::Cuda(_)) {
            let what = format!(
                "this build runs no nets on {choice}; build with the feature torch, or choose auto or cpu"
            );
            return Err(NetError::new(crate::NetErrorKind::Device, what));
        }
        Ok(Box::new(Native::new(None, reuse)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "torch")]
    use crate::Device;

    #[test]
    #[cfg(not(feature = "torch"))]
    fn a_build_without_libtorch_runs_on_processors_alone() {
        assert_eq!(open(DeviceChoice::Auto, 1, None).unwrap().device(), crate::Device::Cpu);
        let error = open(DeviceChoice::Cuda(0), 1, None).unwrap_err();
        assert_eq!(error.kind, crate::NetErrorKind::Device);
        assert!(error.to_string().contains("feature torch"), "{error}");
    }

    #[test]
    #[cfg(feature = "torch")]
    fn the_processor_always_has_a_backend() {
        assert_eq!(open(DeviceChoice::Cpu, 1, None).unwrap().device(), Device::Cpu);
        assert!(open(DeviceChoice::Auto, 1, None).is_ok());
    }
}
