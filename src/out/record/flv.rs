//! A recording as FLV.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use media::flv::file::{TAG_HEADER, header, tag_end, tag_header};

use super::settings::{RecordSettings, Tracks};
use crate::out::broadcast::Item;

/// So much of a recording may be lost when the program is killed.
const FLUSH: Duration = Duration::from_secs(1);

/// Bytes in front of the first tag.
const HEADER: u64 = 13;

/// Milliseconds between what is in a file and what is appended: a picture's length, or two recordings would share a time.
const PAUSE: u32 = 40;

pub(super) struct FlvFile {
    file: BufWriter<File>,
    flushed: Instant,
    /// The time of the stream at which the file begins.
    start: u32,
    /// The time in the file at which it begins: behind what was there.
    offset: u32,
    size: u64,
}

impl FlvFile {
    /// Begins a file with everything that describes the stream. `start`: the timestamp that is the file's first.
    pub(super) fn create(
        path: &Path,
        settings: &RecordSettings,
        description: &[Item],
        start: u32,
    ) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true);
        if settings.append {
            options.append(true).read(true);
        } else {
            options.write(true).truncate(true);
        }
        let file = options.open(path)?;
        if settings.lock {
            file.try_lock()?;
        }
        let before = file.metadata()?.len();
        let offset = if before > 0 { last_time(path)?.wrapping_add(PAUSE) } else { 0 };
        let mut file =
            Self { file: BufWriter::new(file), flushed: Instant::now(), start, offset, size: before };
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

    pub(super) fn write(&mut self, item: &Item) -> io::Result<()> {
        // Sound that belongs before the first picture begins with it.
        let passed = item.tag.tag().timestamp.wrapping_sub(self.start) as i32;
        let time = self.offset.wrapping_add(passed.max(0) as u32);
        self.tag(item, time)?;
        if self.flushed.elapsed() >= FLUSH {
            self.flush()?;
        }
        Ok(())
    }

    pub(super) fn size(&self) -> u64 {
        self.size
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
