//! F-EDSR: the small spatial net that runs on every picture.
//!
//! An EDSR ("Enhanced Deep Residual Networks for Single Image Super-Resolution", Lim et al., 2017) cut down to real time:
//!
//! ```text
//! luma N,1,H,W -- head 5x5 --+-- block x blocks -- close 3x3 --(+)-- up 3x3 -- pixel shuffle -- last 3x3 -- residual N,1,sH,sW
//!                            +---------------------------------+
//! block: x + conv2(relu(conv1(x))), both 3x3, without normalisation
//! ```
//!
//! - Luma in and out, in code values divided by 255, as coded: range and matrix are left alone.
//! - The output is a residual over the Lanczos upsampled luma. `last` starts at zero, so an untrained net adds nothing.
//! - The tail is narrow: `up` makes `tail` features per pixel of the *large* picture, not `channels`; there a feature costs
//!   `scale²` times what it costs before the shuffle. Nothing between `up` and `last` bends, so serving may fold the last
//!   convolution through the shuffle (`nets::torch` does).

mod config;

pub use config::{FEdsrConfig, MAX_BLOCKS, MAX_CHANNELS, MAX_TAIL, Preset};
