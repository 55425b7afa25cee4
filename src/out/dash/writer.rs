//! Cuts one rendition and its sound into segments.

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use api::names::StreamName;
use media::packet::{Packet, Track as MediaTrack, Unit};
use media::time::MediaTime;

use super::manifest::{self, Period};
use super::settings::DashSettings;
use super::track::{Config, Kind, Track};
use crate::out::cmaf::CmafError;
use crate::out::whole::put;
use crate::problems::Problems;

/// A disk that failed is left alone for so long.
const REST: Duration = Duration::from_secs(10);

/// A step between two packets of a track that is no step any more.
const BREAK: MediaTime = MediaTime::from_millis(1_000);

/// Without keyframes a segment ends after so many times its length, and begins with what cannot be decoded alone.
const LONGEST: u32 = 10;

pub(super) struct Writer {
    settings: DashSettings,
    name: StreamName,
    problems: Problems,
    video: Option<Track>,
    audio: Option<Track>,
    /// What goes on without a break; another one when times break.
    period: Option<Period>,
    broken: bool,
    /// Where the open segment begins.
    start: Option<MediaTime>,
    last: Option<MediaTime>,
    rests_until: Option<Instant>,
}

impl Writer {
    pub(super) fn new(settings: DashSettings, name: StreamName, problems: Problems) -> Self {
        Self {
            settings,
            name,
            problems,
            video: None,
            audio: None,
            period: None,
            broken: true,
            start: None,
            last: None,
            rests_until: None,
        }
    }

    pub(super) fn take(&mut self, unit: &Unit) {
        match unit {
            // Another configuration is another period.
            Unit::VideoConfig(config) => {
                let config = Config::Video(Arc::clone(config));
                if !self.video.as_ref().is_some_and(|track| track.is_of(&config)) {
                    self.restart();
                    self.video = Some(Track::new(config));
                }
            }
            Unit::AudioConfig(config) => {
                let config = Config::Audio(Arc::clone(config));
                if !self.audio.as_ref().is_some_and(|track| track.is_of(&config)) {
                    self.restart();
                    self.audio = Some(Track::new(config));
                }
            }
            Unit::Packet(packet) => self.packet(packet),
        }
    }

    pub(super) fn finish(mut self) {
        self.cut(None);
    }

    fn packet(&mut self, packet: &Packet) {
        let is_video = packet.track == MediaTrack::Video;
        if is_video || self.video.is_none() {
            let is_break = self.last.is_some_and(|last| packet.dts < last || packet.dts - last > BREAK);
            if is_break {
                self.restart();
            }
            self.cut_if_due(packet);
            self.last = Some(packet.dts);
        }
        if self.start.is_none() {
            return;
        }
        let track = if is_video { &mut self.video } else { &mut self.audio };
        if let Some(track) = track {
            track.push(packet);
        }
    }

    /// Ends the segment and begins another one, where one is long enough and can begin.
    fn cut_if_due(&mut self, packet: &Packet) {
        let can_begin = packet.key || self.video.is_none();
        let Some(start) = self.start else {
            if can_begin && self.rests_until.is_none_or(|until| until <= Instant::now()) {
                self.begin(packet);
            }
            return;
        };
        let length = (packet.dts - start).to_duration();
        if length >= self.settings.fragment && can_begin || length >= self.settings.fragment * LONGEST {
            self.cut(Some(packet));
            if self.rests_until.is_none() {
                self.start = Some(packet.dts);
            }
        }
    }

    fn begin(&mut self, packet: &Packet) {
        self.rests_until = None;
        if std::mem::take(&mut self.broken) {
            let now = SystemTime::now();
            let zero = self.period.map_or(now, |period| period.zero);
            let start = now.duration_since(zero).unwrap_or_default();
            let number = self.period.map_or(0, |period| period.number) + 1;
            self.period = Some(Period { zero, number, start, at: packet.pts });
        }
        self.attempt(Self::initialize);
        if self.rests_until.is_none() {
            self.start = Some(packet.dts);
        }
    }

    /// What came until now is over; what comes is another period.
    fn restart(&mut self) {
        self.cut(None);
        self.last = None;
        self.forget();
    }

    /// Nothing is open, and what comes does not continue what is there.
    fn forget(&mut self) {
        self.start = None;
        self.broken = true;
        for track in [&mut self.video, &mut self.audio] {
            if let Some(old) = track.take() {
                *track = Some(old.anew());
            }
        }
    }

    /// Puts the segments into their places, and the manifest.
    fn cut(&mut self, next: Option<&Packet>) {
        if self.start.is_some() {
            self.attempt(|writer| writer.write(next));
        }
    }

    fn write(&mut self, next: Option<&Packet>) -> Result<(), Problem> {
        let folder = self.settings.folder_of(self.name.as_str());
        let most = self.window();
        let next_of = |kind| next.filter(|next| (next.track == MediaTrack::Video) == (kind == Kind::Video));
        for track in [&mut self.video, &mut self.audio].into_iter().flatten() {
            let kind = track.kind();
            let Some((time, bytes)) = track.cut(next_of(kind))? else { continue };
            let file = self.settings.file(self.name.as_str(), &format!("{time}.{}", kind.extension()));
            put(&folder.join(file), &bytes)?;
            track.keep(most);
        }
        let tracks: Vec<&Track> = [&self.video, &self.audio]
            .into_iter()
            .flatten()
            .filter(|track| track.segments().next().is_some())
            .collect();
        let Some(period) = &self.period else { return Ok(()) };
        let text = manifest::write(&self.settings, self.name.as_str(), period, SystemTime::now(), &tracks);
        Ok(put(&self.settings.manifest(self.name.as_str()), text.as_bytes())?)
    }

    fn initialize(&mut self) -> Result<(), Problem> {
        let folder = self.settings.folder_of(self.name.as_str());
        fs::create_dir_all(&folder)?;
        for track in [&self.video, &self.audio].into_iter().flatten() {
            let file = self.settings.file(self.name.as_str(), &format!("init.{}", track.kind().extension()));
            put(&folder.join(file), &track.initialization()?)?;
        }
        Ok(())
    }

    /// Segments in a manifest.
    fn window(&self) -> usize {
        let fragment = self.settings.fragment.as_millis().max(1);
        (self.settings.playlist_length.as_millis() / fragment).max(1) as usize
    }

    fn attempt(&mut self, what: impl FnOnce(&mut Self) -> Result<(), Problem>) {
        let Err(error) = what(self) else { return };
        let folder = self.settings.folder.display();
        self.problems.report(
            "dash-failed",
            format!(
                "DASH files in {folder} cannot be written: {error}; make room or correct the folder. The stream goes on, and it is \
                 tried again"
            ),
        );
        // Samples that wait would stand before a gap.
        self.forget();
        self.rests_until = Some(Instant::now() + REST);
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error("a fragment cannot be made: {0}")]
    Media(#[from] CmafError),
}
