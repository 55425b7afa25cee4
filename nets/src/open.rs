//! Which backend runs nets on a device.

use crate::backend::Backend;
use crate::device::DeviceChoice;
use crate::error::NetError;

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
        Err(NetError::new(crate::NetErrorKind::Device, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "torch")]
    use crate::Device;

    #[test]
    #[cfg(not(feature = "torch"))]
    fn a_build_without_backends_says_so() {
        let error = open(DeviceChoice::Auto, 1).unwrap_err();
        assert_eq!(error.kind, crate::NetErrorKind::Device);
        assert!(error.to_string().contains("feature torch"), "{error}");
    }

    #[test]
    #[cfg(feature = "torch")]
    fn the_processor_always_has_a_backend() {
        assert_eq!(open(DeviceChoice::Cpu, 1).unwrap().device(), Device::Cpu);
        assert!(open(DeviceChoice::Auto, 1).is_ok());
    }
}
