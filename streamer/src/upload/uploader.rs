//! Takes the newest network to the server, without touching the video's bitrate.
//!
//! One upload at a time, below a rate. When it is complete, the then-newest network follows; what came between is never
//! sent. An upload that did not arrive is tried again after pauses that double, unless a newer network is there.
//!
//! Where the server holds what the network came from, only the difference goes; where it had the very same before, only its
//! name.

#[cfg(test)]
mod tests;

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::control::Outcome;
use api::shutdown::Shutdown;
use media::flow::Slot;
use models::Package;
use models::package::{Patch, Shelf};
use parking_lot::Mutex;

use super::{ApiError, Client, PacedReader, send_difference};
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
                *self.counters.api.lock() = Some(Err(error.to_string()));
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
        let send = |patch: &Patch| {
            let bytes = patch.bytes();
            let mut body = paced(bytes, self.rate, &self.stop, &self.counters);
            self.client.upload_patch(patch.base(), bytes.len(), &mut body)
        };
        let mut sent = None;
        if tries < PATCH_TRIES {
            sent = send_difference(&self.client, &mut self.shelf, package, send)?;
        }
        let (report, bytes) = if let Some(uploaded) = sent {
            uploaded
        } else {
            let whole = package.bytes();
            let mut body = paced(whole, self.rate, &self.stop, &self.counters);
            (self.client.upload(whole.len(), &mut body)?, whole.len())
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
        *self.counters.api.lock() = Some(Ok(()));
        *self.counters.version.lock() = Some(report.version);
        self.counters.uploads.add(1);
        self.shelf.put(package.clone());
        *self.accepted.lock() = Some(package.clone());
        Ok(())
    }
}

/// The bytes, no faster than the rate, and counted as they go.
fn paced<'a>(bytes: &'a [u8], rate: u32, stop: &Shutdown, counters: &'a Counters) -> impl Read + 'a {
    PacedReader::new(bytes, rate.into(), stop.clone(), &counters.upload_bytes)
}
