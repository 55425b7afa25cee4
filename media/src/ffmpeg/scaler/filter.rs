//! The filters of libswscale that we use.

/// How samples between samples are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Linear: fast and soft.
    Bilinear,
    /// Cubic.
    Bicubic,
    /// Windowed sinc with three lobes: sharp.
    Lanczos,
    /// Averages what falls into a sample: for making pictures much smaller.
    Area,
}
