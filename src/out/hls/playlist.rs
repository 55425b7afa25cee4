//! Media playlists with low-latency parts (RFC 8216bis, 4.4).
//!
//! A pure function from what can be read to text. `m3u8-rs` has no low-latency tags, so the writer is ours; it parses
//! what we write in the tests.

use std::fmt::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use media::MediaTime;

use super::address::Resource;
use super::reload::Delta;
use super::window::{Segment, Window};
use crate::out::RenditionId;

/// Parts are listed for the open segment and this many target durations before it; older ones are of no use to
/// anybody (RFC 8216bis, 4.4.4.9).
const LISTED_PARTS_TARGETS: i64 = 3;
/// `HOLD-BACK` and the time that a request may block, in target durations.
pub(super) const HOLD_BACK_TARGETS: i64 = 3;
/// `PART-HOLD-BACK` in part targets.
const HOLD_BACK_PARTS: i64 = 3;
/// `CAN-SKIP-UNTIL` in target durations, the least that is allowed.
const SKIP_TARGETS: i64 = 6;

/// What a media playlist is made of.
pub(super) struct MediaPlaylist<'a> {
    pub(super) window: &'a Window,
    pub(super) target_duration: MediaTime,
    pub(super) part_target: MediaTime,
    /// Tells this stream's files from those of an earlier one of the same name, for caches.
    pub(super) session: &'a str,
    pub(super) finished: bool,
    pub(super) delta: Delta,
    /// What other renditions have, to report how far they are.
    pub(super) others: Vec<(RenditionId, &'a Window)>,
}

impl fmt::Display for MediaPlaylist<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = self.skipped();
        self.header(f)?;
        if skipped > 0 {
            writeln!(f, "#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")?;
        }
        let parts_from = self.end() - self.target_duration * LISTED_PARTS_TARGETS;
        let mut init = None;
        for segment in self.window.listed().skip(skipped) {
            self.introduce(f, segment, &mut init)?;
            if segment.cut.at >= parts_from && !self.finished {
                self.parts(f, segment)?;
            }
            if segment.is_gap() {
                writeln!(f, "#EXT-X-GAP")?;
            }
            writeln!(f, "#EXTINF:{},", seconds(segment.duration()))?;
            writeln!(f, "{}", self.url(Resource::Segment(segment.cut.msn)))?;
        }
        if self.finished {
            return writeln!(f, "#EXT-X-ENDLIST");
        }
        self.future(f, &mut init)
    }
}

