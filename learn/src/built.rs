//! Networks that are asked again and again, built once.

use std::collections::VecDeque;

use crate::TrainError;
use models::Package;
use nets::torch::Torch;
use nets::{Backend as _, Device, Precision, Upscaler};

/// The best one, the server's, the one that training began from, and one that was remembered.
const CAPACITY: usize = 4;

/// Built networks; the one that was not asked for the longest is dropped first.
pub(crate) struct Nets {
    torch: Torch,
    built: VecDeque<Box<dyn Upscaler>>,
}

impl Nets {
    pub(crate) fn new(device: Device) -> Self {
        Self { torch: Torch::new(device), built: VecDeque::with_capacity(CAPACITY) }
    }

    /// The network of this package.
    pub(crate) fn get(&mut self, package: &Package) -> Result<&mut dyn Upscaler, TrainError> {
        let fingerprint = package.fingerprint();
        let found = self.built.iter().position(|net| net.fingerprint() == fingerprint);
        let net = match found.and_then(|index| self.built.remove(index)) {
            Some(net) => net,
            None => self.torch.upscaler(package, Precision::Auto)?,
        };
        if self.built.len() == CAPACITY {
            self.built.pop_front();
        }
        self.built.push_back(net);
        Ok(&mut **self.built.back_mut().expect("one was pushed just now"))
    }
}
