//! Over HTTP to the server's control API: trained networks, below a rate, and how training stands.

mod client;
mod reporter;
mod slot;
mod token_bucket;
mod uploader;

pub use client::{ApiError, Client, UploadTarget};
pub use reporter::Reporter;
pub use slot::Slot;
pub use token_bucket::{PIECE, PacedReader, TokenBucket};
pub use uploader::Uploader;
