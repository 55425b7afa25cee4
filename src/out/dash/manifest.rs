//! The text of manifests: ISO/IEC 23009-1, live profile, with a timeline.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use media::time::MediaTime;

use super::settings::DashSettings;
use super::track::Track;

/// Since when the presentation is there, and what of it goes on without a break.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    pub(super) zero: SystemTime,
    /// Counted from 1.
    pub(super) number: u64,
    /// After the presentation's beginning.
    pub(super) start: Duration,
    /// The stream's time then.
    pub(super) at: MediaTime,
}

/// What there is of each track.
pub(super) fn write(
    settings: &DashSettings,
    name: &str,
    period: &Period,
    now: SystemTime,
    tracks: &[&Track],
) -> String {
    let seconds = |time: Duration| time.as_secs_f64();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"dynamic\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" \
         availabilityStartTime=\"{zero}\" publishTime=\"{now}\" minimumUpdatePeriod=\"PT{update}S\" minBufferTime=\"PT{fragment}S\" \
         suggestedPresentationDelay=\"PT{delay}S\" timeShiftBufferDepth=\"PT{depth}S\">\n\
         \x20 <Period id=\"{number}\" start=\"PT{start:.3}S\">\n",
        number = period.number,
        start = seconds(period.start),
        zero = instant(period.zero),
        now = instant(now),
        update = seconds(settings.fragment),
        fragment = seconds(settings.fragment),
        delay = seconds(settings.fragment * 2),
        depth = seconds(settings.playlist_length),
    );
    for (number, track) in tracks.iter().enumerate() {
        let kind = track.kind();
        let extension = kind.extension();
        let _ = write!(
            text,
            "    <AdaptationSet id=\"{}\" contentType=\"{kind}\" segmentAlignment=\"true\">\n\
             \x20     <Representation id=\"{kind}\" mimeType=\"{kind}/mp4\" codecs=\"{}\" {} startWithSAP=\"1\" bandwidth=\"{}\">\n\
             \x20       <SegmentTemplate timescale=\"{}\" presentationTimeOffset=\"{}\" media=\"{}\" initialization=\"{}\">\n\
             \x20         <SegmentTimeline>\n",
            number + 1,
            track.codec(),
            track.attributes(),
            track.bandwidth(),
            track.timescale(),
            track.ticks(period.at),
            settings.file(name, &format!("$Time$.{extension}")),
            settings.file(name, &format!("init.{extension}")),
        );
        for segment in track.segments() {
            let _ = writeln!(text, "            <S t=\"{}\" d=\"{}\"/>", segment.start, segment.duration);
        }
        text.push_str(
            "          </SegmentTimeline>\n        </SegmentTemplate>\n      </Representation>\n    </AdaptationSet>\n",
        );
    }
    text.push_str("  </Period>\n</MPD>\n");
    text
}

/// `2026-11-27T08:09:10.123Z`
fn instant(time: SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
