//! Blocking playlist reload (RFC 8216bis, 6.2.5.2): which playlist a reader wants to wait for, and whether it is there.

use std::time::Duration;

use super::window::Window;
use crate::out::RenditionId;

/// What a reader asks of a media playlist: the delivery directives in its query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reload {
    /// `_HLS_msn`: answer once this segment is listed.
    pub msn: Option<u64>,
    /// `_HLS_part`: answer once this part of it is listed.
    pub part: Option<u64>,
    /// `_HLS_skip`: leave out what the reader knows from before.
    pub delta: Delta,
}

/// Whole playlist or what is new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Delta {
    /// The whole window.
    #[default]
    Full,
    /// Segments beyond the skip boundary are replaced by their number.
    Skip,
}

/// Why there is no playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    #[error("_HLS_part needs _HLS_msn beside it")]
    PartWithoutMsn,
    #[error("segment {asked} is too far ahead: the newest complete one is {newest}")]
    TooFarAhead { asked: u64, newest: u64 },
    #[error("nothing new within {} s; ask again", .0.as_secs_f64())]
    TimedOut(Duration),
    #[error("the stream has no {0} rendition")]
    NoRendition(RenditionId),
    #[error("the stream has just begun; ask again")]
    NotReady,
}

impl Reload {
    /// Whether the playlist holds what was asked for; false: wait. The window is of a stream that goes on.
    pub(super) fn is_satisfied(&self, window: &Window) -> Result<bool, ReloadError> {
        let Some(mut msn) = self.msn else {
            return if self.part.is_some() { Err(ReloadError::PartWithoutMsn) } else { Ok(true) };
        };
        let newest = window.last_complete().map_or(0, |segment| segment.cut.msn);
        if msn > newest.saturating_add(2) {
            return Err(ReloadError::TooFarAhead { asked: msn, newest });
        }
        let mut part = self.part;
        let parts_of_newest = window.last_complete().map_or(0, |segment| segment.parts.len() as u64);
        if msn == newest && part.is_some_and(|part| part >= parts_of_newest) {
            // Past the end: the first part of the next segment.
            msn += 1;
            part = Some(0);
        }
        let open = window.open().filter(|open| open.cut.msn == msn);
        let listed = open.map_or(0, |open| open.parts.len() as u64);
        Ok(msn <= newest || part.is_some_and(|part| part < listed))
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use bytes::Bytes;
    use media::MediaTime;

    use super::super::cuts::Cut;
    use super::super::window::{Part, Segment};
    use super::*;

    fn window() -> Window {
        let part = || Part { bytes: Bytes::new(), duration: MediaTime::from_millis(500), independent: true };
        let mut window = Window::new(4);
        for (msn, parts) in [(1, 4), (2, 4), (3, 2)] {
            let at = MediaTime::from_millis(2000 * msn as i64);
            let cut = Cut { msn, at, end: None, discontinuity: false, discontinuities: 0, wall: UNIX_EPOCH };
            window.complete(at);
            window.begin(Segment::new(cut, 1));
            (0..parts).for_each(|_| window.add_part(part(), 10));
        }
        window
    }

    #[test]
    fn the_rules_of_the_specification() {
        let ahead = |asked| Err(ReloadError::TooFarAhead { asked, newest: 2 });
        // Segments 1 and 2 are complete with four parts each, 3 has two so far.
        let table = [
            ((None, None), Ok(true)),
            ((None, Some(0)), Err(ReloadError::PartWithoutMsn)),
            ((Some(0), None), Ok(true)),
            ((Some(1), Some(9)), Ok(true)),
            ((Some(2), Some(3)), Ok(true)),
            ((Some(2), Some(4)), Ok(true)), // = part 0 of 3
            ((Some(3), None), Ok(false)),
            ((Some(3), Some(1)), Ok(true)),
            ((Some(3), Some(2)), Ok(false)),
            ((Some(4), Some(0)), Ok(false)),
            ((Some(4), None), Ok(false)),
            ((Some(5), None), ahead(5)),
            ((Some(u64::MAX), Some(u64::MAX)), ahead(u64::MAX)),
        ];
        for ((msn, part), expected) in table {
            let reload = Reload { msn, part, delta: Delta::Full };
            assert_eq!(reload.is_satisfied(&window()), expected, "{msn:?} {part:?}");
        }
    }
}
