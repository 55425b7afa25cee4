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
use thiserror::Error;

use crate::arch::Architecture;
use crate::arch::f_edsr::{self, FEdsrConfig};
use crate::arch::tcsr::{self, TcsrConfig};

pub use fingerprint::{Fingerprint, NotAFingerprint};
pub use metadata::{Metadata, NetMetadata, TrainingSummary};
pub use patch::{Patch, PatchError};
pub use read::tensor_beyond;
pub use shelf::Shelf;

/// Largest package that is read. The largest preset in single precision takes 5 MiB.
pub const MAX_BYTES: usize = 16 << 20;
/// Largest header that is read. The deepest net that is accepted lists 136 tensors in 12 KiB.
pub const MAX_HEADER_BYTES: usize = 64 << 10;

/// A net that was read and found whole. Clones share the bytes.
#[derive(Clone)]
pub struct NetPackage<A: Architecture> {
    bytes: Bytes,
    metadata: Arc<NetMetadata<A>>,
    fingerprint: Fingerprint,
    /// Weights in the order of [`Architecture::tensors`].
    weights: Arc<Vec<Vec<f32>>>,
}

/// An F-EDSR: what streamers upload.
pub type Package = NetPackage<FEdsrConfig>;
/// A TCSR: part of the program.
pub type TcsrPackage = NetPackage<TcsrConfig>;

/// Why bytes are not a package.
#[derive(Debug, Error)]
pub enum PackageError {
    /// More than [`MAX_BYTES`].
    #[error("the package has {bytes} bytes, more than {MAX_BYTES}; train a smaller preset")]
    TooLarge {
        /// Bytes that were offered.
        bytes: usize,
    },
    /// A header longer than [`MAX_HEADER_BYTES`].
    #[error(
        "the safetensors header claims {bytes} bytes, more than {MAX_HEADER_BYTES}; this is no package of this program"
    )]
    HeaderTooLarge {
        /// Claimed length.
        bytes: u64,
    },
    /// Not safetensors, or cut short.
    #[error("not a whole safetensors file ({0}); send the file as the trainer wrote it")]
    Malformed(#[source] safetensors::SafeTensorError),
    /// A tensor ends behind the end of the file.
    #[error("tensor {name:?} ends behind the file; send the file as the trainer wrote it")]
    Beyond {
        /// The tensor.
        name: String,
    },
    /// A metadata key is missing.
    #[error("metadata lacks {key:?}; write packages with this program's trainer")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// A metadata value is not understood.
    #[error("metadata has {key} = {value:?}, expected {expected}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// What it holds, shortened.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// Parameters outside the limits.
    #[error("metadata describes a net that is not accepted: {0}")]
    FEdsr(#[from] f_edsr::ConfigError),
    /// Parameters outside the limits.
    #[error("metadata describes a net that is not accepted: {0}")]
    Tcsr(#[from] tcsr::ConfigError),
    /// A tensor of the architecture is missing.
    #[error("tensor {name:?} is missing; the package does not hold the net that its metadata describes")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor that the architecture does not have.
    #[error("tensor {name:?} does not belong to {config}")]
    UnknownTensor {
        /// Its name, shortened.
        name: String,
        /// The net.
        config: String,
    },
    /// A tensor has another shape.
    #[error("tensor {name:?} has shape {found:?}, expected {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// Shape in the package.
        found: Vec<usize>,
        /// Shape in the architecture.
        expected: Vec<usize>,
    },
    /// A tensor of another type than F16 or F32, or of both in one package.
    #[error("tensor {name:?} is {found}; all tensors are F16, or all are F32")]
    Dtype {
        /// Its name.
        name: String,
        /// Type in the package.
        found: String,
    },
    /// NaN or infinity.
    #[error(
        "tensor {name:?} holds a number that is not finite; training diverged, start again from an earlier package"
    )]
    NotFinite {
        /// Its name.
        name: String,
    },
}

impl<A: Architecture> NetPackage<A> {
    /// Reads a package, strictly.
    pub fn parse(bytes: Bytes) -> Result<Self, PackageError> {
        read::parse(bytes)
    }

    /// Writes a package in half precision from weights in the order of [`Architecture::tensors`].
    pub fn write(metadata: &NetMetadata<A>, weights: &[Vec<f32>]) -> Result<Self, PackageError> {
        read::parse(write::serialise(metadata, weights)?)
    }

    /// Parameters of the net.
    pub fn config(&self) -> A {
        self.metadata.config
    }

    /// What is known of the net.
    pub fn metadata(&self) -> &NetMetadata<A> {
        &self.metadata
    }

    /// SHA-256 of the bytes.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The file, as it travels.
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
