//! Sound beside pictures that come late: both leave in the order of their times, and no time is negative.
//!
//! An encoder that looks ahead gives its packets a second after their pictures. Sound sent as it comes would be a second
//! ahead of them, and whoever plays the stream would have to keep it for so long. So it waits here until the pictures of its
//! time have left; but not for pictures that do not come.

use std::collections::VecDeque;

use media::flow::Queued as _;
use media::{MediaTime, Packet, Unit};

/// Added to all times: pictures that are shown after later ones are decoded before time zero, and an FLV tag has no time
/// before it. Encoders of ours put three pictures out of order at most, at ten a second or more.
const SHIFT: MediaTime = MediaTime::from_millis(500);
/// Sound does not wait when the source's pictures are further behind it than this: there are none now.
const NO_PICTURES: MediaTime = MediaTime::from_millis(500);
/// Nor does it wait for longer than this, whatever the pictures do.
const MOST_WAIT: MediaTime = MediaTime::from_millis(3_000);

/// Put units in as they come; what may leave is handed to `leave`.
#[derive(Debug, Default)]
pub(super) struct Interleaver {
    /// Sound and its configurations, in order.
    waiting: VecDeque<Unit>,
    /// Of the newest picture that went into the encoder.
    pushed: Option<MediaTime>,
    /// The decode time of the newest packet that came out of it.
    coded: Option<MediaTime>,
}

impl Interleaver {
    /// A picture has gone into the encoder.
    pub(super) fn pushed(&mut self, pts: MediaTime) {
        self.pushed = Some(pts);
    }

    /// A configuration or a packet of pictures.
    pub(super) fn video(&mut self, unit: Unit, mut leave: impl FnMut(Unit)) {
        if let Unit::Packet(packet) = &unit {
            self.coded = self.coded.max(Some(packet.dts));
        }
        // Sound that is decoded before the picture stands in front of it.
        self.release(&mut leave);
        leave(shifted(unit));
    }

    /// A configuration or a packet of sound.
    pub(super) fn audio(&mut self, unit: Unit, leave: impl FnMut(Unit)) {
        self.waiting.push_back(unit);
        self.release(leave);
    }

    /// Nothing follows.
    pub(super) fn finish(&mut self, leave: impl FnMut(Unit)) {
        self.waiting.drain(..).map(shifted).for_each(leave);
    }

    fn release(&mut self, mut leave: impl FnMut(Unit)) {
        let newest = self.waiting.iter().rev().find_map(Unit::packet).map(|packet| packet.pts);
        while let Some(next) = self.waiting.front() {
            let may_leave = match next {
                Unit::Packet(packet) => self.may_leave(packet, newest.unwrap_or(packet.pts)),
                // Belongs to what stands behind it.
                _ => self
                    .waiting
                    .get(1)
                    .and_then(Unit::packet)
                    .is_some_and(|packet| self.may_leave(packet, newest.unwrap_or(packet.pts))),
            };
            if !may_leave {
                break;
            }
            leave(shifted(self.waiting.pop_front().expect("it is the front")));
        }
    }

    fn may_leave(&self, sound: &Packet, newest: MediaTime) -> bool {
        let behind = |time: Option<MediaTime>| time.is_none_or(|time| sound.pts - time > NO_PICTURES);
        self.coded.is_some_and(|coded| sound.pts <= coded)
            || newest - sound.pts > MOST_WAIT
            // Before the first picture as well: a source without any is heard.
            || behind(self.pushed)
    }
}

fn shifted(unit: Unit) -> Unit {
    match unit {
        Unit::Packet(packet) => {
            Unit::Packet(Packet { pts: packet.pts + SHIFT, dts: packet.dts + SHIFT, ..packet })
        }
        configuration => configuration,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::Track;

    use super::*;

    fn unit(track: Track, millis: i64) -> Unit {
        let time = MediaTime::from_millis(millis);
        Unit::Packet(Packet { track, dts: time, pts: time, key: true, recovery: false, data: Bytes::new() })
    }

    /// What left, as `v` or `a` with its time before the shift.
    fn names(left: &[Unit]) -> Vec<String> {
        let packets = left.iter().filter_map(Unit::packet);
        let name = |packet: &Packet| {
            let letter = if packet.track == Track::Video { 'v' } else { 'a' };
            format!("{letter}{}", (packet.dts - SHIFT).as_millis())
        };
        packets.map(name).collect()
    }

    #[test]
    fn sound_leaves_with_the_pictures_of_its_time_however_late_they_come() {
        let (mut interleaver, mut left) = (Interleaver::default(), Vec::new());
        for n in 0..40 {
            interleaver.pushed(MediaTime::from_millis(n * 40));
            interleaver.audio(unit(Track::Audio, n * 40 + 10), |unit| left.push(unit));
            if n >= 30 {
                interleaver.video(unit(Track::Video, (n - 30) * 40), |unit| left.push(unit));
            }
        }
        assert_eq!(names(&left)[..5], ["v0", "a10", "v40", "a50", "v80"]);
        assert_eq!(left.len(), 10 + 9);
        interleaver.finish(|unit| left.push(unit));
        assert_eq!(left.len(), 10 + 40);
    }

    #[test]
    fn times_before_zero_are_none_on_the_wire() {
        let (mut interleaver, mut left) = (Interleaver::default(), Vec::new());
        interleaver.pushed(MediaTime::ZERO);
        interleaver.video(unit(Track::Video, -120), |unit| left.push(unit));
        assert!(left[0].packet().is_some_and(|packet| packet.dts >= MediaTime::ZERO), "{left:?}");
    }

    #[test]
    fn sound_waits_for_no_pictures_that_do_not_come() {
        let (mut interleaver, mut left) = (Interleaver::default(), Vec::new());
        interleaver.audio(unit(Track::Audio, 0), |unit| left.push(unit));
        assert_eq!(names(&left), ["a0"], "no picture yet");
        interleaver.pushed(MediaTime::from_millis(40));
        for millis in [80, 400, 541] {
            interleaver.audio(unit(Track::Audio, millis), |unit| left.push(unit));
        }
        assert_eq!(names(&left), ["a0"], "one picture, not coded yet");
        interleaver.audio(unit(Track::Audio, 3_100), |unit| left.push(unit));
        assert_eq!(names(&left), ["a0", "a80"], "longer than it may wait");
        interleaver.pushed(MediaTime::from_millis(3_100));
        interleaver.audio(unit(Track::Audio, 3_200), |unit| left.push(unit));
        assert_eq!(names(&left), ["a0", "a80"]);
    }
}
