//! The decoding end of a lane: packets in, pictures out, and what never becomes a picture is counted.
//!
//! Pictures leave in the order of showing. So when one leaves, those that should have been shown before it and have
//! not been are lost: damaged, or without their references.

use std::collections::BTreeMap;

use media::VideoConfig;
use media::ffmpeg::{Decoder, FfmpegError};
use media::packet::Packet;
use media::picture::Picture;
use media::time::MediaTime;

/// A decoder with what is inside it.
pub(super) struct Intake {
    decoder: Decoder,
    /// Presentation times of pushed packets whose pictures have not come.
    inside: BTreeMap<MediaTime, Inside>,
    /// Decoding begins, and begins again after damage, at a keyframe.
    awaits_key: bool,
}

/// Packets that share a presentation time.
#[derive(Default)]
struct Inside {
    packets: u64,
    bytes: usize,
}

/// A decoded picture and the bytes that it was coded in.
pub(super) struct Shown {
    pub(super) picture: Picture,
    pub(super) bytes: usize,
}

/// What came of a pushed packet.
pub(super) struct Decoded {
    /// Pictures that are complete now, in the order of showing.
    pub(super) pictures: Vec<Shown>,
    /// Pictures that are known to be lost now.
    pub(super) lost: u64,
    /// Why the last of them was lost, if the decoder said so.
    pub(super) error: Option<FfmpegError>,
}

impl Intake {
    pub(super) fn new(config: &VideoConfig) -> Result<Self, FfmpegError> {
        Ok(Self { decoder: Decoder::new(config)?, inside: BTreeMap::new(), awaits_key: true })
    }

    /// Goes on at the next keyframe only.
    pub(super) fn await_key(&mut self) {
        self.awaits_key = true;
    }

    pub(super) fn push(&mut self, packet: &Packet) -> Decoded {
        if self.awaits_key && !packet.key {
            return Decoded { pictures: Vec::new(), lost: 1, error: None };
        }
        self.awaits_key = false;
        if let Err(error) = self.decoder.push(packet) {
            self.awaits_key = true;
            let mut decoded = self.pull();
            decoded.lost += 1;
            decoded.error = Some(error);
            return decoded;
        }
        let inside = self.inside.entry(packet.pts).or_default();
        inside.packets += 1;
        inside.bytes += packet.data.len();
        self.pull()
    }

    /// Nothing follows: what is inside comes out, the rest is lost.
    pub(super) fn finish(mut self) -> Decoded {
        self.decoder.finish();
        let mut decoded = self.pull();
        decoded.lost += self.inside.values().map(|inside| inside.packets).sum::<u64>();
        decoded
    }

    fn pull(&mut self) -> Decoded {
        let mut decoded = Decoded { pictures: Vec::new(), lost: 0, error: None };
        loop {
            match self.decoder.pull() {
                Ok(Some(picture)) => self.account(picture, &mut decoded),
                Ok(None) => return decoded,
                // The picture that failed is found missing when the next one leaves.
                Err(error) => {
                    self.awaits_key = true;
                    decoded.error = Some(error);
                    return decoded;
                }
            }
        }
    }

    fn account(&mut self, picture: Picture, decoded: &mut Decoded) {
        let later = self.inside.split_off(&picture.pts());
        decoded.lost +=
            std::mem::replace(&mut self.inside, later).values().map(|inside| inside.packets).sum::<u64>();
        let Some(mut own) = self.inside.first_entry().filter(|entry| *entry.key() == picture.pts()) else {
            // A picture that no packet was pushed for would be counted twice.
            return;
        };
        let bytes = own.get().bytes;
        own.get_mut().packets -= 1;
        if own.get().packets == 0 {
            own.remove();
        }
        decoded.pictures.push(Shown { picture, bytes });
    }
}
