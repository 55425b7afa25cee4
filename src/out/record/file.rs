//! One file of a recording.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use api::names::StreamName;
use jiff::Zoned;
use media::flv::TagKind;
use media::flv::file::{TAG_HEADER, header, tag_end, tag_header};

use super::settings::{RecordSettings, Tracks};
use crate::out::broadcast::Item;

/// So much of a recording may be lost when the program is killed.
const FLUSH: Duration = Duration::from_secs(1);

/// Bytes in front of the first tag.
const HEADER: u64 = 13;

/// Milliseconds between what is in a file and what is appended: a picture's length, or two recordings would share a time.
const PAUSE: u32 = 40;

pub(super) struct RecordFile {
    path: PathBuf,
    file: BufWriter<File>,
    since: Instant,
    flushed: Instant,
    /// The time of the stream at which the file begins.
    start: u32,
    /// The time in the file at which it begins: behind what was there.
    offset: u32,
    size: u64,
    frames: u64,
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
        let mut options = OpenOptions::new();
        options.create(true);
        if settings.append {
            options.append(true).read(true);
        } else {
            options.write(true).truncate(true);
        }
        let file = options.open(&path)?;
        if settings.lock {
            file.try_lock()?;
        }
        let before = file.metadata()?.len();
        let offset = if before > 0 { last_time(&path)?.wrapping_add(PAUSE) } else { 0 };
        let now = Instant::now();
        let mut file = Self {
            path,
            file: BufWriter::new(file),
            since: now,
            flushed: now,
            start,
            offset,
            size: before,
            frames: 0,
        };
        if before == 0 {
            let audio = matches!(settings.tracks, Tracks::All | Tracks::Audio);
            let video = settings.tracks != Tracks::Audio;
            file.put(&header(audio, video))?;
        }
        for item in description {
            file.tag(item, offset)?;
        }
        file.flush()?;
        Ok(file)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn since(&self) -> Instant {
        self.since
    }

    pub(super) fn write(&mut self, item: &Item) -> io::Result<()> {
        let tag = item.tag.tag();
        // Sound that belongs before the first picture begins with it.
        let passed = tag.timestamp.wrapping_sub(self.start) as i32;
        let time = self.offset.wrapping_add(passed.max(0) as u32);
        self.tag(item, time)?;
        self.frames += u64::from(tag.kind == TagKind::Video && !item.is_description());
        if self.flushed.elapsed() >= FLUSH {
            self.flush()?;
        }
        Ok(())
    }

    pub(super) fn is_full(&self, settings: &RecordSettings) -> bool {
        settings.max_size.is_some_and(|most| self.size >= most)
            || settings.max_frames.is_some_and(|most| self.frames >= most)
    }

    pub(super) fn close(mut self) -> io::Result<()> {
        self.flush()
    }

    fn tag(&mut self, item: &Item, time: u32) -> io::Result<()> {
        let tag = item.tag.tag();
        self.put(&tag_header(tag, time))?;
        self.put(&tag.body)?;
        self.put(&tag_end(tag))
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        self.file.flush()
    }
}

/// The timestamp of the last whole tag of a file that is to be gone on with. What breaks off behind it is cut off.
fn last_time(path: &Path) -> io::Result<u32> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    let mut magic = [0; 3];
    if length < HEADER || file.read_exact(&mut magic).is_err() || magic != *b"FLV" {
        let what = format!("{} is no FLV file, so nothing can be appended to it", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let mut at = HEADER;
    let mut time = 0;
    loop {
        let mut head = [0; TAG_HEADER];
        file.seek(SeekFrom::Start(at))?;
        if length < at + TAG_HEADER as u64 + 4 {
            break;
        }
        file.read_exact(&mut head)?;
        let size = u64::from(u32::from_be_bytes([0, head[1], head[2], head[3]]));
        let end = at + TAG_HEADER as u64 + size + 4;
        if end > length {
            break;
        }
        time = u32::from_be_bytes([head[7], head[4], head[5], head[6]]);
        at = end;
    }
    if at < length {
        file.set_len(at)?;
    }
    Ok(time)
}

/// The file that a recording which begins now goes into: always one right within the folder, whatever the stream is called.
fn path(settings: &RecordSettings, stream: &StreamName, now: &Zoned) -> PathBuf {
    let suffix = settings.suffix.write(now).unwrap_or_else(|_| ".flv".to_owned());
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
