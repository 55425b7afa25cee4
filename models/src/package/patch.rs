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

use super::{Fingerprint, MAX_BYTES, Package};
use crate::arch::Architecture as _;
use crate::error::{ModelError, ModelErrorKind};
use header::HeaderEdit;

const MAGIC: &[u8; 4] = b"SCPD";
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

impl Patch {
    /// What makes `new` of `base`. Both describe the same net in half precision; the patch was tried.
    pub fn between(base: &Package, new: &Package) -> Result<Self, ModelError> {
        if base.config() != new.config() {
            let what = format!(
                "there is no difference between {} and {}; send the whole package",
                base.config(),
                new.config()
            );
            return Err(ModelError::new(ModelErrorKind::OtherPackage, what));
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
        // Tried before it is sent: a receiver would only find the same fault later.
        patch.apply(base)?;
        Ok(patch)
    }

    /// Reads a patch as far as that is possible without its base.
    pub fn parse(bytes: Bytes) -> Result<Self, ModelError> {
        if bytes.len() > MAX_BYTES {
            let what =
                format!("the patch has {} bytes, more than {MAX_BYTES}; send the package", bytes.len());
            return Err(ModelError::new(ModelErrorKind::TooLarge, what));
        }
        let no_patch = || {
            let what = "this is no patch; send what this program's trainer made";
            ModelError::new(ModelErrorKind::Damaged, what)
        };
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(no_patch)?;
        let (&version, rest) = rest.split_first().ok_or_else(no_patch)?;
        if version != VERSION {
            let what = format!(
                "the patch has version {version}, this program reads {VERSION}; send the whole package"
            );
            return Err(ModelError::new(ModelErrorKind::Damaged, what));
        }
        let (base, rest) = rest.split_first_chunk().ok_or_else(no_patch)?;
        let (result, _) = rest.split_first_chunk().ok_or_else(no_patch)?;
        let base = Fingerprint::from_bytes(*base);
        let result = Fingerprint::from_bytes(*result);
        Ok(Self { bytes, base, result })
    }

    /// Makes the new package of the old one.
    pub fn apply(&self, base: &Package) -> Result<Package, ModelError> {
        if base.fingerprint() != self.base {
            let what = format!(
                "the patch changes package {}, not {}; send the whole package",
                self.base,
                base.fingerprint()
            );
            return Err(ModelError::new(ModelErrorKind::OtherPackage, what));
        }
        let (old_header, old) = parts(base)?;
        // No more than an edit and the net's own weights: a deflate bomb ends here.
        let body = inflate(&self.bytes[PREAMBLE..], HeaderEdit::MAX_BYTES + old.len())?;
        let (edit, planes) = HeaderEdit::parse(&body)?;
        let header = edit.apply(old_header)?;
        let new = weights::add(old, planes)
            .ok_or_else(|| ModelError::damaged_patch("another number of weights"))?;
        let mut file = BytesMut::with_capacity(8 + header.len() + new.len());
        file.put_u64_le(header.len() as u64);
        file.put_slice(&header);
        file.put_slice(&new);
        let package = Package::parse(file.freeze());
        let package = package.map_err(|error| error.within("the patch does not make a package"))?;
        if package.fingerprint() != self.result {
            let what = format!(
                "the patch makes package {} instead of {}; send the whole package",
                package.fingerprint(),
                self.result
            );
            return Err(ModelError::new(ModelErrorKind::OtherPackage, what));
        }
        Ok(package)
    }

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
fn parts(package: &Package) -> Result<(&[u8], &[u8]), ModelError> {
    let (length, rest) = package.bytes().split_first_chunk::<8>().expect("a package was read strictly");
    let (header, weights) = rest.split_at(u64::from_le_bytes(*length) as usize);
    if weights.len() != 2 * package.config().parameters() {
        let package = package.fingerprint();
        let what = format!("package {package} is not in half precision; send the whole package");
        return Err(ModelError::new(ModelErrorKind::OtherPackage, what));
    }
    Ok((header, weights))
}

/// Each piece with codes of its own: text, low bytes and high bytes have nothing in common.
fn deflate(header: &[u8], [low, high]: &[Vec<u8>; 2]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    for piece in [header, low] {
        encoder.write_all(piece).and_then(|()| encoder.flush()).expect("a Vec takes everything");
    }
    encoder.write_all(high).and_then(|()| encoder.finish()).expect("a Vec takes everything")
}

/// At most `limit` bytes; the stream has to end where the patch does.
fn inflate(stream: &[u8], limit: usize) -> Result<Vec<u8>, ModelError> {
    // One byte beyond the limit tells too long from just long enough.
    let mut decoder = DeflateDecoder::new(stream).take(limit as u64 + 1);
    let mut body = Vec::new();
    decoder.read_to_end(&mut body).map_err(|_| ModelError::damaged_patch("not a deflate stream"))?;
    if body.len() > limit {
        return Err(ModelError::damaged_patch("longer than its net"));
    }
    // Bytes that no reader looks at would give one patch many names.
    if decoder.into_inner().total_in() != stream.len() as u64 {
        return Err(ModelError::damaged_patch("bytes behind its end"));
    }
    Ok(body)
}
