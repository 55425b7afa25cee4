//! DASH on disk, in nginx-rtmp's layout: a manifest, and fragmented MP4 with a file for each track and segment.
//!
//! As with HLS files, each rendition has a thread of its own, and nobody reads half a file. Whatever CMAF has can be in it: H.264, HEVC
//! and AV1, AAC and Opus.

mod manifest;
mod settings;
#[cfg(test)]
mod tests;
mod track;
mod writer;

use std::io;
use std::sync::Arc;

use api::names::StreamName;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::broadcast::Subscription;
use super::sweep::Sweep;
use crate::problems::Problems;
use writer::Writer;

pub use settings::DashSettings;

/// A rendition, and what it is called on disk.
pub struct Dashing {
    pub name: StreamName,
    pub subscription: Arc<Subscription>,
    pub problems: Problems,
    /// Held until the last file is closed.
    pub token: TaskTrackerToken,
}

/// Starts a writer. It ends with its subscription.
pub fn start(settings: DashSettings, dashing: Dashing) -> io::Result<()> {
    std::thread::Builder::new()
        .name("dash-files".to_owned())
        .spawn(move || {
            let Dashing { name, subscription, problems, token } = dashing;
            let mut writer = Writer::new(settings, name, problems);
            subscription.each_unit(|unit| writer.take(unit));
            writer.finish();
            drop(token);
        })
        .map(drop)
}

/// Deletes files that are too old.
pub fn sweep(settings: &DashSettings) {
    if settings.cleanup {
        let folder = Sweep {
            folder: &settings.folder,
            nested: settings.nested,
            playlist_length: settings.playlist_length,
            longest: settings.fragment,
        };
        folder.run();
    }
}
