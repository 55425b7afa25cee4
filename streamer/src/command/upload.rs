//! `streamer upload`: gives a server a trained network.

use std::path::Path;

use crate::failure::Failure;
use crate::upload::{ApiError, Client, UploadTarget};

/// Uploads at full speed: there is no video to disturb.
pub(super) fn run(model: &Path, target: UploadTarget) -> Result<String, Failure> {
    let package = super::inspect::read(model)?;
    let watch = api::control::routes::watch(&target.name);
    let server = target.server.as_str().trim_end_matches('/').to_owned();
    let report =
        Client::new(target).upload(package.bytes().len(), &mut &package.bytes()[..]).map_err(|error| {
            match error {
                ApiError::Refused { .. } => Failure::refused(error),
                error => Failure::failed(error),
            }
        })?;
    println!("version={} fingerprint={} outcome={:?}", report.version, report.fingerprint, report.outcome);
    Ok(format!("version {} is on the server; see it at {server}{watch}", report.version))
}
