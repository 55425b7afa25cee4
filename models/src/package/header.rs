//! The metadata keys of the format and the values that are fixed.

pub(super) const FORMAT: (&str, &str) = ("format", "sharpcast-model");
pub(super) const FORMAT_VERSION: (&str, &str) = ("format_version", "1");
pub(super) const ARCHITECTURE: (&str, &str) = ("architecture", "f-edsr");
pub(super) const COLOUR: (&str, &str) = ("colour", "luma/255");
pub(super) const BASE: (&str, &str) = ("base", "lanczos");

/// Every key whose value is fixed.
pub(super) const FIXED: [(&str, &str); 5] = [FORMAT, FORMAT_VERSION, ARCHITECTURE, COLOUR, BASE];

pub(super) const CHANNELS: &str = "channels";
pub(super) const BLOCKS: &str = "blocks";
pub(super) const SCALE: &str = "scale";
pub(super) const TAIL: &str = "tail";
pub(super) const PARENT: &str = "parent";
pub(super) const TRAINING: &str = "training";
