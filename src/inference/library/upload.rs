//! What a streamer sends: a whole package, or what changed since one that the stream had.

use bytes::Bytes;
use models::package::Patch;
use models::{Fingerprint, Package};

use super::rejection::Rejection;
use crate::inference::accepted::Accepted;

/// An upload, as it came. Reading it is work for the loader's thread.
#[derive(Debug)]
pub enum PackageUpload {
    Whole(Bytes),
    /// A patch's bytes, and which package it starts from.
    Patch(Fingerprint, Bytes),
}

impl PackageUpload {
    /// The package, whole.
    pub(super) fn read(self, accepted: &Accepted) -> Result<Package, Rejection> {
        match self {
            Self::Whole(bytes) => Ok(Package::parse(bytes)?),
            Self::Patch(base, bytes) => {
                let base = accepted.held(base).ok_or(Rejection::OtherBase)?;
                Ok(Patch::parse(bytes)?.apply(&base)?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use api::control::ModelOrigin;
    use models::{ModelErrorKind, Preset, stock};

    use super::*;

    #[test]
    fn a_patch_is_applied_to_what_the_stream_had_and_to_nothing_else() {
        let stock = stock::package(Preset::Nano).unwrap();
        let scaled = |factor: f32| {
            let weights: Vec<Vec<f32>> = stock
                .weights()
                .iter()
                .map(|tensor| tensor.iter().map(|weight| weight * factor).collect())
                .collect();
            Package::write(stock.metadata(), &weights).unwrap()
        };
        let (first, second) = (scaled(0.5), scaled(0.25));
        let accepted = Accepted::default();
        let read = |named: &Package, from: &Package, to: &Package| {
            let bytes = Patch::between(from, to).unwrap().bytes().clone();
            PackageUpload::Patch(named.fingerprint(), bytes).read(&accepted)
        };

        assert_eq!(read(&stock, &stock, &first).unwrap(), first, "stock packages are always there");
        assert!(matches!(read(&first, &first, &second), Err(Rejection::OtherBase)), "it never came");
        accepted.add(&first, ModelOrigin::Trained);
        accepted.add(&second, ModelOrigin::Trained);
        assert_eq!(read(&first, &first, &stock).unwrap(), stock, "what it had before");
        assert_eq!(read(&first, &first, &first).unwrap(), first, "back to it, by name");
        let misnamed = read(&second, &first, &stock);
        let Err(Rejection::Package(error)) = misnamed else { panic!("{misnamed:?}") };
        assert_eq!(error.kind, ModelErrorKind::OtherPackage);
        accepted.clear();
        assert!(matches!(read(&first, &first, &second), Err(Rejection::OtherBase)), "another session");
    }
}
