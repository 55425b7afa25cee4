//! Training pairs: what the server sees beside what it should see.
//!
//! The packets that are sent are decoded again, artefacts included, and set beside the original at the size that the
//! network makes of them. Neighbouring pictures teach almost the same, so only some become pairs: keyframes, the first
//! picture after a cut, and a few evenly spaced ones.

mod buffer;

use std::collections::VecDeque;
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
    /// A picture that is being coded: its packet comes later, at times much later and behind those of later pictures.
    Original(Picture),
    /// A packet that is being sent.
    Packet(Packet),
}

impl Queued for Coded {
    fn packet(&self) -> Option<&Packet> {
        match self {
            Self::Config(_) | Self::Original(_) => None,
            Self::Packet(packet) => Some(packet),
        }
    }

    fn replaces(&self, older: &Self) -> bool {
        matches!((self, older), (Self::Config(_), Self::Config(_)) | (Self::Original(_), Self::Original(_)))
    }
}

/// Originals that wait for their packets at most: three seconds of them, 150 MB at 1080p.
const MOST_ORIGINALS: usize = 48;
/// Time between originals that are kept. Every picture of large sources would take half a gigabyte while an encoder looks
/// ahead, for pairs that teach almost the same.
const KEPT_EVERY: MediaTime = MediaTime::from_millis(100);

pub struct PairMaker {
    /// Changes as the trainer likes.
    pub wanted: Wanted,
    decoder: Option<Decoder>,
    framer: Framer,
    cuts: CutDetector,
    /// Originals whose pictures have not been decoded yet, in the order of their times.
    originals: VecDeque<Picture>,
    /// The next picture whose original is there becomes a pair.
    is_due: bool,
    last: Option<MediaTime>,
}

