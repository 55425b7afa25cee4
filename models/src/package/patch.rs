//! What changed between two packages of the same net: bit-exact, compressed, and bound to both by their fingerprints.
//!
//! A streamer that trains live sends net after net, each a little different from the one before, over an uplink that the
//! video needs. A [`Patch`] takes two thirds of a trained package, and a third or less where weights hardly moved
//! (docs/adr/0009 has the figures, `examples/patch-sizes.rs` makes them).
//!
//! The format, version 1; numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `SCPD` |
//! | 1 | version, 1 |
//! | 32 | fingerprint of the base |
//! | 32 | fingerprint of the result |
//! | the rest | a deflate stream (RFC 1951) of the body |
//!
//! The body is the new file's header as an edit of the base's ([`header`]), followed by the weights ([`weights`]): for
//! each half-precision number how many representable numbers lie between old and new, as one plane of low bytes and one
//! of high bytes. Both packages hold half precision, as this program writes them.
//!
//! Nothing foreign is trusted: inflating stops at what the base allows, the result is read by [`Package::parse`], and it
//! has the fingerprint that the patch announces, or it is refused.

mod header;
mod weights;

#[cfg(test)]
mod tests;

use std::io::{Read, Write};

use bytes::{BufMut, Bytes, BytesMut};
use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use header::HeaderEdit;
use thiserror::Error;

use super::{Fingerprint, MAX_BYTES, MAX_HEADER_BYTES, Package, PackageError};
use crate::arch::Architecture as _;
use crate::arch::f_edsr::FEdsrConfig;

/// What every patch begins with.
const MAGIC: &[u8; 4] = b"SCPD";
/// The version that is written and read.
const VERSION: u8 = 1;
/// Bytes before the deflate stream: magic, version, two fingerprints.
const PREAMBLE: usize = MAGIC.len() + 1 + 2 * 32;

/// What makes one package of another. Clones share the bytes.
#[derive(Debug, Clone)]
pub struct Patch {
    bytes: Bytes,
    base: Fingerprint,
    result: Fingerprint,
}

