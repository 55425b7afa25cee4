//! What a publisher is told of tags that cannot be used: a warning while the rest is of use, and that it is turned away
//! when nothing is. Each kind of fault once, however many tags have it.

use std::time::{Duration, Instant};

use media::Track;
use media::flv::{FlvError, FlvErrorKind};

use crate::Rejection;

/// For how long nothing but refused tags may come. Configurations may be late, and a damaged GOP passes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The refusals of one publication.
#[derive(Debug, Default)]
pub struct Refusals {
    video: Refused,
    audio: Refused,
    /// The publisher has been warned of these.
    told: Vec<(Track, &'static str)>,
}

#[derive(Debug, Default)]
struct Refused {
    /// The first refusal behind the last packet that could be used.
    since: Option<Instant>,
    /// Some packet could be used.
    used: bool,
}

impl Refusals {
    /// Packets of this track can be used, at least now.
    pub fn used(&mut self, track: Track) {
        *self.track(track) = Refused { since: None, used: true };
    }

    /// Judges a tag that was refused: what to warn the publisher of, if anything is new, or with what to turn it away.
    ///
    /// Pictures in a codec that is not supported are hopeless at once: whoever sends pictures wants them seen. Other
    /// faults may pass, and sound may be missing.
    pub fn refuse(&mut self, error: &FlvError, now: Instant) -> Result<Option<String>, Rejection> {
        // What is beside the tracks in use says nothing of them.
        if matches!(error.kind, FlvErrorKind::OtherTrack(_)) {
            return Ok(self.news(error));
        }
        let pictures = self.video.used;
        let track = self.track(error.track);
        let lasting = now - *track.since.get_or_insert(now) >= PATIENCE;
        let unsupported = matches!(error.kind, FlvErrorKind::UnsupportedCodec(_));
        let hopeless = match error.track {
            Track::Video => lasting || unsupported && !track.used,
            Track::Audio => lasting && !pictures,
        };
        if hopeless {
            return Err(Rejection::Unusable(error.advice()));
        }
        Ok(self.news(error))
    }

    fn news(&mut self, error: &FlvError) -> Option<String> {
        let kind = (error.track, error.kind.name());
        if self.told.contains(&kind) {
            return None;
        }
        self.told.push(kind);
        Some(error.advice())
    }

    fn track(&mut self, track: Track) -> &mut Refused {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }
}

#[cfg(test)]
mod tests {
    use media::MediaTime;

    use super::*;

    fn error(track: Track, kind: FlvErrorKind) -> FlvError {
        FlvError { kind, track, at: MediaTime::ZERO, source: None }
    }

    fn codec(track: Track, name: &str) -> FlvError {
        error(track, FlvErrorKind::UnsupportedCodec(name.to_owned()))
    }

    #[test]
    fn pictures_that_nobody_can_decode_are_turned_away_at_once() {
        let refused = Refusals::default().refuse(&codec(Track::Video, "VP9"), Instant::now());
        let Err(Rejection::Unusable(why)) = refused else { panic!("{refused:?}") };
        assert_eq!(
            why,
            "the video has the codec VP9, which is not supported: set H.264, HEVC or AV1 (in OBS: Settings, Output, Video Encoder)"
        );
    }

    #[test]
    fn one_stray_tag_among_good_ones_is_a_warning() {
        let mut refusals = Refusals::default();
        let start = Instant::now();
        refusals.used(Track::Video);
        assert!(refusals.refuse(&codec(Track::Video, "VP6"), start).unwrap().is_some());
        refusals.used(Track::Video);
        assert_eq!(refusals.refuse(&codec(Track::Video, "VP6"), start + PATIENCE), Ok(None));
        assert!(refusals.refuse(&codec(Track::Video, "VP6"), start + PATIENCE * 2).is_err());
    }

    #[test]
    fn pictures_go_on_without_sound() {
        let mut refusals = Refusals::default();
        let start = Instant::now();
        let warned = refusals.refuse(&codec(Track::Audio, "MP3"), start).unwrap().unwrap();
        assert!(
            warned.starts_with("the sound has the codec MP3, which is not supported: set AAC or Opus"),
            "{warned}"
        );
        refusals.used(Track::Video);
        for seconds in 0..100 {
            let now = start + Duration::from_secs(seconds);
            assert_eq!(refusals.refuse(&codec(Track::Audio, "MP3"), now), Ok(None), "once is enough");
        }
        let other = error(Track::Audio, FlvErrorKind::Truncated);
        assert!(refusals.refuse(&other, start).unwrap().is_some(), "another kind is news");
    }

    #[test]
    fn other_tracks_are_told_once_and_turn_nobody_away() {
        let mut refusals = Refusals::default();
        let start = Instant::now();
        let other = error(Track::Video, FlvErrorKind::OtherTrack(1));
        assert!(refusals.refuse(&other, start).unwrap().unwrap().starts_with("several video tracks"));
        assert_eq!(refusals.refuse(&other, start + PATIENCE * 2), Ok(None));
    }

    #[test]
    fn who_sends_nothing_of_use_is_turned_away_after_a_while() {
        for track in [Track::Video, Track::Audio] {
            for kind in [FlvErrorKind::Config, FlvErrorKind::BeforeConfig, FlvErrorKind::Picture] {
                let mut refusals = Refusals::default();
                let start = Instant::now();
                let error = error(track, kind);
                assert!(refusals.refuse(&error, start).unwrap().is_some());
                assert_eq!(refusals.refuse(&error, start + PATIENCE / 2), Ok(None));
                assert!(matches!(refusals.refuse(&error, start + PATIENCE), Err(Rejection::Unusable(_))));
            }
        }
    }
}
