//! Why a package is not used. The net in use stays.

use media::ffmpeg::FfmpegError;
use models::{FEdsrConfig, ModelError, Package};
use nets::NetError;

use crate::inference::accepted::gain;
use crate::inference::prove::ProofFailure;

/// Why a package is not used; streamers are told.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The bytes are not a package, or not a patch of the package that it was announced for.
    #[error(transparent)]
    Package(#[from] ModelError),
    #[error("the stream does not have the package that the patch starts from; send the whole package")]
    OtherBase,
    #[error("this stream is configured for plain upsampling; set its profile to auto or a preset")]
    NoNets,
    #[error("the net scales by {sent}, this stream by {expected}; ask for the training order")]
    Scale { sent: u8, expected: u8 },
    /// More work than this machine does in time.
    #[error("{sent} is heavier than the {largest} that this server can run live; ask for the training order")]
    TooHeavy { sent: FEdsrConfig, largest: FEdsrConfig },
    #[error(
        "the package's own training summary says {gain:+.2} dB; upload it once it gains over plain upsampling"
    )]
    NoGain { gain: f64 },
    #[error("the package has no training summary; upload packages that the trainer wrote")]
    NoSummary,
    /// The net cannot be built, or fails on a picture.
    #[error("{0}")]
    Fails(String),
    /// The net makes pictures worse.
    #[error(transparent)]
    Proof(#[from] ProofFailure),
    #[error("the picture that the net is proven on cannot be scaled: {0}")]
    Scaler(#[from] FfmpegError),
    /// Says nothing about the package.
    #[error("the package could not be tried: {0}; try again")]
    Engine(#[from] NetError),
    #[error("too many packages wait to be proven; try again in a few seconds")]
    Busy,
}

/// What can be said against a package before a net is built of it. `largest` is what streamers are told to train.
pub(super) fn check(package: &Package, largest: FEdsrConfig) -> Result<(), Rejection> {
    let sent = package.config();
    if sent.scale != largest.scale {
        return Err(Rejection::Scale { sent: sent.scale, expected: largest.scale });
    }
    if sent.is_larger_than(largest) {
        return Err(Rejection::TooHeavy { sent, largest });
    }
    match gain(package) {
        None => Err(Rejection::NoSummary),
        Some(gain) if gain > 0.0 => Ok(()),
        Some(gain) => Err(Rejection::NoGain { gain }),
    }
}

#[cfg(test)]
mod tests {
    use models::Preset;

    use super::*;
    use crate::inference::fake::package;

    #[test]
    fn packages_must_gain_fit_and_say_so() {
        let small = Preset::Small.config(2).unwrap();
        assert!(check(&package(Preset::Small, 2, Some(0.5)), small).is_ok());
        assert!(check(&package(Preset::Nano, 2, Some(0.5)), small).is_ok());
        let rejected = |preset, gain| check(&package(preset, 2, gain), small).unwrap_err();
        assert!(matches!(rejected(Preset::Base, Some(0.5)), Rejection::TooHeavy { .. }));
        assert!(matches!(rejected(Preset::Small, Some(0.0)), Rejection::NoGain { .. }));
        assert!(matches!(rejected(Preset::Small, None), Rejection::NoSummary));
        let tripled = Preset::Small.config(3).unwrap();
        let wrong_scale = check(&package(Preset::Small, 2, Some(0.5)), tripled);
        assert!(matches!(wrong_scale, Err(Rejection::Scale { .. })));
    }
}