/// Why there is no patch, or why it cannot be applied.
#[derive(Debug, Error)]
pub enum PatchError {
    /// More than [`MAX_BYTES`].
    #[error("the patch has {bytes} bytes, more than {MAX_BYTES}; send the package")]
    TooLarge {
        /// Bytes that were offered.
        bytes: usize,
    },
    /// Other bytes, or cut short within the first [`PREAMBLE`].
    #[error("this is no patch; send what this program's trainer made")]
    NotAPatch,
    /// A version that is not known.
    #[error("the patch has version {found}, this program reads {VERSION}; send the whole package")]
    Version {
        /// The patch's.
        found: u8,
    },
    /// Made for another package.
    #[error("the patch changes package {expected}, not {found}; send the whole package")]
    OtherBase {
        /// What the patch was made from.
        expected: Fingerprint,
        /// What it was to be applied to.
        found: Fingerprint,
    },
    /// Two nets that have different weights.
    #[error("there is no difference between {base} and {new}; send the whole package")]
    OtherNet {
        /// The old package's net.
        base: FEdsrConfig,
        /// The new package's net.
        new: FEdsrConfig,
    },
    /// A package in single precision.
    #[error("package {package} is not in half precision; send the whole package")]
    NotHalf {
        /// The package.
        package: Fingerprint,
    },
    /// The deflate stream is damaged, or holds more or less than the base's net needs.
    #[error("the patch is damaged ({0}); send it again, or the whole package")]
    Damaged(&'static str),
    /// What came out is not a package.
    #[error("the patch does not make a package: {0}")]
    Package(#[from] PackageError),
    /// What came out is another package than announced.
    #[error("the patch makes package {found} instead of {expected}; send the whole package")]
    OtherResult {
        /// What the patch announces.
        expected: Fingerprint,
        /// What came out.
        found: Fingerprint,
    },
}

impl Patch {
    /// What makes `new` of `base`. Both describe the same net in half precision; the patch was tried.
    pub fn between(base: &Package, new: &Package) -> Result<Self, PatchError> {
        if base.config() != new.config() {
            return Err(PatchError::OtherNet { base: base.config(), new: new.config() });
        }
        let (old_header, old) = parts(base)?;
        let (new_header, new_weights) = parts(new)?;
        let mut bytes = BytesMut::new();
        bytes.put_slice(MAGIC);
        bytes.put_u8(VERSION);
        bytes.put_slice(base.fingerprint().as_bytes());
        bytes.put_slice(new.fingerprint().as_bytes());
        let body = deflate(
            &HeaderEdit::between(old_header, new_header).to_bytes(),
            &weights::subtract(old, new_weights),
        );
        bytes.put_slice(&body);
        let patch = Self { bytes: bytes.freeze(), base: base.fingerprint(), result: new.fingerprint() };
        patch.apply(base)?;
        Ok(patch)
    }

    /// Reads a patch as far as that is possible without its base.
    pub fn parse(bytes: Bytes) -> Result<Self, PatchError> {
        if bytes.len() > MAX_BYTES {
            return Err(PatchError::TooLarge { bytes: bytes.len() });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(PatchError::NotAPatch)?;
        let (&version, rest) = rest.split_first().ok_or(PatchError::NotAPatch)?;
        if version != VERSION {
            return Err(PatchError::Version { found: version });
        }
        let (base, rest) = rest.split_first_chunk().ok_or(PatchError::NotAPatch)?;
        let (result, _) = rest.split_first_chunk().ok_or(PatchError::NotAPatch)?;
        let (base, result) = (Fingerprint::from_bytes(*base), Fingerprint::from_bytes(*result));
        Ok(Self { bytes, base, result })
    }

    /// Makes the new package of the old one.
    pub fn apply(&self, base: &Package) -> Result<Package, PatchError> {
        if base.fingerprint() != self.base {
            return Err(PatchError::OtherBase { expected: self.base, found: base.fingerprint() });
        }
        let (old_header, old) = parts(base)?;
        let body = inflate(&self.bytes[PREAMBLE..], HeaderEdit::MAX_BYTES + old.len())?;
        let (edit, planes) = HeaderEdit::parse(&body)?;
        let header = edit.apply(old_header)?;
        let new = weights::add(old, planes).ok_or(PatchError::Damaged("another number of weights"))?;
        let mut file = BytesMut::with_capacity(8 + header.len() + new.len());
        file.put_u64_le(header.len() as u64);
        file.put_slice(&header);
        file.put_slice(&new);
        let package = Package::parse(file.freeze())?;
        if package.fingerprint() != self.result {
            return Err(PatchError::OtherResult { expected: self.result, found: package.fingerprint() });
        }
        Ok(package)
    }

    /// The patch, as it travels.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Fingerprint of the package that it changes.
    pub fn base(&self) -> Fingerprint {
        self.base
    }

    /// Fingerprint of the package that it makes.
    pub fn result(&self) -> Fingerprint {
        self.result
    }
}

/// A package's header as JSON, and its weights as they lie in the file.
fn parts(package: &Package) -> Result<(&[u8], &[u8]), PatchError> {
    let (length, rest) = package.bytes().split_first_chunk::<8>().expect("a package was read strictly");
    let (header, weights) = rest.split_at(u64::from_le_bytes(*length) as usize);
    if weights.len() != 2 * package.config().parameters() {
        return Err(PatchError::NotHalf { package: package.fingerprint() });
    }
    Ok((header, weights))
}

/// Each piece with codes of its own: text, low bytes and high bytes have nothing in common.
fn deflate(header: &[u8], planes: &weights::Planes) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    for piece in [header, &planes.low] {
        encoder.write_all(piece).and_then(|()| encoder.flush()).expect("a Vec takes everything");
    }
    encoder.write_all(&planes.high).and_then(|()| encoder.finish()).expect("a Vec takes everything")
}

/// At most `limit` bytes; the stream has to end where the patch does.
fn inflate(stream: &[u8], limit: usize) -> Result<Vec<u8>, PatchError> {
    let mut decoder = DeflateDecoder::new(stream).take(limit as u64 + 1);
    let mut body = Vec::new();
    decoder.read_to_end(&mut body).map_err(|_| PatchError::Damaged("not a deflate stream"))?;
    if body.len() > limit {
        return Err(PatchError::Damaged("longer than its net"));
    }
    if decoder.into_inner().total_in() != stream.len() as u64 {
        return Err(PatchError::Damaged("bytes behind its end"));
    }
    Ok(body)
}
