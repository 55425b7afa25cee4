//! Recordings that are played over RTMP: files of a folder, or of a web server, at the speed at which they were made.
//!
//! A player gets a broadcast of its own, which a thread feeds.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use media::ffmpeg::{FfmpegError, Recording};
use media::packet::Unit;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use crate::out::broadcast::{Broadcast, Subscription, Wish};
use crate::out::{Arrival, Rendition, Sink as _};

/// Recordings that are played at the same time, each with a thread.
pub(super) const MOST: usize = 64;

/// Names end with one of these, or it is left out.
const SUFFIXES: [&str; 3] = ["", ".flv", ".mp4"];

/// How often a thread looks whether its player is still there.
const LOOK: Duration = Duration::from_millis(200);

/// Where recordings are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VodPlace {
    Folder(PathBuf),
    /// The name stands behind it.
    Address(Url),
}

/// A recording that is being played. Dropping it ends that.
#[derive(Debug)]
#[expect(dead_code, reason = "held, and dropped")]
pub(super) struct Played(DropGuard, OwnedSemaphorePermit);

/// Why nothing is played.
#[derive(Debug, thiserror::Error)]
pub(super) enum VodError {
    #[error("there is no such recording")]
    Missing,
    #[error(transparent)]
    Thread(#[from] io::Error),
}

/// Looks for a recording and begins to play it, `ahead` of its time. Takes as long as a disk or a web server does.
pub(super) fn play(
    places: &[VodPlace],
    name: &str,
    ahead: Duration,
    wish: &Wish<'_>,
    permit: OwnedSemaphorePermit,
) -> Result<(Arc<Subscription>, Played), VodError> {
    let recording = places.iter().find_map(|place| open(place, name)).ok_or(VodError::Missing)?;
    let broadcast = Broadcast::new();
    let subscription = broadcast.subscribe(wish);
    let end = CancellationToken::new();
    let ended = end.clone();
    let name = name.to_owned();
    std::thread::Builder::new().name("vod".to_owned()).spawn(move || {
        if let Err(error) = feed(recording, &broadcast, ahead, &ended) {
            tracing::warn!(name, %error, "a recording breaks off");
        }
        let _ = broadcast.finish();
    })?;
    Ok((subscription, Played(end.drop_guard(), permit)))
}

fn feed(
    mut recording: Recording,
    broadcast: &Broadcast,
    ahead: Duration,
    end: &CancellationToken,
) -> Result<(), FfmpegError> {
    let put = |unit: &Unit| {
        let rendition =
            if unit.track() == media::packet::Track::Video { Rendition::SOURCE } else { Rendition::AUDIO };
        // A broadcast takes everything.
        let _ = broadcast.unit(rendition, unit, Arrival::now());
    };
    recording.configs().for_each(|config| put(&config));
    let began = Instant::now();
    while let Some(packet) = recording.next()? {
        let due = packet.dts.to_duration();
        loop {
            if end.is_cancelled() {
                return Ok(());
            }
            let early = due.saturating_sub(began.elapsed() + ahead);
            if early.is_zero() {
                break;
            }
            sleep(early.min(LOOK));
        }
        put(&Unit::Packet(packet));
    }
    // Its last packets are due now, and the player is told the end behind them.
    sleep(ahead.min(LOOK));
    Ok(())
}

fn open(place: &VodPlace, name: &str) -> Option<Recording> {
    let name = name.strip_prefix("mp4:").or_else(|| name.strip_prefix("flv:")).unwrap_or(name);
    if !is_safe(name) {
        return None;
    }
    SUFFIXES.iter().find_map(|suffix| {
        let name = format!("{name}{suffix}");
        let opened = match place {
            VodPlace::Folder(folder) => Recording::open(&within(folder, &name)?),
            VodPlace::Address(base) => Recording::fetch(behind(base, &name)?.as_str()),
        };
        opened.inspect_err(|error| tracing::debug!(name, %error, "no recording")).ok()
    })
}

/// Whether a name stays below where it is looked for, and is nothing hidden.
fn is_safe(name: &str) -> bool {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(part) if !part.to_string_lossy().starts_with('.'));
    !name.is_empty() && !name.contains(['\\', '\0', '?', '#']) && Path::new(name).components().all(is_plain)
}

/// The file, wherever links lead, if it lies within the folder.
fn within(folder: &Path, name: &str) -> Option<PathBuf> {
    let folder = fs::canonicalize(folder).ok()?;
    let file = fs::canonicalize(folder.join(name)).ok()?;
    (file.starts_with(&folder) && file.is_file()).then_some(file)
}

fn behind(base: &Url, name: &str) -> Option<Url> {
    let mut address = base.clone();
    address.path_segments_mut().ok()?.pop_if_empty().extend(name.split('/'));
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_where_they_are_looked_for() {
        for name in ["a", "a.flv", "shows/a.mp4"] {
            assert!(is_safe(name), "{name}");
        }
        for name in
            ["", "/etc/passwd", "../a", "a/../../b", ".hidden", "a/.git/b", "a\\b", "a?b", "a#b", "a\0"]
        {
            assert!(!is_safe(name), "{name:?}");
        }
        let base: Url = "http://example.org/vod/".parse().unwrap();
        assert_eq!(behind(&base, "x y/z.flv").unwrap().as_str(), "http://example.org/vod/x%20y/z.flv");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.flv"), "").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("b.flv")).unwrap();
        assert!(within(folder.path(), "a.flv").is_some() && within(folder.path(), "b.flv").is_none());
    }
}
