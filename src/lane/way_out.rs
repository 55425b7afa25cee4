//! What the server's own encoder takes away: measured on pictures as a player decodes them, and kept small.
//!
//! Every few seconds the pictures behind a keyframe are decoded again and compared with what went into the encoder. How much
//! an error of the encoder takes away depends on how wrong the enhanced picture is already: of a good one less is allowed. How
//! wrong it is, the streamer tells, which has the original. The encoder's constant rate factor follows from both.

use std::collections::VecDeque;

use media::VideoConfig;
use media::ffmpeg::{Decoder, FfmpegError};
use media::packet::Packet;
use media::picture::Picture;
use media::quality::{SquaredError, squared_error_luma};
use media::time::MediaTime;

use super::stats::{LaneStats, loss_db};

/// From one measurement to the next. Eight pictures of 960x540 take some 25 ms of a core.
const EVERY: MediaTime = MediaTime::from_millis(8_000);
/// Pictures of a measurement, the keyframe included, which is coded better than the others.
const PICTURES: usize = 8;
/// The share of the picture's own error that the encoder may add: 0.08 dB, so that no picture loses 0.1.
const MOST_ADDED: f64 = 0.0186;
/// Steps of the rate factor for ten times the error.
const STEPS_A_DECADE: f64 = 12.2;
/// The most that one measurement may change.
const LARGEST_STEP: f64 = 6.0;
/// Better is lossless in all but name, at several times the bits.
const BEST: f64 = 2.0;
/// A loss beyond this is told, if the encoder cannot do better.
const TOLD_DB: f64 = 0.1;

/// The encoder's output, looked at.
pub(super) struct WayOut {
    decoder: Decoder,
    /// What went into the encoder and has not come out of the decoder, by time.
    sent: VecDeque<Picture>,
    error: SquaredError,
    /// Pictures that are still to be compared; 0 between measurements.
    left: usize,
    last: Option<MediaTime>,
    quality: f64,
    worst: f64,
}

impl WayOut {
    /// For packets of this configuration, coded at `worst` to begin with: it is never exceeded.
    pub(super) fn new(config: &VideoConfig, worst: f32) -> Result<Self, FfmpegError> {
        Ok(Self {
            decoder: Decoder::new(config)?,
            sent: VecDeque::new(),
            error: SquaredError::default(),
            left: 0,
            last: None,
            quality: worst.into(),
            worst: worst.into(),
        })
    }

    /// A picture goes into the encoder.
    pub(super) fn sent(&mut self, picture: &Picture, key: bool) {
        let due = self.last.is_none_or(|last| picture.pts() - last >= EVERY || picture.pts() < last);
        if key && due && self.left == 0 {
            self.left = PICTURES;
            self.last = Some(picture.pts());
            self.error = SquaredError::default();
        }
        if self.sent.len() < self.left {
            self.sent.push_back(picture.clone());
        }
    }

    /// A packet came out of it. Answers the rate factor that is to be used from now on, when it changes.
    pub(super) fn coded(&mut self, packet: &Packet, stats: &LaneStats) -> Option<f32> {
        if self.left == 0 {
            return None;
        }
        // What the encoder made, a decoder takes; if not, there is nothing to measure.
        if self.decoder.push(packet).is_err() {
            self.left = 0;
            self.sent.clear();
            return None;
        }
        while let Ok(Some(viewed)) = self.decoder.pull() {
            let Some(sent) = self.sent.pop_front() else { break };
            if let Some(error) = squared_error_luma(&viewed, &sent) {
                self.error =
                    SquaredError { sum: self.error.sum + error.sum, count: self.error.count + error.count };
            }
            self.left -= 1;
            if self.left == 0 {
                self.sent.clear();
                return self.judge(stats);
            }
        }
        None
    }

