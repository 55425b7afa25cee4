//! The metadata keys of the format and the values that are fixed.

use crate::arch::Architecture;

pub(super) const PARENT: &str = "parent";
pub(super) const TRAINING: &str = "training";

/// Every key whose value is fixed, for packages of this architecture.
pub(super) fn fixed<A: Architecture>() -> [(&'static str, &'static str); 5] {
    [
        ("format", "sharpcast-model"),
        ("format_version", "1"),
        ("architecture", A::NAME),
        ("colour", "luma/255"),
        ("base", A::BASE),
    ]
}
