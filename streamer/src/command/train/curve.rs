//! How a training went, point by point.

/// How a training went.
pub(super) struct Run {
    /// PSNR of Lanczos upsampling on what is held out, in dB.
    pub(super) lanczos: f64,
    pub(super) points: Vec<Point>,
}

/// Where it stood.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Point {
    pub(super) seconds: f64,
    pub(super) steps: u64,
    /// Mean squared error of the last batch, pictures in 0..1.
    pub(super) loss: f64,
    /// PSNR of the network on what is held out, in dB.
    pub(super) psnr: f64,
}

impl Run {
    pub(super) fn last(&self) -> Point {
        self.points.last().copied().unwrap_or_default()
    }
}
