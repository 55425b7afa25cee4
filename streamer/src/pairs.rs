//! Training pairs: what the server sees beside what it should see.
//!
//! The packets that are sent are decoded again, artefacts included, and set beside the original at the size that the
//! network makes of them. Neighbouring pictures teach almost the same, so only some become pairs: keyframes, the first
//! picture after a cut, and a few evenly spaced ones.

mod buffer;

use std::sync::Arc;

use learn::{CutDetector, Pair, Settings, State};
use media::ffmpeg::{Decoder, FfmpegError};
use media::flow::Queued;
use media::picture::Size;
use media::{MediaTime, Packet, Picture, VideoConfig};
use thiserror::Error;

use crate::framing::{self, Framer};

pub use buffer::PairBuffer;

/// Between evenly spaced pairs: four to a usual key interval.
pub const SPACING: MediaTime = MediaTime::from_millis(500);
/// The same while a new scene has shown too little to learn from.
const HURRY: MediaTime = MediaTime::from_millis(200);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Factor of the networks that they are for.
    pub scale: u8,
    /// Between evenly spaced ones.
    pub spacing: MediaTime,
}

impl Wanted {
    /// What a trainer in this state needs.
    pub fn new(scale: u8, state: State) -> Self {
        Self { scale, spacing: if state == State::Waiting { HURRY } else { SPACING } }
    }
}

#[derive(Debug, Error)]
pub enum PairError {
    /// The source has no more detail than the stream.
    #[error(
        "the source ({hr}) is smaller than {wanted}, which the network should learn to make: send a smaller --size"
    )]
    NoDetail { hr: Size, wanted: Size },
    #[error(transparent)]
    Ffmpeg(#[from] FfmpegError),
}

/// What the video path hands over for pairs.
#[derive(Debug)]
pub enum Coded {
    /// How the packets that follow are decoded.
    Config(Arc<VideoConfig>),
    /// A packet that is being sent, and the picture that it was made from.
    Picture(Packet, Picture),
}

impl Queued for Coded {
    fn packet(&self) -> Option<&Packet> {
        match self {
            Self::Config(_) => None,
            Self::Picture(packet, _) => Some(packet),
        }
    }

    fn replaces(&self, older: &Self) -> bool {
        older.packet().is_none()
    }
}

pub struct PairMaker {
    /// Changes as the trainer likes.
    pub wanted: Wanted,
    decoder: Option<Decoder>,
    framer: Framer,
    cuts: CutDetector,
    last: Option<MediaTime>,
}

impl PairMaker {
    pub fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            decoder: None,
            framer: Framer::default(),
            cuts: CutDetector::new(&Settings::default()),
            last: None,
        }
    }

    /// Takes what was coded; gives a pair if this picture was chosen.
    pub fn push(&mut self, coded: Coded) -> Result<Option<Pair>, PairError> {
        let (packet, hr) = match coded {
            Coded::Config(config) => {
                self.decoder = Some(Decoder::new(&config)?);
                return Ok(None);
            }
            Coded::Picture(packet, hr) => (packet, hr),
        };
        let Some(decoder) = &mut self.decoder else { return Ok(None) };
        decoder.push(&packet)?;
        let Some(lr) = decoder.pull()? else { return Ok(None) };
        // Asked for every frame, wanted or not: a cut is told by the frames before it.
        let cut = self.cuts.is_cut(&lr);
        let Wanted { scale, spacing } = self.wanted;
        // The decoder holds nothing back: streams of ours are never reordered.
        if lr.pts() != hr.pts() || !(cut || self.is_due(&lr, spacing)) {
            return Ok(None);
        }
        // Whatever comes of it: a source without detail is not asked again for every picture.
        self.last = Some(lr.pts());
        let factor = u32::from(scale);
        let shown = framing::shape(&hr);
        // Bars need no detail.
        let wanted = framing::inner(shown, lr.size()).scaled(factor);
        if shown.width < wanted.width || shown.height < wanted.height {
            return Err(PairError::NoDetail { hr: shown, wanted });
        }
        let hr = self.framer.frame(&hr, lr.size(), factor)?;
        Ok(Some(Pair { lr, hr }))
    }

    fn is_due(&self, lr: &Picture, spacing: MediaTime) -> bool {
        lr.key() || self.last.is_none_or(|last| lr.pts() - last >= spacing)
    }
}

#[cfg(test)]
mod tests {
    use media::FrameRate;
    use media::picture::{Colour, Component};

    use super::*;
    use crate::coder::{Key, Transcoder};

    fn picture(size: Size, n: i64, scene: u8) -> Picture {
        let mut picture = Picture::new(size);
        for component in Component::ALL {
            picture.plane_mut(component).fill(scene);
        }
        picture.set_pts(MediaTime::from_millis(40 * n));
        picture
    }

    fn transcoder() -> Transcoder {
        let size = Size { width: 64, height: 48 };
        let rate = FrameRate { num: 25, den: 1 };
        Transcoder::new(size, "100k".parse().unwrap(), rate, Colour::default()).unwrap()
    }

    #[test]
    fn chooses_key_pictures_cuts_and_a_few_between() {
        let mut transcoder = transcoder();
        let mut maker = PairMaker::new(Wanted::new(2, State::Waiting));
        maker.wanted = Wanted { scale: 2, spacing: MediaTime::from_millis(500) };
        maker.push(Coded::Config(transcoder.config())).unwrap();
        let mut chosen = Vec::new();
        for n in 0..60 {
            let hr = picture(Size { width: 160, height: 120 }, n, if n < 20 { 40 } else { 200 });
            let packet = transcoder.transcode(&hr, Key::Interval).unwrap().unwrap();
            if let Some(pair) = maker.push(Coded::Picture(packet, hr)).unwrap() {
                assert_eq!(pair.hr.size(), pair.lr.size().scaled(2));
                assert_eq!(pair.hr.pts(), pair.lr.pts());
                chosen.push(n);
            }
        }
        // The first, half a second later, the cut, half a second after it, the keyframe of the interval.
        assert_eq!(chosen, [0, 13, 20, 33, 46, 50]);
    }

    #[test]
    fn a_source_without_more_detail_is_told() {
        let mut transcoder = transcoder();
        let mut maker = PairMaker::new(Wanted::new(2, State::Waiting));
        maker.wanted = Wanted { scale: 2, spacing: SPACING };
        maker.push(Coded::Config(transcoder.config())).unwrap();
        let hr = picture(Size { width: 96, height: 72 }, 0, 40);
        let packet = transcoder.transcode(&hr, Key::Interval).unwrap().unwrap();
        assert!(matches!(maker.push(Coded::Picture(packet, hr)), Err(PairError::NoDetail { .. })));
    }
}
