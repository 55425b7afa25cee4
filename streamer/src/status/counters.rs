//! Figures that threads write and the status line reads. Each has one writer; readers may see it a moment late.

use std::sync::atomic::{AtomicU64, Ordering};

use api::control::TrainingReport;
use parking_lot::Mutex;

#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Takes over a count that is kept elsewhere.
    pub fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where the connection to the server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// Not connected yet, or lost and trying again.
    #[default]
    Connecting,
    Live,
    /// Nothing more is sent.
    Ended,
}

/// What became of the latest upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UploadState {
    /// Nothing was worth uploading yet.
    #[default]
    None,
    /// On its way.
    Sending,
    /// The server uses it.
    Live,
    /// The server will use it.
    Ready,
    /// The server had it already.
    Unchanged,
    /// The server did not want it; the log says why.
    Refused,
    /// It did not arrive; it is tried again.
    Retrying,
}

/// Quality on the held-out pairs, in dB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// PSNR of Lanczos upsampling.
    pub lanczos: f64,
    /// PSNR of the network that the server has.
    pub net: f64,
    /// PSNR of the network that is being trained.
    pub trainee: f64,
}

impl Quality {
    /// What the network that the server has adds.
    pub fn gain(self) -> f64 {
        self.net - self.lanczos
    }
}

/// Everything that the status line shows.
#[derive(Debug, Default)]
pub struct Counters {
    /// Pictures that were coded.
    pub frames: Counter,
    /// Pictures of the source that came too late to be coded.
    pub late: Counter,
    /// Coded units of the source that were thrown away because decoding did not keep up.
    pub source_dropped: Counter,
    /// Coded pictures of the source that could not be decoded.
    pub source_damaged: Counter,
    /// Bytes that were handed to the network.
    pub sent_bytes: Counter,
    /// Coded units that the queue to the server threw away: no connection, or a network that was too slow.
    pub unsent_queue: Counter,
    /// Coded units that were not sent because they came before the keyframe that a new connection begins with.
    pub unsent: Counter,
    /// Pictures that the server has, as far as it says so.
    pub arrived: Counter,
    /// The same of sounds.
    pub arrived_sounds: Counter,
    /// Connections that the server accepted.
    pub connections: Counter,
    /// Times that the connection was lost.
    pub lost: Counter,
    /// Attempts to connect that failed.
    pub failed_attempts: Counter,
    /// Why the last of them failed, or the connection was lost.
    pub trouble: Mutex<Option<String>>,
    pub link: Mutex<Link>,
    pub pairs: Counter,
    /// Coded units that no pair could be made of because pairs were not made fast enough.
    pub coded_dropped: Counter,
    /// Pairs that training did not take because it was busy; the oldest go first.
    pub pairs_dropped: Counter,
    pub steps: Counter,
    pub training: Mutex<TrainingReport>,
    /// The latest measurement.
    pub quality: Mutex<Option<Quality>>,
    /// Version of the newest network of ours that the server accepted.
    pub version: Mutex<Option<u64>>,
    /// What the server's control API said last to training or upload: nothing yet, yes, or why not.
    pub api: Mutex<Option<Result<(), String>>>,
    /// Networks that the server accepted.
    pub uploads: Counter,
    /// What became of the latest upload.
    pub upload: Mutex<UploadState>,
    /// Bytes of networks that were handed to the network connection, those that did not arrive included.
    pub upload_bytes: Counter,
}
