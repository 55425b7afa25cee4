//! `streamer upload`: gives a server a trained network.

use std::path::Path;

use api::control::ModelReport;
use models::Package;
use models::package::{Patch, Shelf};

use crate::failure::Failure;
use crate::upload::{ApiError, Client, UploadTarget, send_difference};

/// Uploads at full speed: there is no video to disturb.
pub(super) fn run(model: &Path, target: UploadTarget) -> Result<String, Failure> {
    let package = super::inspect::read(model)?;
    let watch = api::control::routes::watch(&target.name);
    let server = target.server.as_str().trim_end_matches('/').to_owned();
    let (report, bytes) = upload(&Client::new(target), &package).map_err(|error| match error {
        ApiError::Refused { .. } => Failure::refused(error),
        error => Failure::failed(error),
    })?;
    let of = package.bytes().len();
    println!(
        "version={} fingerprint={} outcome={:?} bytes={bytes} of={of}",
        report.version, report.fingerprint, report.outcome
    );
    Ok(format!(
        "version {} is on the server, for {bytes} of {of} bytes; see it at {server}{watch}",
        report.version
    ))
}

/// As a difference to what comes with both programs, where that is what the network was trained from or what the server has;
/// else whole. The server's answer, and the bytes that it took.
fn upload(client: &Client, package: &Package) -> Result<(ModelReport, usize), ApiError> {
    // Asked for what it has. If it does not say, the uploads below tell why.
    if let Err(error) = client.training_order() {
        tracing::debug!(%error, "the server does not say what it has");
    }
    let mut shelf = Shelf::default();
    if client.on_server() == Some(package.fingerprint()) {
        shelf.put(package.clone());
    }
    let send =
        |patch: &Patch| client.upload_patch(patch.base(), patch.bytes().len(), &mut &patch.bytes()[..]);
    match send_difference(client, &mut shelf, package, send) {
        Ok(Some(uploaded)) => return Ok(uploaded),
        Ok(None) => {}
        // Something on the way may not like the method.
        Err(error @ ApiError::Network(_)) => tracing::info!(%error, "the difference did not arrive"),
        Err(error) => return Err(error),
    }
    let bytes = package.bytes();
    Ok((client.upload(bytes.len(), &mut &bytes[..])?, bytes.len()))
}

#[cfg(test)]
mod tests {
    use models::{Preset, stock};

    use super::*;
    use crate::upload::peer::{seen, serve, trained};

    #[test]
    fn the_difference_goes_first_and_the_whole_where_it_is_not_taken() {
        let (stock, new) = (stock::package(Preset::Nano).unwrap(), trained());
        let whole = new.bytes().len();
        let patch = Shelf::default().patch(&new, Some(stock.fingerprint())).unwrap().bytes().len();
        assert!(patch * 2 < whole);
        for (statuses, requests) in [
            (vec![200, 200], vec![seen("GET", 0), seen("PATCH", patch)]),
            (vec![200, 412, 200], vec![seen("GET", 0), seen("PATCH", 0), seen("PUT", whole)]),
            (vec![503, 200], vec![seen("GET", 0), seen("PUT", whole)]),
        ] {
            let (target, peer) = serve(statuses, &stock);
            let (report, bytes) = upload(&Client::new(target), &new).unwrap();
            assert_eq!(report.version, 4);
            assert_eq!(bytes, requests.last().unwrap().body);
            assert_eq!(peer.join().unwrap(), requests);
        }
    }
}
