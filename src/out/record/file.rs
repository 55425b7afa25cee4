//! One file of a recording.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use api::names::StreamName;
use jiff::Zoned;
use media::flv::TagKind;

use super::flv::FlvFile;
use super::mp4::Mp4File;
use super::settings::{Container, RecordSettings};
use crate::out::broadcast::Item;

pub(super) struct RecordFile {
    path: PathBuf,
    file: Contained,
    since: Instant,
    frames: u64,
}

enum Contained {
    Flv(FlvFile),
    Mp4(Mp4File),
}

impl RecordFile {
    /// Begins a file with everything that describes the stream. `start`: the timestamp that is the file's first.
    pub(super) fn create(
        settings: &RecordSettings,
        stream: &StreamName,
        description: &[Item],
        start: u32,
    ) -> io::Result<Self> {
        let path = path(settings, stream, &Zoned::now());
        let file = match settings.container {
            Container::Flv => Contained::Flv(FlvFile::create(&path, settings, description, start)?),
            Container::Mp4 => Contained::Mp4(Mp4File::create(&path, settings, description)?),
        };
        Ok(Self { path, file, since: Instant::now(), frames: 0 })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn since(&self) -> Instant {
        self.since
    }

    pub(super) fn write(&mut self, item: &Item) -> io::Result<()> {
        match &mut self.file {
            Contained::Flv(file) => file.write(item)?,
            Contained::Mp4(file) => file.write(item)?,
        }
        self.frames += u64::from(item.tag.tag().kind == TagKind::Video && !item.is_description());
        Ok(())
    }

    pub(super) fn is_full(&self, settings: &RecordSettings) -> bool {
        let size = match &self.file {
            Contained::Flv(file) => file.size(),
            Contained::Mp4(file) => file.size(),
        };
        settings.max_size.is_some_and(|most| size >= most)
            || settings.max_frames.is_some_and(|most| self.frames >= most)
    }

    pub(super) fn close(self) -> io::Result<()> {
        match self.file {
            Contained::Flv(file) => file.close(),
            Contained::Mp4(file) => file.close(),
        }
    }
}

/// The file that a recording which begins now goes into: always one right within the folder, whatever the stream is called.
fn path(settings: &RecordSettings, stream: &StreamName, now: &Zoned) -> PathBuf {
    let suffix = settings.suffix.write(now).unwrap_or_default();
    let unique = if settings.unique { format!("-{}", now.timestamp().as_second()) } else { String::new() };
    let name: String =
        format!("{stream}{unique}{suffix}").chars().filter(|c| !matches!(c, '/' | '\0')).collect();
    settings.folder.join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_time_in_them() {
        let now: Zoned = "2026-11-27T08:09:10[UTC]".parse().unwrap();
        let stream: StreamName = "demo".parse().unwrap();
        let mut settings = RecordSettings::new("all", "/var/rec".into());
        assert_eq!(path(&settings, &stream, &now).to_str(), Some("/var/rec/demo.flv"));
        settings.unique = true;
        assert_eq!(path(&settings, &stream, &now).to_str(), Some("/var/rec/demo-1795766950.flv"));
        settings.unique = false;
        settings.suffix = "-%d-%b-%y-%T.flv".parse().unwrap();
        assert_eq!(path(&settings, &stream, &now).to_str(), Some("/var/rec/demo-27-Nov-26-08:09:10.flv"));
    }
}
