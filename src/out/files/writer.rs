//! Cuts one rendition into segments.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use api::names::StreamName;
use media::ffmpeg::{FfmpegError, SegmentFile};
use media::packet::{Packet, Track, Unit};
use media::time::MediaTime;
use media::{AudioConfig, VideoConfig};

use super::keys::Keys;
use super::playlist::{self, Segment};
use super::settings::{FilesSettings, ListType, Naming, Slicing};
use super::steady::Steady;
use crate::out::whole::put;
use crate::problems::Problems;

/// A disk that failed is left alone for so long.
const REST: Duration = Duration::from_secs(10);

/// A step between two packets of a track that is no step any more.
const BREAK: MediaTime = MediaTime::from_millis(1_000);

/// Segments of an event that are listed at most: a day of five seconds each.
const MOST_SEGMENTS: usize = 17_280;

pub(super) struct Writer {
    settings: FilesSettings,
    name: StreamName,
    problems: Problems,
    video: Option<Arc<VideoConfig>>,
    audio: Option<Arc<AudioConfig>>,
    open: Option<Open>,
    segments: Vec<Segment>,
    /// The number of the first listed segment.
    first: u64,
    /// What comes next does not continue what is there.
    breaks: bool,
    last: Option<MediaTime>,
    keys: Keys,
    sound: Steady,
    /// The multiple of `fragment` that a segment began behind, or that was there at first.
    slot: Option<i64>,
    rests_until: Option<Instant>,
}

/// The segment that is being written.
struct Open {
    file: SegmentFile,
    part: PathBuf,
    name: String,
    start: MediaTime,
    end: MediaTime,
    key: Option<u64>,
}

impl Writer {
    pub(super) fn new(settings: FilesSettings, name: StreamName, problems: Problems) -> Self {
        let earlier = if settings.continuous { earlier(&settings, &name) } else { None };
        let (mut first, mut segments) = earlier.unwrap_or_default();
        // Without keys nobody could be told how to read those that are encrypted.
        if settings.keys.is_none()
            && let Some(last) = segments.iter().rposition(|segment| segment.key.is_some())
        {
            segments.drain(..=last);
            first += last as u64 + 1;
        }
        let breaks = !segments.is_empty();
        Self {
            settings,
            name,
            problems,
            video: None,
            audio: None,
            open: None,
            segments,
            first,
            breaks,
            last: None,
            keys: Keys::default(),
            sound: Steady::default(),
            slot: None,
            rests_until: None,
        }
    }

    pub(super) fn take(&mut self, unit: &Unit) {
        match unit {
            // Another configuration wants another file.
            Unit::VideoConfig(config) if self.video.as_ref() != Some(config) => {
                self.close();
                self.breaks |= self.video.replace(Arc::clone(config)).is_some();
            }
            Unit::AudioConfig(config) if self.audio.as_ref() != Some(config) => {
                // Sound that comes late begins with the next segment, without a break.
                self.breaks |= self.audio.replace(Arc::clone(config)).is_some();
                if self.video.is_none() {
                    self.close();
                }
            }
            Unit::VideoConfig(_) | Unit::AudioConfig(_) => {}
            Unit::Packet(packet) => self.packet(packet),
        }
    }

    /// The pictures are in a codec that MPEG-TS does not have.
    pub(super) fn cannot(&self) {
        self.problems.report(
            "files-codec",
            "HLS files are MPEG-TS, which has no AV1: publish H.264 or HEVC, or have players read HLS from this server",
        );
    }

    pub(super) fn finish(mut self) {
        self.close();
    }

    fn packet(&mut self, packet: &Packet) {
        let leads = match self.video {
            Some(_) => packet.track == Track::Video,
            None => packet.track == Track::Audio,
        };
        if leads {
            self.cut_if_due(packet);
            self.last = Some(packet.dts);
        }
        let packet = match &self.audio {
            Some(audio) if packet.track == Track::Audio => {
                &self.sound.place(packet, audio, self.settings.sync)
            }
            _ => packet,
        };
        let Some(open) = &mut self.open else { return };
        if leads {
            open.end = open.end.max(packet.dts);
        }
        if let Err(error) = open.file.write(packet) {
            self.fail(&error);
        }
    }

    /// Ends the segment and begins another one, where one is long enough and can begin.
    fn cut_if_due(&mut self, packet: &Packet) {
        let is_break = self.last.is_some_and(|last| packet.dts < last || packet.dts - last > BREAK);
        let is_next = self.is_next_slot(packet);
        let can_begin = (packet.track == Track::Audio || packet.key) && is_next;
        let Some(open) = &self.open else {
            if can_begin {
                self.begin(packet);
            }
            return;
        };
        let length = (packet.dts - open.start).to_duration();
        let is_long =
            can_begin && (length >= self.settings.fragment || self.settings.slicing == Slicing::Aligned);
        if is_long || is_break || length >= self.settings.max_fragment {
            if !is_break && let Some(open) = &mut self.open {
                open.end = packet.dts;
            }
            self.close();
            self.breaks |= is_break;
            self.begin(packet);
        }
    }

