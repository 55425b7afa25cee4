//! What a streamer offers: a whole package, or what changed since one that the stream has.

use bytes::Bytes;
use models::Package;
use models::package::{Fingerprint, Patch};

use super::Rejection;
use crate::enhance::model::StreamModel;

/// An upload, as it came. Reading it is work for the loader's thread.
#[derive(Debug)]
pub enum Offer {
    /// A package's bytes.
    Whole(Bytes),
    /// A patch's bytes, and for which package they are meant.
    Patch(Condition, Bytes),
}

/// Which package a patch may be applied to, as `If-Match` says it (RFC 9110, 13.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Whatever the stream has.
    Any,
    /// One of these.
    OneOf(Vec<Fingerprint>),
}

impl Condition {
    /// The stream's package, if it is one that is meant.
    pub fn base(&self, model: &StreamModel) -> Result<Package, Rejection> {
        let (_, package) = model.accepted().ok_or(Rejection::OtherBase)?;
        let meant = match self {
            Self::Any => true,
            Self::OneOf(fingerprints) => fingerprints.contains(&package.fingerprint()),
        };
        if meant { Ok(package) } else { Err(Rejection::OtherBase) }
    }
}

impl Offer {
    /// The package, whole.
    pub(super) fn package(self, model: &StreamModel) -> Result<Package, Rejection> {
        match self {
            Self::Whole(bytes) => Ok(Package::parse(bytes)?),
            Self::Patch(condition, bytes) => {
                let base = condition.base(model)?;
                Ok(Patch::parse(bytes)?.apply(&base)?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use models::package::PatchError;
    use models::{Preset, stock};
    use protocol::control::ModelOrigin;

    use super::*;
    use crate::config::Profile;

    #[test]
    fn a_patch_is_applied_to_what_the_stream_has_and_to_nothing_else() {
        let stock = stock::package(Preset::Nano).unwrap();
        let halved: Vec<Vec<f32>> =
            stock.weights().iter().map(|tensor| tensor.iter().map(|weight| weight / 2.0).collect()).collect();
        let new = Package::write(stock.metadata(), &halved).unwrap();
        let bytes = Patch::between(&stock, &new).unwrap().bytes().clone();
        let meant = Condition::OneOf(vec![Fingerprint::of(b"earlier"), stock.fingerprint()]);
        let model = StreamModel::new("demo".parse().unwrap(), Profile::Auto);
        let offer = |condition: &Condition| Offer::Patch(condition.clone(), bytes.clone()).package(&model);

        assert!(matches!(offer(&meant), Err(Rejection::OtherBase)), "the stream has nothing yet");
        model.accept(&stock, ModelOrigin::Stock);
        for condition in [&meant, &Condition::Any] {
            assert_eq!(offer(condition).unwrap(), new);
        }
        let other = Condition::OneOf(vec![new.fingerprint()]);
        assert!(matches!(offer(&other), Err(Rejection::OtherBase)));
        model.accept(&new, ModelOrigin::Trained);
        assert!(matches!(offer(&meant), Err(Rejection::OtherBase)), "too late");
        assert!(matches!(offer(&other), Err(Rejection::Patch(PatchError::OtherBase { .. }))));
    }
}
