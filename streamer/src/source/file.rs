//! A media file as a recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use media::ffmpeg::{FfmpegError, FileReader, Media};
use media::{AudioConfig, FrameRate};

use super::media::SourceError;
use super::player::{Recorded, Recording};

/// A file that is being read.
pub(super) struct FileRecording {
    path: PathBuf,
    reader: FileReader,
}

impl FileRecording {
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let reader = FileReader::open(path).map_err(SourceError::File)?;
        Ok(Self { path: path.to_owned(), reader })
    }
}

impl Recording for FileRecording {
    fn frame_rate(&self) -> FrameRate {
        self.reader.frame_rate()
    }

    fn audio_config(&self) -> Option<Arc<AudioConfig>> {
        self.reader.audio_config()
    }

    fn next(&mut self) -> Result<Option<Recorded>, FfmpegError> {
        Ok(self.reader.next()?.map(|media| match media {
            Media::Picture(picture) => Recorded::Picture(picture),
            Media::Audio(packet) => Recorded::Audio(packet),
        }))
    }

    fn rewind(&mut self) -> Result<(), FfmpegError> {
        tracing::debug!(path = %self.path.display(), "from the start again");
        self.reader.rewind()
    }
}
