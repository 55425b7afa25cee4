//! The nets against vectors that independent implementations made (`*.py` beside this file): forward pass and gradients.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

mod f_edsr;
mod file;
mod tcsr;
mod warp;
