//! Takes the newest network to the server, without touching the video's bitrate.
//!
//! One upload at a time, below a rate. When it is complete, the then-newest network follows; what came between is never
//! sent. An upload that did not arrive is tried again after pauses that double, unless a newer network is there.
//!
//! Where the server holds what the network came from, only the difference goes ([`Patch`]); where it had the very same before, only
//! its name.

#[cfg(test)]
mod tests;

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::control::{ModelReport, Outcome};
use api::shutdown::Shutdown;
use media::flow::Slot;
use models::Package;
use models::package::{Patch, Shelf};
use parking_lot::Mutex;

use super::{ApiError, Client, PacedReader};
use crate::backoff::Backoff;
use crate::status::{Counters, UploadState};

/// Before an upload that did not arrive is tried again, at first and at most: the uplink may be gone for long, and when it
/// is back, the network should follow soon.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];
/// A patch that breaks off so often is not tried again: something on the way may not like the method.
const PATCH_TRIES: u32 = 3;

pub struct Uploader {
    pub client: Arc<Client>,
    /// Where the newest network lies.
    pub newest: Arc<Slot<Package>>,
    /// What the server has taken.
    pub accepted: Arc<Mutex<Option<Package>>>,
    /// Packages that the server holds, as far as we know.
    pub shelf: Shelf,
    pub rate: u32,
    pub counters: Arc<Counters>,
    pub stop: Shutdown,
}

impl Uploader {
    /// Uploads until the slot is closed.
    pub fn run(mut self) {
        while let Some(mut package) = self.newest.wait() {
            let mut backoff = Backoff::between(PAUSES);
            let mut tries = 0;
            while let Err(error) = self.upload(&package, tries) {
                if self.stop.is_requested() {
                    return;
                }
                if !error.is_temporary() {
                    tracing::warn!(%error, "the server refused the network");
                    *self.counters.upload.lock() = UploadState::Refused;
                    break;
                }
                tracing::warn!(%error, "the network did not arrive; trying again");
                *self.counters.upload.lock() = UploadState::Retrying;
                tries += 1;
                if self.stop.sleep(backoff.next_pause()).is_err() {
                    return;
                }
                // What is tried again is outdated once there is a newer one.
                package = self.newest.take().unwrap_or(package);
            }
        }
    }

    /// One try, after `tries` that did not arrive.
    fn upload(&mut self, package: &Package, tries: u32) -> Result<(), ApiError> {
        *self.counters.upload.lock() = UploadState::Sending;
        let began = Instant::now();
        let patch = if tries < PATCH_TRIES { self.upload_patch(package)? } else { None };
        let (report, bytes) = match patch {
            Some(uploaded) => uploaded,
            None => (self.send(package)?, package.bytes().len()),
        };
        tracing::info!(
            version = report.version,
            fingerprint = %package.fingerprint(),
            bytes,
            of = package.bytes().len(),
            seconds = format_args!("{:.1}", began.elapsed().as_secs_f64()),
            outcome = ?report.outcome,
            "the server has a new network"
        );
        *self.counters.upload.lock() = match report.outcome {
            Outcome::Live => UploadState::Live,
            Outcome::Ready => UploadState::Ready,
            Outcome::Unchanged => UploadState::Unchanged,
        };
        *self.counters.version.lock() = Some(report.version);
        self.counters.uploads.add(1);
        self.shelf.put(package.clone());
        *self.accepted.lock() = Some(package.clone());
        Ok(())
    }

    /// The shortest difference that the server takes, if it takes one; its bytes.
    fn upload_patch(&mut self, package: &Package) -> Result<Option<(ModelReport, usize)>, ApiError> {
        let mut refused = None;
        while let Some(patch) = self.shelf.patch(package, self.client.on_server())
            && refused != Some(patch.base())
        {
            match self.send_patch(&patch) {
                Err(error) if error.asks_for_the_whole() => {
                    tracing::info!(%error, "the server does not take the difference");
                    // It was started anew, or its session was. What comes with the program it may have all the same.
                    self.shelf.clear();
                    refused = Some(patch.base());
                }
                answer => return Ok(Some((answer?, patch.bytes().len()))),
            }
        }
        Ok(None)
    }

    fn send_patch(&self, patch: &Patch) -> Result<ModelReport, ApiError> {
        self.client.upload_patch(patch.base(), patch.bytes().len(), &mut self.body(patch.bytes()))
    }

    fn send(&self, package: &Package) -> Result<ModelReport, ApiError> {
        self.client.upload(package.bytes().len(), &mut self.body(package.bytes()))
    }

    /// The bytes, no faster than the rate, and counted as they go.
    fn body<'a>(&'a self, bytes: &'a [u8]) -> impl Read + 'a {
        PacedReader::new(bytes, self.rate.into(), self.stop.clone(), &self.counters.upload_bytes)
    }
}
