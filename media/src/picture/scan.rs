//! How the lines of a picture belong to instants.

/// Whether a picture is one instant, or two fields that were taken one after the other, one in every other line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scan {
    #[default]
    Progressive,
    /// Interlaced; the first line belongs to the earlier field.
    TopFieldFirst,
    /// Interlaced; the first line belongs to the later field.
    BottomFieldFirst,
}
