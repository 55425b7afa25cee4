//! What a streamer sends: a whole package, or what changed since one that the stream had.

use bytes::Bytes;
use models::package::Patch;
use models::{FEdsrConfig, Fingerprint, Package};

use super::rejection::PackageRejection;
use crate::inference::accepted::{Accepted, gain};

/// An upload, as it came. Reading it is work for the loader's thread.
#[derive(Debug)]
pub enum PackageUpload {
    Whole(Bytes),
    /// A patch's bytes, and which package it starts from.
    Patch(Fingerprint, Bytes),
}

impl PackageUpload {
    /// The package, whole.
    pub(super) fn read(self, accepted: &Accepted) -> Result<Package, PackageRejection> {
        match self {
            Self::Whole(bytes) => Ok(Package::parse(bytes)?),
            Self::Patch(base, bytes) => {
                let base = accepted.held(base).ok_or(PackageRejection::OtherBase)?;
                Ok(Patch::parse(bytes)?.apply(&base)?)
            }
        }
    }
}

/// What can be said against a package before a net is built of it. `largest` is what streamers are told to train.
pub(super) fn check(package: &Package, largest: FEdsrConfig) -> Result<(), PackageRejection> {
    let sent = package.config();
    if sent.scale != largest.scale {
        return Err(PackageRejection::Scale { sent: sent.scale, expected: largest.scale });
    }
    if sent.is_larger_than(largest) {
        return Err(PackageRejection::TooHeavy { sent, largest });
    }
    match gain(package) {
        None => Err(PackageRejection::NoSummary),
        Some(gain) if gain > 0.0 => Ok(()),
        Some(gain) => Err(PackageRejection::NoGain { gain }),
    }
}

#[cfg(test)]
mod tests {
    use api::control::ModelOrigin;
    use models::{ModelErrorKind, Preset, stock};

    use super::*;
    use crate::inference::fake::package;

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
        assert!(matches!(read(&first, &first, &second), Err(PackageRejection::OtherBase)), "it never came");
        accepted.add(&first, ModelOrigin::Trained);
        accepted.add(&second, ModelOrigin::Trained);
        assert_eq!(read(&first, &first, &stock).unwrap(), stock, "what it had before");
        assert_eq!(read(&first, &first, &first).unwrap(), first, "back to it, by name");
        let misnamed = read(&second, &first, &stock);
        let Err(PackageRejection::Package(error)) = misnamed else { panic!("{misnamed:?}") };
        assert_eq!(error.kind, ModelErrorKind::OtherPackage);
        accepted.clear();
        assert!(matches!(read(&first, &first, &second), Err(PackageRejection::OtherBase)), "another session");
    }

    #[test]
    fn packages_must_gain_fit_and_say_so() {
        let small = Preset::Small.config(2).unwrap();
        assert!(check(&package(Preset::Small, 2, Some(0.5)), small).is_ok());
        assert!(check(&package(Preset::Nano, 2, Some(0.5)), small).is_ok());
        let rejected = |preset, gain| check(&package(preset, 2, gain), small).unwrap_err();
        assert!(matches!(rejected(Preset::Base, Some(0.5)), PackageRejection::TooHeavy { .. }));
        assert!(matches!(rejected(Preset::Small, Some(0.0)), PackageRejection::NoGain { .. }));
        assert!(matches!(rejected(Preset::Small, None), PackageRejection::NoSummary));
        let tripled = Preset::Small.config(3).unwrap();
        let wrong_scale = check(&package(Preset::Small, 2, Some(0.5)), tripled);
        assert!(matches!(wrong_scale, Err(PackageRejection::Scale { .. })));
    }
}
