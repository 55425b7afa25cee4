//! Takes the newest network to the server, without touching the video's bitrate.
//!
//! One upload at a time, below a rate. When it is complete, the then-newest network follows; what came between is never
//! sent. An upload that did not arrive is tried again, unless a newer network is there.

mod slot;
mod token_bucket;

use std::{sync::Arc, time::Duration};

use models::Package;
use protocol::control::Outcome;

use crate::{
    api::{ApiError, Client},
    clock::{Clock, SystemClock},
    config::Bitrate,
    status::{Counters, Latest, UploadState},
    stop::Stop,
};

pub use slot::Slot;
pub use token_bucket::{PIECE, PacedReader, TokenBucket};

/// Before an upload that did not arrive is tried again: long enough for a server to restart.
const RETRY_PAUSE: Duration = Duration::from_secs(3);

/// The uploading thread.
pub struct Uploader {
    /// The server.
    pub client: Arc<Client>,
    /// Where the newest network lies.
    pub offers: Arc<Slot<Package>>,
    /// What the server has taken.
    pub accepted: Arc<Latest<Option<Package>>>,
    /// The rate to stay below.
    pub rate: Bitrate,
    /// Where it is counted.
    pub counters: Arc<Counters>,
    /// The end of the program.
    pub stop: Stop,
}

impl Uploader {
    /// Uploads until the slot is closed.
    pub fn run(self) {
        while let Some(mut package) = self.offers.take() {
            while let Err(error) = self.upload(&package) {
                if self.stop.is_stopped() {
                    return;
                }
                if !error.is_temporary() {
                    tracing::warn!(%error, "the server refused the network");
                    self.counters.upload.set(UploadState::Refused);
                    break;
                }
                tracing::warn!(%error, "the network did not arrive; trying again");
                self.counters.upload.set(UploadState::Retrying);
                if self.stop.sleep(RETRY_PAUSE).is_err() {
                    return;
                }
                package = self.offers.try_take().unwrap_or(package);
            }
        }
    }

    fn upload(&self, package: &Package) -> Result<(), ApiError> {
        self.counters.upload.set(UploadState::Sending);
        let clock = SystemClock::new(self.stop.clone());
        let began = clock.now();
        let rate = u64::from(self.rate.bits_per_second());
        let mut body = PacedReader::new(&package.bytes()[..], rate, clock);
        let report = self.client.upload(package.bytes().len(), &mut body)?;
        tracing::info!(
            version = report.version,
            fingerprint = %package.fingerprint(),
            bytes = package.bytes().len(),
            seconds = format_args!("{:.1}", began.elapsed().as_secs_f64()),
            outcome = ?report.outcome,
            "the server has a new network"
        );
        self.counters.upload.set(match report.outcome {
            Outcome::Live => UploadState::Live,
            Outcome::Ready => UploadState::Ready,
            Outcome::Unchanged => UploadState::Unchanged,
        });
        self.counters.version.set(Some(report.version));
        self.counters.uploads.add(1);
        self.accepted.set(Some(package.clone()));
        Ok(())
    }
}
