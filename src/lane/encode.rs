//! The encoding end of a lane: large pictures in, packets into the playlist out.

use media::ffmpeg::{Encoder, FfmpegError, PictureType};
use media::packet::Unit;
use media::picture::{Colour, FrameRate, Picture, Size};
use media::time::MediaTime;

use crate::out::{EncodeSettings, Output};

/// An encoder that is replaced when the pictures change, with what keeps its output in order.
pub(super) struct Outlet {
    settings: EncodeSettings,
    output: Output,
    encoder: Option<Running>,
    last_pts: Option<MediaTime>,
    /// A keyframe was not shown, so the next one that is has to be one.
    owes_key: bool,
}

struct Running {
    encoder: Encoder,
    size: Size,
    colour: Colour,
}

impl Outlet {
    pub(super) fn new(settings: EncodeSettings, output: Output) -> Self {
        Self { settings, output, encoder: None, last_pts: None, owes_key: false }
    }

    /// Encodes a picture and sends what comes out of it. `false`: its time has passed already, it is not shown.
    pub(super) fn push(&mut self, picture: &Picture, rate: FrameRate) -> Result<bool, FfmpegError> {
        if self.last_pts.is_some_and(|last| picture.pts() <= last) {
            self.owes_key |= picture.key();
            return Ok(false);
        }
        let fits = |running: &Running| (running.size, running.colour) == (picture.size(), picture.colour());
        if !self.encoder.as_ref().is_some_and(fits) {
            self.finish()?;
            self.encoder = Some(self.start(picture, rate)?);
        }
        let Some(Running { encoder, .. }) = &mut self.encoder else { return Ok(false) };
        let key = picture.key() || self.owes_key;
        encoder.push(picture, if key { PictureType::Idr } else { PictureType::Auto })?;
        self.owes_key = false;
        self.last_pts = Some(picture.pts());
        send(encoder, &self.output)?;
        Ok(true)
    }

    /// Sends what is still inside and drops the encoder.
    pub(super) fn finish(&mut self) -> Result<(), FfmpegError> {
        let Some(Running { mut encoder, .. }) = self.encoder.take() else { return Ok(()) };
        encoder.finish();
        send(&mut encoder, &self.output)
    }

    fn start(&self, picture: &Picture, frame_rate: FrameRate) -> Result<Running, FfmpegError> {
        let (size, colour) = (picture.size(), picture.colour());
        let encoder = Encoder::new(&self.settings.encoder(size, frame_rate, colour))?;
        self.output.push(&Unit::VideoConfig(encoder.config()));
        Ok(Running { encoder, size, colour })
    }
}

fn send(encoder: &mut Encoder, output: &Output) -> Result<(), FfmpegError> {
    while let Some(packet) = encoder.pull()? {
        output.push(&Unit::Packet(packet));
    }
    Ok(())
}
