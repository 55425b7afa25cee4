//! When packets come: how late, and how far apart keyframes are.

use clap::ValueEnum;
use media::MediaTime;

/// From one keyframe to the next: the usual length of an HLS segment, which begins with one.
pub(super) const KEY_INTERVAL: MediaTime = MediaTime::from_millis(2_000);
/// What [`Latency::Normal`] lets the encoder see of what follows.
pub(super) const LOOK_AHEAD: MediaTime = MediaTime::from_millis(1_000);

/// How long after a picture its packet may come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Latency {
    // At once.
    Low,
    // A second and some pictures later, for a picture that is 1 to 2 dB better.
    #[default]
    Normal,
}