    fn judge(&mut self, stats: &LaneStats) -> Option<f32> {
        let added = self.error.sum as f64 / self.error.count.max(1) as f64;
        stats.way_out(added, self.quality as f32);
        let own = stats.net_error()?;
        let wanted = (self.quality + wanted_step(added, own)).clamp(BEST.min(self.worst), self.worst);
        let loss = loss_db(added, own);
        let is_stuck = (wanted - self.quality).abs() < 0.5;
        if loss > TOLD_DB && is_stuck && stats.is_past_beginning() {
            stats.problems.report(
                "way-out-bounded",
                format!(
                    "the server's encoder takes {loss:.2} dB of the enhanced picture and is not allowed the bits to take less: raise \
                     max_bitrate under [encode]"
                ),
            );
        }
        if is_stuck {
            return None;
        }
        self.quality = wanted;
        Some(wanted as f32)
    }
}

/// By how much the rate factor has to change, where the encoder adds `added` to an error of `own`.
fn wanted_step(added: f64, own: f64) -> f64 {
    let step = STEPS_A_DECADE * (MOST_ADDED * own / added.max(f64::MIN_POSITIVE)).log10();
    step.clamp(-LARGEST_STEP, LARGEST_STEP)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use media::ffmpeg::Encoder;
    use media::picture::{Colour, PixelAspect, Size};
    use media::synthetic::TestPictures;

    use super::*;
    use crate::lane::fake::{RATE, frame, stats};
    use crate::out::EncodeSettings;

    const SIZE: Size = Size { width: 128, height: 96 };

    /// The rate factors that follow each other over half a minute, and what is lost at the end.
    fn followed(settings: &EncodeSettings, net_db: f64) -> (Vec<f32>, f64, Vec<String>) {
        let stats = stats();
        stats.judged(net_db, 1.0);
        let mut encoder =
            Encoder::new(&settings.encoder(SIZE, RATE, Colour::default(), PixelAspect::SQUARE)).unwrap();
        let mut way_out = WayOut::new(&encoder.config(), settings.quality).unwrap();
        let pictures = TestPictures::new(SIZE, RATE);
        let mut qualities = Vec::new();
        for number in 0..1_500 {
            let mut picture = pictures.picture(number);
            picture.set_pts(RATE.time_of(number.into()));
            let key = number % 50 == 0;
            stats.shown(&frame(0, SIZE), Duration::ZERO);
            way_out.sent(&picture, key);
            encoder.push(&picture, key).unwrap();
            while let Some(packet) = encoder.pull().unwrap() {
                if let Some(quality) = way_out.coded(&packet, &stats) {
                    encoder.set_quality(quality);
                    qualities.push(quality);
                }
            }
        }
        let (added, _) = stats.view().way_out.unwrap();
        let kinds = stats.problems.list().into_iter().map(|problem| problem.kind).collect();
        (qualities, loss_db(added, stats.net_error().unwrap()), kinds)
    }

    #[test]
    fn a_good_picture_gets_the_bits_that_keep_it_good() {
        let settings = EncodeSettings { quality: 21.0, ..EncodeSettings::default() };
        let (qualities, loss, problems) = followed(&settings, 44.0);
        assert!(qualities.last().unwrap() < &15.0, "{qualities:?}");
        assert!(loss < 0.1, "{loss} dB at {qualities:?}");
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn a_poor_picture_is_coded_no_worse_than_was_asked_for() {
        let (qualities, loss, _) = followed(&EncodeSettings::default(), 20.0);
        assert!(qualities.is_empty() && loss < 0.1, "{qualities:?}, {loss} dB");
    }

    #[test]
    fn what_a_bound_on_the_bits_takes_away_is_told() {
        let settings = EncodeSettings { max_bitrate: "50k".parse().unwrap(), ..EncodeSettings::default() };
        let (_, loss, problems) = followed(&settings, 48.0);
        assert!(loss > 0.1, "{loss} dB");
        assert_eq!(problems, ["way-out-bounded"]);
    }

    #[test]
    fn losses_are_those_of_added_errors() {
        assert!((loss_db(1.0, 1.0) - 3.0103).abs() < 1e-3);
        assert!(loss_db(MOST_ADDED, 1.0) < 0.081);
        assert!(loss_db(1.0, 0.0).abs() < 1e-9);
        assert!(wanted_step(1.0, 1.0 / MOST_ADDED).abs() < 1e-9);
    }
}
