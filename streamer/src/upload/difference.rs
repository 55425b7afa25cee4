//! A package as what changed since one that the server has ([`Patch`]); one that it has itself, as its name alone.

use api::control::ModelReport;
use models::Package;
use models::package::{Patch, Shelf};

use super::{ApiError, Client};

/// Sends the shortest difference that the server takes, if it takes one, from what is on the `shelf`. Gives the server's answer
/// and the difference's bytes.
pub fn send_difference(
    client: &Client,
    shelf: &mut Shelf,
    package: &Package,
    send: impl Fn(&Patch) -> Result<ModelReport, ApiError>,
) -> Result<Option<(ModelReport, usize)>, ApiError> {
    let mut refused = None;
    while let Some(patch) = shelf.patch(package, client.on_server())
        && refused != Some(patch.base())
    {
        match send(&patch) {
            Err(error) if error.asks_for_the_whole() => {
                tracing::info!(%error, "the server does not take the difference");
                // It was started anew, or its session was. What comes with the program it may have all the same.
                shelf.clear();
                refused = Some(patch.base());
            }
            answer => return Ok(Some((answer?, patch.bytes().len()))),
        }
    }
    Ok(None)
}
