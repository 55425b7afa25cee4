//! The back of a lane: upscaled frames in, coded units out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use media::ffmpeg::{Encoder, FfmpegError};
use media::packet::Unit;
use media::picture::{Colour, Picture, PixelAspect, Size};
use media::time::MediaTime;

use super::frame::{Frame, UpscaledBy};
use super::stats::LaneStats;
use super::way_out::WayOut;
use crate::out::{EncodeSettings, Output};

/// An encoder that is replaced when the pictures change, with what keeps its output in order.
pub(super) struct Back {
    settings: EncodeSettings,
    output: Output,
    stats: Arc<LaneStats>,
    encoder: Option<Encoder>,
    /// Looks at what comes out of the encoder; none where it could not be set up.
    way_out: Option<WayOut>,
    /// The pictures that the encoder was opened for.
    opened_for: Option<(Size, Colour, PixelAspect)>,
    last_pts: Option<MediaTime>,
    /// A keyframe was not shown, so the next picture that is has to be one.
    owes_key: bool,
    busy: Duration,
}

impl Back {
    pub(super) fn new(settings: EncodeSettings, output: Output, stats: Arc<LaneStats>) -> Self {
        Self {
            settings,
            output,
            stats,
            encoder: None,
            way_out: None,
            opened_for: None,
            last_pts: None,
            owes_key: false,
            busy: Duration::ZERO,
        }
    }

    /// What the lane spent on the frame that left last, without nets.
    pub(super) fn busy(&self) -> Duration {
        self.busy
    }

    /// Encodes a frame, sends what comes out of it, and counts what became of it.
    pub(super) fn push(&mut self, frame: &Frame) {
        let started = Instant::now();
        match self.encode(frame) {
            Ok(true) => {
                let spent = frame.spent + started.elapsed();
                let net = if let UpscaledBy::FEdsr { took } = frame.upscaled { took } else { Duration::ZERO };
                self.busy = spent.saturating_sub(net);
                self.stats.shown(frame, spent);
            }
            Ok(false) => self.stats.lose(1, None),
            Err(error) => self.stats.lose(1, Some(&error)),
        }
        self.stats.done(frame.dts);
    }

    /// Nothing follows.
    pub(super) fn finish(&mut self) {
        if let Err(error) = self.close() {
            tracing::warn!(stream = %self.stats.stream(), %error, "the last enhanced pictures cannot be encoded");
        }
    }

    /// `false`: its time has passed already, it is not shown.
    fn encode(&mut self, frame: &Frame) -> Result<bool, FfmpegError> {
        let picture = &frame.picture;
        if self.last_pts.is_some_and(|last| picture.pts() <= last) {
            self.owes_key |= picture.key();
            return Ok(false);
        }
        if self.opened_for != Some(looks(picture)) {
            self.close()?;
            self.open(frame)?;
        }
        let Some(encoder) = &mut self.encoder else { return Ok(false) };
        let key = picture.key() || self.owes_key;
        if let Some(way_out) = &mut self.way_out {
            way_out.sent(picture, key);
        }
        encoder.push(picture, key)?;
        self.owes_key = false;
        self.last_pts = Some(picture.pts());
        self.send()?;
        Ok(true)
    }

    fn open(&mut self, frame: &Frame) -> Result<(), FfmpegError> {
        let (size, colour, aspect) = looks(&frame.picture);
        let encoder = Encoder::new(&self.settings.encoder(size, frame.rate, colour, aspect))?;
        self.output.push(&Unit::VideoConfig(encoder.config()));
        self.way_out = WayOut::new(&encoder.config(), self.settings.quality).ok();
        self.encoder = Some(encoder);
        self.opened_for = Some((size, colour, aspect));
        Ok(())
    }

    /// Sends what is still inside and drops the encoder.
    fn close(&mut self) -> Result<(), FfmpegError> {
        self.opened_for = None;
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        encoder.finish();
        let sent = self.send();
        self.encoder = None;
        sent
    }

    /// What the encoder has complete.
    fn send(&mut self) -> Result<(), FfmpegError> {
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        while let Some(packet) = encoder.pull()? {
            let better = self.way_out.as_mut().and_then(|way_out| way_out.coded(&packet, &self.stats));
            if let Some(quality) = better {
                encoder.set_quality(quality);
            }
            self.output.push(&Unit::Packet(packet));
        }
        Ok(())
    }
}

/// What an encoder writes into its configuration.
fn looks(picture: &Picture) -> (Size, Colour, PixelAspect) {
    (picture.size(), picture.colour(), picture.pixel_aspect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::fake::{Recorder, SMALL, frame, output, stats};

    fn key(mut frame: Frame) -> Frame {
        frame.picture.set_key(true);
        frame
    }

    fn back() -> (Back, Arc<Recorder>, Arc<LaneStats>) {
        let recorder = Arc::new(Recorder::default());
        let stats = stats();
        let output = output(Arc::clone(&recorder) as _);
        (Back::new(EncodeSettings::default(), output, Arc::clone(&stats)), recorder, stats)
    }

    #[test]
    fn frames_leave_as_they_come_and_another_size_begins_with_its_configuration() {
        let (mut back, recorder, stats) = back();
        back.push(&key(frame(0, SMALL)));
        back.push(&frame(1, SMALL));
        back.push(&key(frame(2, Size { width: 48, height: 32 })));
        back.finish();
        assert_eq!(recorder.seen(), ["32x32", "K0", "p1", "48x32", "K2"]);
        let figures = stats.view();
        assert_eq!((figures.lanczos_no_net, figures.given_up), (3, 0));
        assert_eq!(figures.done, Some(MediaTime::from_millis(80)));
    }

    #[test]
    fn a_picture_whose_time_has_passed_is_lost_and_the_next_one_is_the_keyframe_that_it_was() {
        let (mut back, recorder, stats) = back();
        back.push(&key(frame(5, SMALL)));
        back.push(&key(frame(3, SMALL)));
        back.push(&frame(6, SMALL));
        back.push(&frame(7, SMALL));
        assert_eq!(recorder.seen(), ["32x32", "K5", "K6", "p7"]);
        assert_eq!((stats.view().lanczos(), stats.view().given_up), (3, 1));
    }

    #[test]
    fn the_lanes_own_time_is_what_was_spent_less_the_net() {
        let (mut back, _, stats) = back();
        let took = Duration::from_secs(3);
        let mut from_net = key(frame(0, SMALL).with(frame(0, SMALL).picture, UpscaledBy::FEdsr { took }));
        from_net.spent = Duration::from_secs(4);
        back.push(&from_net);
        assert!(back.busy() >= Duration::from_secs(1) && back.busy() < took);
        assert_eq!((stats.view().f_edsr, stats.view().net()), (1, took));
    }
}