impl MediaPlaylist<'_> {
    fn header(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.window.listed().next().or(self.window.open());
        let target = self.target_duration;
        writeln!(f, "#EXTM3U")?;
        writeln!(f, "#EXT-X-VERSION:9")?;
        writeln!(f, "#EXT-X-TARGETDURATION:{}", target.ticks() / MediaTime::HZ)?;
        writeln!(
            f,
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={},HOLD-BACK={},PART-HOLD-BACK={}",
            seconds(target * SKIP_TARGETS),
            seconds(target * HOLD_BACK_TARGETS),
            seconds(self.part_target * HOLD_BACK_PARTS),
        )?;
        writeln!(f, "#EXT-X-PART-INF:PART-TARGET={}", seconds(self.part_target))?;
        writeln!(f, "#EXT-X-MEDIA-SEQUENCE:{}", first.map_or(1, |segment| segment.cut.msn))?;
        // The tag in front of the first segment counts on top of this.
        let removed =
            first.map_or(0, |segment| segment.cut.discontinuities - u64::from(segment.cut.discontinuity));
        writeln!(f, "#EXT-X-DISCONTINUITY-SEQUENCE:{removed}")
    }

    /// What a segment needs in front of it, complete or not.
    fn introduce(
        &self,
        f: &mut fmt::Formatter<'_>,
        segment: &Segment,
        init: &mut Option<u64>,
    ) -> fmt::Result {
        if segment.cut.discontinuity {
            writeln!(f, "#EXT-X-DISCONTINUITY")?;
        }
        if *init != Some(segment.init) {
            writeln!(f, "#EXT-X-MAP:URI=\"{}\"", self.url(Resource::Init(segment.init)))?;
            *init = Some(segment.init);
        }
        writeln!(f, "#EXT-X-PROGRAM-DATE-TIME:{}", program_date(segment.cut.wall))
    }

    fn parts(&self, f: &mut fmt::Formatter<'_>, segment: &Segment) -> fmt::Result {
        for (number, part) in segment.parts.iter().enumerate() {
            let url = self.url(Resource::Part { msn: segment.cut.msn, part: number as u64 });
            write!(f, "#EXT-X-PART:DURATION={},URI=\"{url}\"", seconds(part.duration))?;
            f.write_str(if part.independent { ",INDEPENDENT=YES\n" } else { "\n" })?;
        }
        Ok(())
    }

    /// The open segment, what comes next, and how far the other renditions are.
    fn future(&self, f: &mut fmt::Formatter<'_>, init: &mut Option<u64>) -> fmt::Result {
        let mut part = 0;
        if let Some(open) = self.window.open() {
            part = open.parts.len() as u64;
            if part > 0 {
                self.introduce(f, open, init)?;
                self.parts(f, open)?;
            }
        }
        let hint = Resource::Part { msn: self.window.current_msn().unwrap_or(1), part };
        writeln!(f, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{}\"", self.url(hint))?;
        for (id, window) in &self.others {
            // A rendition that has nothing yet has nothing to report.
            let newest = window.open().filter(|open| !open.is_gap()).or(window.last_complete());
            let Some(newest) = newest else { continue };
            let msn = newest.cut.msn;
            write!(f, "#EXT-X-RENDITION-REPORT:URI=\"../{id}/{}\",LAST-MSN={msn}", Resource::Playlist)?;
            if let Some(part) = newest.parts.len().checked_sub(1) {
                write!(f, ",LAST-PART={part}")?;
            }
            f.write_char('\n')?;
        }
        Ok(())
    }

    /// Segments that lie wholly beyond the skip boundary.
    fn skipped(&self) -> usize {
        if self.delta == Delta::Full || self.finished {
            return 0;
        }
        let boundary = self.end() - self.target_duration * SKIP_TARGETS;
        self.window.listed().take_while(|segment| segment.cut.end.is_some_and(|end| end <= boundary)).count()
    }

    /// The newest instant in the playlist.
    fn end(&self) -> MediaTime {
        let complete =
            self.window.last_complete().and_then(|segment| segment.cut.end).unwrap_or(MediaTime::ZERO);
        let open: MediaTime = self
            .window
            .open()
            .map_or(MediaTime::ZERO, |open| open.parts.iter().map(|part| part.duration).sum());
        complete + open
    }

    fn url(&self, resource: Resource) -> String {
        format!("{resource}?v={}", self.session)
    }
}

/// Seconds with five decimals; a tick is about one of the last.
fn seconds(time: MediaTime) -> String {
    format!("{:.5}", time.as_secs_f64())
}

/// An instant as `2026-01-31T23:59:59.999Z`; one that cannot be written so, with four digits for the year, is moved.
fn program_date(time: SystemTime) -> impl fmt::Display {
    let latest = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_millis(time.clamp(UNIX_EPOCH, latest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        for (seconds, millis, text) in [
            (0, 0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, 7, "2000-02-29T00:00:00.007Z"),
            (1_767_225_599, 999, "2025-12-31T23:59:59.999Z"),
            (4_107_542_400, 0, "2100-03-01T00:00:00.000Z"),
            (1 << 40, 0, "9999-12-31T23:59:59.000Z"),
        ] {
            let instant = UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(millis);
            assert_eq!(program_date(instant).to_string(), text);
        }
        assert_eq!(program_date(UNIX_EPOCH - Duration::from_secs(5)).to_string(), "1970-01-01T00:00:00.000Z");
    }
}
