//! Over HTTP to the server's control API: trained networks, below a rate, and how training stands.

mod client;
mod difference;
mod paced;
#[cfg(test)]
pub(crate) mod peer;
mod reporter;
mod uploader;

pub use client::{ApiError, Client, UploadTarget};
pub use difference::send_difference;
pub use paced::PacedReader;
pub use reporter::report_training;
pub use uploader::Uploader;
