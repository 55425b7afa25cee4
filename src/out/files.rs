//! HLS on disk, in nginx-rtmp's layout: MPEG-TS segments and a playlist, for a web server that hands out a folder.
//!
//! Each rendition has a thread of its own, since disks wait. Everything is written under another name and renamed, so that nobody reads
//! half a file. A disk that is full or gone is a problem of these files alone; it is tried again.

mod keys;
mod playlist;
mod settings;
mod steady;
#[cfg(test)]
mod tests;
mod writer;

use std::io;
use std::sync::Arc;

use api::names::StreamName;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::broadcast::{End, Subscription};
use super::sweep::Sweep;
use crate::problems::Problems;
use writer::Writer;

pub use settings::{FilesSettings, KeySettings, ListType, Naming, Slicing, Variant};

/// A rendition, and what it is called on disk.
pub struct Filing {
    /// The stream's own name, or with the suffix of a variant.
    pub name: StreamName,
    pub subscription: Arc<Subscription>,
    pub problems: Problems,
    /// Held until the last file is closed.
    pub token: TaskTrackerToken,
}

/// Deletes files that are too old.
pub fn sweep(settings: &FilesSettings) {
    // Nothing leaves the playlist of an event.
    if !settings.cleanup || settings.list_type == ListType::Event {
        return;
    }
    let folders = Sweep {
        folder: &settings.folder,
        nested: settings.nested,
        playlist_length: settings.playlist_length,
        longest: settings.max_fragment,
    };
    folders.run();
    if let Some(keys) = settings.keys.as_ref().filter(|keys| keys.folder != settings.folder) {
        Sweep { folder: &keys.folder, ..folders }.run();
    }
}

/// Starts a writer. It ends with its subscription.
pub fn start(settings: FilesSettings, filing: Filing) -> io::Result<()> {
    std::thread::Builder::new()
        .name("hls-files".to_owned())
        .spawn(move || {
            let Filing { name, subscription, problems, token } = filing;
            let mut writer = Writer::new(settings, name, problems);
            subscription.each_unit(|unit| writer.take(unit));
            if subscription.why() == Some(End::Codec) {
                writer.cannot();
            }
            writer.finish();
            drop(token);
        })
        .map(drop)
}
