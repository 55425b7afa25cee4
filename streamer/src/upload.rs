//! Over HTTP to the server's control API: trained networks, below a rate, and how training stands.

mod client;
mod paced;
mod reporter;
mod uploader;

pub use client::{ApiError, Client, UploadTarget};
pub use paced::PacedReader;
pub use reporter::report_training;
pub use uploader::Uploader;
