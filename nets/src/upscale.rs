//! Serving: a low-resolution picture and its plain upsampling in, the enhanced picture out.
//!
//! [`Upscale`] is the seam for other engines and other architectures; [`crate::torch::FEdsrUpscaler`] is the engine on libtorch.

use media::picture::{Picture, Size};
use thiserror::Error;

/// Makes pictures better. An implementation belongs to one thread at a time.
pub trait Upscale: Send {
    /// Enhances `plain`, which is `lr` upsampled by the Lanczos filter to the final size. Time stamp, colour and chroma
    /// are those of `plain`.
    ///
    /// On an error the picture is lost; upsample `lr` again and show that.
    fn upscale(&mut self, lr: &Picture, plain: Picture) -> Result<Picture, UpscaleError>;
}

/// Why a picture was not enhanced.
#[derive(Debug, Error)]
pub enum UpscaleError {
    /// The picture does not have the size that the net makes.
    #[error("the net makes {expected} of {lr}, the plain picture has {plain}; upsample by the net's scale")]
    Size {
        /// Size of the low-resolution picture.
        lr: Size,
        /// Size of the plain picture.
        plain: Size,
        /// Size that the net makes.
        expected: Size,
    },
    /// The enhanced picture would be larger than pictures can be.
    #[error("a picture of {size} is too large; send a smaller picture")]
    TooLarge {
        /// Size of the enhanced picture.
        size: Size,
    },
    /// The net's output holds NaN or infinity.
    #[error("the net's output is not finite; go back to the package before this one")]
    NotFinite,
    /// libtorch failed.
    #[error("libtorch failed: {0}")]
    Torch(#[from] tch::TchError),
}
