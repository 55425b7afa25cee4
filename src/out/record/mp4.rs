//! A recording as fragmented MP4.

use std::fs::File;
use std::io;
use std::path::Path;

use media::ffmpeg::{FfmpegError, SegmentFile};
use media::packet::{Packet, Unit};
use media::time::MediaTime;

use super::settings::RecordSettings;
use crate::out::broadcast::Item;

pub(super) struct Mp4File {
    file: SegmentFile,
    /// Holds the lock, if there is one.
    _lock: Option<File>,
    /// Where the file begins.
    start: Option<MediaTime>,
    size: u64,
}

impl Mp4File {
    /// Begins a file with the tracks that have been described.
    pub(super) fn create(path: &Path, settings: &RecordSettings, description: &[Item]) -> io::Result<Self> {
        let units = || description.iter().filter_map(Item::unit);
        let video = units().find_map(|unit| match unit {
            Unit::VideoConfig(config) => Some(config),
            _ => None,
        });
        let audio = units().find_map(|unit| match unit {
            Unit::AudioConfig(config) => Some(config),
            _ => None,
        });
        let file = SegmentFile::recording(path, video.map(|config| &**config), audio.map(|config| &**config));
        let file = file.map_err(failed)?;
        let lock = if settings.lock {
            let lock = File::open(path)?;
            lock.try_lock()?;
            Some(lock)
        } else {
            None
        };
        Ok(Self { file, _lock: lock, start: None, size: 0 })
    }

    pub(super) fn write(&mut self, item: &Item) -> io::Result<()> {
        let Some(Unit::Packet(packet)) = item.unit() else { return Ok(()) };
        let start = *self.start.get_or_insert(packet.dts);
        // Sound that belongs before the first picture begins with it.
        let dts = (packet.dts - start).max(MediaTime::ZERO);
        let pts = dts + (packet.pts - packet.dts);
        self.size += packet.data.len() as u64;
        self.file.write(&Packet { dts, pts, ..packet.clone() }).map_err(failed)
    }

    /// Bytes of pictures and sound.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn close(self) -> io::Result<()> {
        self.file.finish().map_err(failed)
    }
}

fn failed(error: FfmpegError) -> io::Error {
    io::Error::other(error)
}
