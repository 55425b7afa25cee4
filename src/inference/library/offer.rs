//! What a streamer offers: a whole package, or what changed since one that the stream had.

use bytes::Bytes;
use models::package::Patch;
use models::{Fingerprint, Package};

use super::Rejection;
use crate::inference::model::StreamModel;

/// An upload, as it came. Reading it is work for the loader's thread.
#[derive(Debug)]
pub enum Offer {
    /// A package's bytes.
    Whole(Bytes),
    /// A patch's bytes, and which package it starts from.
    Patch(Fingerprint, Bytes),
}

impl Offer {
    /// The package, whole.
    pub(super) fn package(self, model: &StreamModel) -> Result<Package, Rejection> {
        match self {
            Self::Whole(bytes) => Ok(Package::parse(bytes)?),
            Self::Patch(base, bytes) => {
                let base = model.held(base).ok_or(Rejection::OtherBase)?;
                Ok(Patch::parse(bytes)?.apply(&base)?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use api::control::ModelOrigin;
    use models::package::PatchError;
    use models::{Preset, stock};

    use super::*;
    use crate::inference::Profile;

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
        let model = StreamModel::new("demo".parse().unwrap(), Profile::Auto);
        let offer = |named: &Package, from: &Package, to: &Package| {
            let bytes = Patch::between(from, to).unwrap().bytes().clone();
            Offer::Patch(named.fingerprint(), bytes).package(&model)
        };

        assert_eq!(offer(&stock, &stock, &first).unwrap(), first, "stock packages are always there");
        assert!(matches!(offer(&first, &first, &second), Err(Rejection::OtherBase)), "it never came");
        model.accept(&first, ModelOrigin::Trained);
        model.accept(&second, ModelOrigin::Trained);
        assert_eq!(offer(&first, &first, &stock).unwrap(), stock, "what it had before");
        assert_eq!(offer(&first, &first, &first).unwrap(), first, "back to it, by name");
        let misnamed = offer(&second, &first, &stock);
        assert!(matches!(misnamed, Err(Rejection::Patch(PatchError::OtherBase { .. }))));
        model.session_ended();
        assert!(matches!(offer(&first, &first, &second), Err(Rejection::OtherBase)), "another session");
    }
}
