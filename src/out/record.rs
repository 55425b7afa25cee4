//! Recordings: what a subscriber gets, as FLV or fragmented MP4.
//!
//! Each recorder has a thread of its own, since disks wait. What it writes is in the file in the order in which it came, and
//! needs no end: a file that breaks off anywhere can be played up to there. A disk that is full or gone is a problem of the
//! recording alone; it is tried again.

mod file;
mod flv;
mod mp4;
mod pattern;
mod settings;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::names::StreamName;
use media::flv::TagKind;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::broadcast::{Item, Subscription};
use crate::problems::Problems;
use file::RecordFile;

pub use pattern::Pattern;
pub use settings::{Container, RecordSettings, Source, Tracks};

/// What becomes of a recording.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    Begun(&'a Path),
    /// This file is complete.
    Done(&'a Path),
    Failed,
}

/// Told of it.
pub type Tell = Box<dyn Fn(News<'_>) + Send>;

/// Where a recorder's stream comes from, and who hears of it.
pub struct Recording {
    pub name: StreamName,
    pub subscription: Arc<Subscription>,
    pub problems: Problems,
    pub tell: Tell,
    /// Held until the last file is closed.
    pub token: TaskTrackerToken,
}

/// A disk that failed is left alone for so long.
const REST: Duration = Duration::from_secs(10);

/// Starts a recorder. It ends with its subscription.
pub fn start(settings: RecordSettings, recording: Recording) -> io::Result<()> {
    let recorder = Recorder { settings, recording, state: State::Idle, description: Vec::new() };
    std::thread::Builder::new().name("record".to_owned()).spawn(move || recorder.run()).map(drop)
}

struct Recorder {
    settings: RecordSettings,
    recording: Recording,
    state: State,
    /// Metadata and configurations, which every file begins with.
    description: Vec<Item>,
}

enum State {
    /// Waits for a place to begin.
    Idle,
    Writes(RecordFile),
    /// The file is as long as it may be, until then.
    Full {
        since: Instant,
    },
    /// The disk has failed.
    Rests {
        until: Instant,
    },
}

impl Recorder {
    fn run(mut self) {
        loop {
            let items = self.recording.subscription.gather();
            if items.is_empty() {
                return self.close();
            }
            for item in &items {
                if self.settings.wants(item.tag.tag()) {
                    self.take(item);
                }
            }
        }
    }

    fn take(&mut self, item: &Item) {
        if item.is_description() {
            self.describe(item);
            // One file of MP4 has one description.
            if self.settings.container == Container::Mp4 && item.unit().is_some() {
                self.close();
            }
        }
        self.begin_if_due(item);
        let State::Writes(file) = &mut self.state else { return };
        if let Err(error) = file.write(item) {
            self.fail(&error);
        } else if file.is_full(&self.settings) {
            let since = file.since();
            self.close();
            self.state = State::Full { since };
        }
    }

    /// Remembers what every file begins with.
    fn describe(&mut self, item: &Item) {
        self.description.retain(|known| !known.describes_the_same_as(item));
        self.description.push(item.clone());
    }

    /// Begins a file, or another one, where one can begin.
    fn begin_if_due(&mut self, item: &Item) {
        let tag = item.tag.tag();
        let has_video = self.description.iter().any(|known| known.tag.tag().kind == TagKind::Video);
        let can_begin = if has_video { item.is_key_picture() } else { tag.kind == TagKind::Audio };
        if !can_begin || item.is_description() {
            return;
        }
        let over =
            |since: Instant| self.settings.interval.is_some_and(|interval| since.elapsed() >= interval);
        let is_due = match &self.state {
            State::Idle => true,
            State::Writes(file) => over(file.since()),
            State::Full { since } => over(*since),
            State::Rests { until } => *until <= Instant::now(),
        };
        if !is_due {
            return;
        }
        self.close();
        match RecordFile::create(&self.settings, &self.recording.name, &self.description, tag.timestamp) {
            Ok(file) => {
                tracing::info!(stream = %self.recording.name, file = %file.path().display(), "recording");
                (self.recording.tell)(News::Begun(file.path()));
                self.state = State::Writes(file);
            }
            Err(error) => self.fail(&error),
        }
    }

    fn close(&mut self) {
        let State::Writes(file) = std::mem::replace(&mut self.state, State::Idle) else { return };
        let path = file.path().to_owned();
        match file.close() {
            Ok(()) => (self.recording.tell)(News::Done(&path)),
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &io::Error) {
        let folder = self.settings.folder.display();
        self.recording.problems.report(
            "recording-failed",
            format!("nothing is recorded into {folder}: {error}; make room or correct the folder. The stream goes on, and the recording is tried again"),
        );
        (self.recording.tell)(News::Failed);
        self.state = State::Rests { until: Instant::now() + REST };
    }
}
