//! What travels between trainer and server: a net's weights with what is known of their making, in one safetensors file.
//!
//! The format, version 1:
//! - Tensors: exactly those of [`Architecture::tensors`], by name and shape, all `F16` (as written) or all `F32`.
//! - Metadata (`__metadata__`, strings): `format` = `sharpcast-model`, `format_version` = `1`, `architecture` = `f-edsr` with
//!   `channels`, `blocks`, `scale`, `tail`, or `tcsr` with `channels`, `flow`, `blocks`, `radius`; `colour` = `luma/255` (luma
//!   alone, code values as coded, divided by 255); `base`, what the residual is added to, = `lanczos` for F-EDSR and `f-edsr`
//!   for TCSR; optionally `parent` (fingerprint of the package that training
//!   started from) and `training` (JSON of [`TrainingSummary`]). Other keys are left for people to use and are ignored.
//!
//! A [`NetPackage`] that exists is whole: it was read strictly, without torch, and every number in it is finite.
//! The writer is deterministic, so equal weights have equal fingerprints.

mod fingerprint;
mod header;
mod metadata;
pub mod patch;
mod read;
mod shelf;
mod write;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::arch::Architecture;
use crate::arch::f_edsr::FEdsrConfig;
use crate::arch::tcsr::TcsrConfig;
use crate::error::{ModelError, ModelErrorKind};

pub use fingerprint::Fingerprint;
pub use metadata::{Metadata, TrainingSummary};
pub use patch::Patch;
pub use read::{MAX_HEADER_BYTES, tensor_beyond};
pub use shelf::Shelf;

/// Largest package that is read. The largest preset in single precision takes 5 MiB.
pub const MAX_BYTES: usize = 16 << 20;

/// A net that was read and found whole. Clones share the bytes.
#[derive(Clone)]
pub struct NetPackage<A: Architecture> {
    bytes: Bytes,
    metadata: Arc<Metadata<A>>,
    fingerprint: Fingerprint,
    /// Weights in the order of [`Architecture::tensors`].
    weights: Arc<Vec<Vec<f32>>>,
}

/// An F-EDSR: what streamers upload.
pub type Package = NetPackage<FEdsrConfig>;
/// A TCSR: part of the program.
pub type TcsrPackage = NetPackage<TcsrConfig>;

impl<A: Architecture> NetPackage<A> {
    /// Refuses files that are larger than any package, so that a reader need not take them in.
    pub fn check_size(bytes: u64) -> Result<(), ModelError> {
        if bytes <= MAX_BYTES as u64 {
            return Ok(());
        }
        let what = format!("the package has {bytes} bytes, more than {MAX_BYTES}; train a smaller preset");
        Err(ModelError::new(ModelErrorKind::TooLarge, what))
    }

    /// Reads a package, strictly.
    pub fn parse(bytes: Bytes) -> Result<Self, ModelError> {
        Self::check_size(bytes.len() as u64)?;
        let (metadata, weights) = read::parse(&bytes)?;
        let fingerprint = Fingerprint::of(&bytes);
        Ok(Self { bytes, metadata: Arc::new(metadata), fingerprint, weights: Arc::new(weights) })
    }

    /// Writes a package in half precision from weights in the order of [`Architecture::tensors`].
    pub fn write(metadata: &Metadata<A>, weights: &[Vec<f32>]) -> Result<Self, ModelError> {
        // Read at once: what is written is held to the same rules as what comes from elsewhere.
        Self::parse(write::serialise(metadata, weights)?)
    }

    pub fn config(&self) -> A {
        self.metadata.config
    }

    pub fn metadata(&self) -> &Metadata<A> {
        &self.metadata
    }

    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The weights, in the order of [`Architecture::tensors`], each as long as its shape says, all finite.
    pub fn weights(&self) -> &[Vec<f32>] {
        &self.weights
    }
}

impl<A: Architecture> fmt::Debug for NetPackage<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package")
            .field("fingerprint", &self.fingerprint)
            .field("metadata", &self.metadata)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl<A: Architecture> PartialEq for NetPackage<A> {
    /// Two packages are equal when their bytes are.
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl<A: Architecture> Eq for NetPackage<A> {}