impl PairMaker {
    pub fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            decoder: None,
            framer: Framer::default(),
            cuts: CutDetector::new(&Settings::default()),
            originals: VecDeque::new(),
            is_due: false,
            last: None,
        }
    }

    /// Takes what was coded; gives the pairs that were chosen.
    pub fn push(&mut self, coded: Coded) -> Result<Vec<Pair>, PairError> {
        match coded {
            Coded::Config(config) => {
                let pairs = self.finish();
                self.decoder = Some(Decoder::new(&config)?);
                pairs
            }
            Coded::Original(hr) => {
                self.keep(hr);
                Ok(Vec::new())
            }
            Coded::Packet(packet) => {
                let Some(decoder) = &mut self.decoder else { return Ok(Vec::new()) };
                decoder.push(&packet)?;
                self.decoded()
            }
        }
    }

    /// No packet follows that continues what came: the pairs of what the decoder still holds.
    pub fn finish(&mut self) -> Result<Vec<Pair>, PairError> {
        let Some(decoder) = &mut self.decoder else { return Ok(Vec::new()) };
        decoder.finish();
        let pairs = self.decoded();
        self.decoder = None;
        pairs
    }

    fn keep(&mut self, hr: Picture) {
        let every = KEPT_EVERY.min(self.wanted.spacing);
        if self.originals.back().is_some_and(|last| hr.pts() - last.pts() < every && hr.pts() > last.pts()) {
            return;
        }
        if self.originals.len() >= MOST_ORIGINALS {
            self.originals.pop_front();
        }
        self.originals.push_back(hr);
    }

    /// Pairs of the pictures that are complete; they come in the order of their times.
    fn decoded(&mut self) -> Result<Vec<Pair>, PairError> {
        let mut pairs = Vec::new();
        while let Some(decoder) = &mut self.decoder
            && let Some(lr) = decoder.pull()?
        {
            pairs.extend(self.pair(lr)?);
        }
        Ok(pairs)
    }

    fn pair(&mut self, lr: Picture) -> Result<Option<Pair>, PairError> {
        // Asked for every frame, wanted or not: a cut is told by the frames before it.
        let cut = self.cuts.is_cut(&lr);
        let Wanted { scale, spacing } = self.wanted;
        self.is_due |= cut || lr.key() || self.last.is_none_or(|last| lr.pts() - last >= spacing);
        while self.originals.front().is_some_and(|hr| hr.pts() < lr.pts()) {
            self.originals.pop_front();
        }
        if self.originals.front().is_none_or(|hr| hr.pts() > lr.pts()) {
            return Ok(None);
        }
        let Some(hr) = self.originals.pop_front().filter(|_| self.is_due) else { return Ok(None) };
        // Whatever comes of it: a source without detail is not asked again for every picture.
        self.is_due = false;
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coder::fake::{flat, settings};
    use crate::coder::{Key, Latency, Transcoder};

    const HR: Size = Size { width: 160, height: 120 };

    fn maker() -> PairMaker {
        let mut maker = PairMaker::new(Wanted::new(2, State::Waiting));
        maker.wanted = Wanted { scale: 2, spacing: MediaTime::from_millis(500) };
        maker
    }

    /// The numbers of the pictures, of 60 with a cut at 20, that became pairs.
    fn chosen(latency: Latency) -> (Vec<i64>, i64) {
        let (mut transcoder, mut maker) = (Transcoder::new(settings(latency)).unwrap(), maker());
        maker.push(Coded::Config(transcoder.config())).unwrap();
        let (mut pairs, mut latest) = (Vec::new(), 0);
        for n in 0..60 {
            // Each picture has a value of its own, so that pairs of different pictures would be seen.
            let hr = flat(HR, n, if n < 20 { 40 } else { 180 } + n as u8);
            transcoder.push(&hr, Key::Interval).unwrap();
            maker.push(Coded::Original(hr)).unwrap();
            while let Some(packet) = transcoder.pull().unwrap() {
                latest = latest.max(n - packet.pts.as_millis() / 40);
                pairs.extend(maker.push(Coded::Packet(packet)).unwrap());
            }
        }
        transcoder.finish();
        while let Some(packet) = transcoder.pull().unwrap() {
            pairs.extend(maker.push(Coded::Packet(packet)).unwrap());
        }
        pairs.extend(maker.finish().unwrap());
        for Pair { lr, hr } in &pairs {
            assert_eq!((hr.size(), hr.pts()), (lr.size().scaled(2), lr.pts()));
            let [lr, hr] = [lr, hr].map(|picture| picture.luma().rows().next().unwrap()[0]);
            assert!(lr.abs_diff(hr) < 4, "{lr} and {hr} are of different pictures");
        }
        (pairs.iter().map(|pair| pair.lr.pts().as_millis() / 40).collect(), latest)
    }

    #[test]
    fn chooses_key_pictures_cuts_and_a_few_between() {
        let (numbers, latest) = chosen(Latency::Low);
        // The first, half a second later, the cut, half a second after it, the keyframe of the interval.
        assert_eq!((&numbers[..], latest), (&[0, 13, 20, 33, 46, 50][..], 0));
    }

    #[test]
    fn packets_that_come_a_second_late_and_out_of_order_find_their_pictures() {
        let (numbers, latest) = chosen(Latency::Normal);
        assert!(latest >= 25, "{latest}");
        // Of each the next one whose original was kept, which is every third.
        assert_eq!(numbers, [0, 15, 21, 36, 51]);
    }

    #[test]
    fn originals_without_packets_are_few() {
        let mut maker = maker();
        (0..10_000).for_each(|n| drop(maker.push(Coded::Original(flat(HR, n, 9))).unwrap()));
        assert_eq!(maker.originals.len(), MOST_ORIGINALS);
    }

    #[test]
    fn a_source_without_more_detail_is_told() {
        let (mut transcoder, mut maker) = (Transcoder::new(settings(Latency::Low)).unwrap(), maker());
        maker.push(Coded::Config(transcoder.config())).unwrap();
        let hr = flat(Size { width: 96, height: 72 }, 0, 40);
        transcoder.push(&hr, Key::Interval).unwrap();
        maker.push(Coded::Original(hr)).unwrap();
        let packet = transcoder.pull().unwrap().unwrap();
        assert!(matches!(maker.push(Coded::Packet(packet)), Err(PairError::NoDetail { .. })));
    }
}