    /// Whether a segment may begin here for all that `slicing` says.
    fn is_next_slot(&mut self, packet: &Packet) -> bool {
        if self.settings.slicing == Slicing::Plain {
            return true;
        }
        let length = MediaTime::from_duration(self.settings.fragment).ticks().max(1);
        let slot = packet.dts.ticks().div_euclid(length);
        *self.slot.get_or_insert(slot) != slot
    }

    fn begin(&mut self, packet: &Packet) {
        if self.rests_until.is_some_and(|until| until > Instant::now()) {
            return;
        }
        self.rests_until = None;
        let length = MediaTime::from_duration(self.settings.fragment).ticks().max(1);
        self.slot = Some(packet.dts.ticks().div_euclid(length));
        match self.create(packet) {
            Ok(open) => self.open = Some(open),
            Err(error) => self.fail(&error),
        }
    }

    fn create(&mut self, packet: &Packet) -> Result<Open, Problem> {
        let id = match self.settings.naming {
            Naming::Sequential => self.first + self.segments.len() as u64,
            Naming::Timestamp => packet.dts.ticks() as u64,
            Naming::System => {
                SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
            }
        };
        // What is counted is round already.
        let granularity = self.settings.granularity.filter(|_| self.settings.naming != Naming::Sequential);
        let id = granularity.map_or(id, |step| id / step * step.get());
        let folder = self.folder();
        fs::create_dir_all(&folder)?;
        let key = self.keys.next(&self.settings, self.name.as_str(), id)?;
        let name = if self.settings.nested { format!("{id}.ts") } else { format!("{}-{id}.ts", self.name) };
        let part = folder.join(format!(".{name}.part"));
        let number = key.as_ref().map(|(number, _)| *number);
        let key = key.as_ref().map(|(_, key)| key);
        let file = SegmentFile::create(&part, self.video.as_deref(), self.audio.as_deref(), key)?;
        Ok(Open { file, part, name, start: packet.dts, end: packet.dts, key: number })
    }

    /// Puts the segment into its place and the playlist.
    fn close(&mut self) {
        let Some(Open { file, part, name, start, end, key }) = self.open.take() else { return };
        let place = self.folder().join(&name);
        let written = file.finish().map_err(Problem::from).and_then(|()| Ok(fs::rename(&part, &place)?));
        if let Err(error) = written {
            let _ = fs::remove_file(&part);
            return self.fail(&error);
        }
        let duration = (end - start).to_duration();
        self.segments.push(Segment { file: name, duration, breaks: self.breaks, key });
        self.breaks = false;
        self.list();
    }

    fn list(&mut self) {
        let most = match self.settings.list_type {
            ListType::Live => self.settings.window(),
            ListType::Event => MOST_SEGMENTS,
        };
        let gone = self.segments.len().saturating_sub(most);
        self.segments.drain(..gone);
        self.first += gone as u64;
        let text = playlist::media(&self.settings, self.name.as_str(), self.first, &self.segments);
        let written = put(&playlist::path(&self.settings, self.name.as_str()), text.as_bytes());
        if let Err(error) = written.and_then(|()| self.list_variants()) {
            self.fail(&error);
        }
    }

    fn list_variants(&self) -> io::Result<()> {
        let name = self.name.as_str();
        let base = self.settings.variants.iter().find_map(|variant| name.strip_suffix(&*variant.suffix));
        let Some(base) = base.filter(|base| !base.is_empty()) else { return Ok(()) };
        // The master playlist lies beside the folders of its variants.
        let path = self.settings.folder.join(format!("{base}.m3u8"));
        put(&path, playlist::master(&self.settings, base).as_bytes())
    }

    fn folder(&self) -> PathBuf {
        if self.settings.nested {
            self.settings.folder.join(self.name.as_str())
        } else {
            self.settings.folder.clone()
        }
    }

    fn fail(&mut self, error: &dyn std::error::Error) {
        if let Some(open) = self.open.take() {
            let _ = fs::remove_file(open.part);
        }
        let folder = self.settings.folder.display();
        self.problems.report(
            "files-failed",
            format!(
                "HLS files in {folder} cannot be written: {error}; make room or correct the folder. The stream goes on, and it is \
                 tried again"
            ),
        );
        self.breaks = true;
        self.rests_until = Some(Instant::now() + REST);
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error(transparent)]
    Media(#[from] FfmpegError),
}

/// What an earlier run left: the number of the first segment, and all that are still there.
fn earlier(settings: &FilesSettings, name: &StreamName) -> Option<(u64, Vec<Segment>)> {
    let path = playlist::path(settings, name.as_str());
    let (first, segments) = playlist::read(&fs::read_to_string(&path).ok()?)?;
    let folder = path.parent()?;
    let gone = segments.iter().take_while(|segment| !folder.join(&segment.file).exists()).count();
    Some((first + gone as u64, segments[gone..].to_vec()))
}
