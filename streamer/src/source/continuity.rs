//! One unbroken timeline out of many: a file that is played again, a publisher that comes back.
//!
//! Each run of timestamps is moved as a whole, so the distance between sound and picture within a run is kept exactly;
//! a new run begins where the longer track of the one before ended.

use media::{MediaTime, Packet, Track};

/// A step back, or a step ahead by more than this within a track, begins a new run: the publisher's clock was set.
const LARGEST_STEP: MediaTime = MediaTime::from_millis(5_000);

/// Moves timestamps onto one timeline that starts at zero.
#[derive(Debug, Default)]
pub(super) struct Continuity {
    /// Added to a run's own time.
    offset: Option<MediaTime>,
    /// Where the next run begins: the end of everything placed so far.
    end: MediaTime,
    video: Option<MediaTime>,
    audio: Option<MediaTime>,
}

impl Continuity {
    /// What comes next is a new run.
    pub(super) fn restart(&mut self) {
        *self = Self { end: self.end, ..Self::default() };
    }

    /// Offset for something of `track` that happens at `time` of its run and lasts for `duration`.
    pub(super) fn offset(&mut self, track: Track, time: MediaTime, duration: MediaTime) -> MediaTime {
        let last = match track {
            Track::Video => self.video,
            Track::Audio => self.audio,
        };
        if last.is_some_and(|last| time < last || time - last > LARGEST_STEP) {
            self.restart();
        }
        // The first thing of a run fixes its offset, whichever track it is of: both then move alike.
        let offset = *self.offset.get_or_insert(self.end - time);
        match track {
            Track::Video => self.video = Some(time),
            Track::Audio => self.audio = Some(time),
        }
        self.end = self.end.max(time + offset + duration);
        offset
    }

    /// Moves a packet that lasts for `duration`. Its decoding time decides: that never goes back within a run.
    pub(super) fn place(&mut self, packet: &mut Packet, duration: MediaTime) {
        let offset = self.offset(packet.track, packet.dts, duration);
        packet.dts += offset;
        packet.pts += offset;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: MediaTime = MediaTime::from_ticks(3750); // 24 pictures a second
    const SOUND: MediaTime = MediaTime::from_ticks(1920); // 1024 samples at 48 kHz

    #[test]
    fn a_loop_keeps_the_distance_between_sound_and_picture() {
        let mut line = Continuity::default();
        let mut pictures = Vec::new();
        for _ in 0..3 {
            line.restart();
            for n in 0..4 {
                // The sound begins a little later and lasts longer than the pictures.
                let video = FRAME * n + line.offset(Track::Video, FRAME * n, FRAME);
                let sound = SOUND * (2 * n + 1);
                let audio = sound + line.offset(Track::Audio, sound, SOUND);
                assert_eq!(audio - video, sound - FRAME * n);
                pictures.push(video);
            }
        }
        let run = SOUND * 8; // the end of the last sound
        let expected: Vec<_> = (0..12).map(|n| run * (n / 4) + FRAME * (n % 4)).collect();
        assert_eq!(pictures, expected);
    }

    #[test]
    fn a_publisher_that_returns_goes_on_where_it_ended() {
        let mut line = Continuity::default();
        let hour = MediaTime::from_millis(3_600_000);
        assert_eq!(hour + line.offset(Track::Video, hour, FRAME), MediaTime::ZERO);
        line.restart();
        assert_eq!(line.offset(Track::Video, MediaTime::ZERO, FRAME), FRAME);
    }

    #[test]
    fn a_clock_that_jumps_leaves_no_hole() {
        for jump in [-10_000, 3_600_000] {
            let mut line = Continuity::default();
            line.offset(Track::Video, MediaTime::from_millis(20_000), FRAME);
            let time = MediaTime::from_millis(20_000 + jump);
            assert_eq!(time + line.offset(Track::Video, time, FRAME), FRAME);
        }
    }
}
