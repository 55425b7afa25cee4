//! Plays a recording at the speed of life, once or again and again, on one unbroken timeline.

use std::sync::Arc;

use media::ffmpeg::{self, FfmpegError, FileReader};
use media::{AudioConfig, FrameRate, MediaTime, Track};

use super::continuity::Continuity;
use super::media::{Media, Source};
use super::pace::{Due, Pacer};
use crate::clock::Clock;
use crate::status::Counters;

/// Something that can be played: gives its pictures and sounds in order, as fast as it is asked.
pub(super) trait Recording: Send {
    fn frame_rate(&self) -> FrameRate;
    /// Describes its sound, if it has any.
    fn audio_config(&self) -> Option<Arc<AudioConfig>>;
    /// The next picture or sound; none at the end.
    fn next(&mut self) -> Result<Option<ffmpeg::Media>, FfmpegError>;
    fn rewind(&mut self) -> Result<(), FfmpegError>;
}

impl Recording for FileReader {
    fn frame_rate(&self) -> FrameRate {
        self.frame_rate()
    }

    fn audio_config(&self) -> Option<Arc<AudioConfig>> {
        self.audio_config()
    }

    fn next(&mut self) -> Result<Option<ffmpeg::Media>, FfmpegError> {
        self.next()
    }

    fn rewind(&mut self) -> Result<(), FfmpegError> {
        self.rewind()
    }
}

/// Plays `R` by the clock `C`.
pub(super) struct Player<R, C> {
    recording: R,
    repeats: bool,
    clock: C,
    counters: Arc<Counters>,
    pacer: Pacer,
    timeline: Continuity,
    /// Not handed out yet.
    audio_config: Option<Arc<AudioConfig>>,
    audio_frame: MediaTime,
    /// Whether this run has given anything: an empty recording is not played for ever.
    fruitful: bool,
}

impl<R: Recording, C: Clock> Player<R, C> {
    pub(super) fn new(recording: R, repeats: bool, clock: C, counters: Arc<Counters>) -> Self {
        let audio_config = recording.audio_config();
        Self {
            repeats,
            clock,
            counters,
            pacer: Pacer::default(),
            timeline: Continuity::default(),
            audio_frame: audio_config.as_ref().map_or(MediaTime::ZERO, |config| config.frame_duration()),
            audio_config,
            recording,
            fruitful: false,
        }
    }

    /// The next picture or sound, wherever on the recording's own timeline; none at the end.
    fn read(&mut self) -> Result<Option<ffmpeg::Media>, FfmpegError> {
        loop {
            if let Some(media) = self.recording.next()? {
                self.fruitful = true;
                return Ok(Some(media));
            }
            if !self.repeats || !self.fruitful {
                return Ok(None);
            }
            tracing::debug!("from the start again");
            self.recording.rewind()?;
            self.timeline.restart();
            self.fruitful = false;
        }
    }
}

impl<R: Recording, C: Clock> Source for Player<R, C> {
    fn next(&mut self) -> Result<Option<Media>, FfmpegError> {
        if let Some(config) = self.audio_config.take() {
            return Ok(Some(Media::AudioConfig(config)));
        }
        let frame_rate = self.recording.frame_rate();
        while let Some(mut media) = self.read()? {
            let time = match &mut media {
                ffmpeg::Media::Picture(picture) => {
                    let duration = frame_rate.frame_duration();
                    let offset = self.timeline.offset(Track::Video, picture.pts(), duration);
                    picture.set_pts(picture.pts() + offset);
                    picture.pts()
                }
                ffmpeg::Media::Audio(packet) => {
                    self.timeline.place(packet, self.audio_frame);
                    packet.dts
                }
            };
            let due = self.pacer.due(time, self.clock.now());
            if let Due::In(wait) = due
                && self.clock.sleep(wait).is_err()
            {
                return Ok(None);
            }
            match media {
                // A gap in the sound is noticed more than a missing picture, so sound is played however late.
                ffmpeg::Media::Audio(packet) => return Ok(Some(Media::Audio(packet))),
                ffmpeg::Media::Picture(_) if due == Due::Missed => self.counters.late.add(1),
                // Where a file has its keyframes says nothing about where a live stream needs them.
                ffmpeg::Media::Picture(picture) => {
                    return Ok(Some(Media::Picture { picture, frame_rate, keyframe: false }));
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use media::{Picture, Size};

    use super::*;
    use crate::clock::fake::FakeClock;

    /// Pictures at 25 a second, without sound.
    struct Slides {
        count: i64,
        next: i64,
    }

    impl Recording for Slides {
        fn frame_rate(&self) -> FrameRate {
            FrameRate { num: 25, den: 1 }
        }

        fn audio_config(&self) -> Option<Arc<AudioConfig>> {
            None
        }

        fn next(&mut self) -> Result<Option<ffmpeg::Media>, FfmpegError> {
            if self.next == self.count {
                return Ok(None);
            }
            let mut picture = Picture::new(Size { width: 16, height: 16 });
            picture.set_pts(MediaTime::from_millis(40 * self.next));
            self.next += 1;
            Ok(Some(ffmpeg::Media::Picture(picture)))
        }

        fn rewind(&mut self) -> Result<(), FfmpegError> {
            self.next = 0;
            Ok(())
        }
    }

    fn times(player: &mut impl Source, count: usize) -> Vec<i64> {
        std::iter::from_fn(|| player.next().unwrap())
            .take(count)
            .map(|media| match media {
                Media::Picture { picture, .. } => picture.pts().as_millis(),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_loop_goes_on_without_a_gap_and_at_the_speed_of_life() {
        let clock = FakeClock::new();
        let slides = Slides { count: 3, next: 0 };
        let mut player = Player::new(slides, true, &clock, Arc::default());
        assert_eq!(times(&mut player, 8), [0, 40, 80, 120, 160, 200, 240, 280]);
        assert_eq!(clock.elapsed(), Duration::from_millis(280));
    }

    #[test]
    fn once_is_once_and_nothing_is_not_played_for_ever() {
        let clock = FakeClock::new();
        let mut player = Player::new(Slides { count: 2, next: 0 }, false, &clock, Arc::default());
        assert_eq!(times(&mut player, 9), [0, 40]);
        let mut player = Player::new(Slides { count: 0, next: 0 }, true, &clock, Arc::default());
        assert_eq!(times(&mut player, 9), [0; 0]);
    }

    #[test]
    fn pictures_that_are_too_late_are_left_out_and_counted() {
        let (clock, counters) = (FakeClock::new(), Arc::new(Counters::default()));
        let mut player = Player::new(Slides { count: 50, next: 0 }, false, &clock, counters.clone());
        assert_eq!(times(&mut player, 1), [0]);
        clock.advance(Duration::from_secs(1)); // pictures up to 500 ms are out of reach
        assert_eq!(times(&mut player, 1), [520]);
        assert_eq!(counters.late.get(), 12);
    }
}
