//! A media file as a recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use media::ffmpeg::{FfmpegError, FileReader, Media};
use media::{AudioConfig, FrameRate};

use super::player::Recording;

/// A file that is being read.
pub(super) struct FileRecording {
    path: PathBuf,
    reader: FileReader,
}

impl FileRecording {
    pub(super) fn open(path: &Path) -> Result<Self, FfmpegError> {
        Ok(Self { path: path.to_owned(), reader: FileReader::open(path)? })
    }
}

impl Recording for FileRecording {
    fn frame_rate(&self) -> FrameRate {
        self.reader.frame_rate()
    }

    fn audio_config(&self) -> Option<Arc<AudioConfig>> {
        self.reader.audio_config()
    }

    fn next(&mut self) -> Result<Option<Media>, FfmpegError> {
        self.reader.next()
    }

    fn rewind(&mut self) -> Result<(), FfmpegError> {
        tracing::debug!(path = %self.path.display(), "from the start again");
        self.reader.rewind()
    }
}
