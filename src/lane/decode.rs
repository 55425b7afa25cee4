//! The decoder of a lane: packets in, pictures out, and what never becomes a picture is counted.
//!
//! Pictures leave in the order of showing. So when one leaves, those that should have been shown before it and have
//! not been are lost: damaged, or without their references.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use media::VideoConfig;
use media::ffmpeg::{Decoder, Deinterlacer, FfmpegError};
use media::packet::Packet;
use media::picture::{Picture, Scan};
use media::time::MediaTime;

use super::stats::LaneStats;

/// A decoder for one configuration after the other, with what is inside it.
pub(super) struct FrameDecoder {
    open: fn(&VideoConfig) -> Result<Decoder, FfmpegError>,
    stats: Arc<LaneStats>,
    /// `None` before the first one, and where no decoder takes it: then packets are lost until another one comes.
    config: Option<Arc<VideoConfig>>,
    /// Opened for the first keyframe, so that none is opened in vain.
    decoder: Option<Decoder>,
    /// Pictures are whole before anything else is done with them: upscaled lines of two instants are beyond mending.
    deinterlacer: Deinterlacer,
    /// Presentation times of pushed packets whose pictures have not come, with the packets' bytes.
    inside: BTreeMap<MediaTime, Vec<usize>>,
    /// Decoding begins, and begins again after damage, at a keyframe.
    awaits_key: bool,
}

impl FrameDecoder {
    pub(super) fn new(stats: Arc<LaneStats>) -> Self {
        Self::with_opener(Decoder::new, stats)
    }

    pub(super) fn with_opener(
        open: fn(&VideoConfig) -> Result<Decoder, FfmpegError>,
        stats: Arc<LaneStats>,
    ) -> Self {
        let deinterlacer = Deinterlacer::new();
        Self {
            open,
            stats,
            config: None,
            decoder: None,
            deinterlacer,
            inside: BTreeMap::new(),
            awaits_key: true,
        }
    }

    pub(super) fn config(&self) -> Option<Arc<VideoConfig>> {
        self.config.clone()
    }

    /// The packets that follow are coded like this. Drain before.
    pub(super) fn configure(&mut self, config: Arc<VideoConfig>) {
        // Packets of the new configuration must never meet a decoder of the old one.
        self.decoder = None;
        self.awaits_key = true;
        self.config = Some(config);
    }

    /// Goes on at the next keyframe only.
    pub(super) fn await_key(&mut self) {
        self.awaits_key = true;
    }

    /// Takes a packet in; answers the pictures that are complete now, in the order of showing, each with the bytes that
    /// it was coded in.
    pub(super) fn push(&mut self, packet: &Packet) -> Vec<(Picture, usize)> {
        if self.awaits_key && !packet.key {
            self.stats.lose(1, None);
            return Vec::new();
        }
        let Some(decoder) = self.opened() else {
            self.stats.lose(1, None);
            return Vec::new();
        };
        let refused = decoder.push(packet).err();
        self.awaits_key = refused.is_some();
        if refused.is_none() {
            self.inside.entry(packet.pts).or_default().push(packet.data.len());
        }
        let (pictures, missing, failed) = self.pull();
        self.report(missing + u64::from(refused.is_some()), refused.or(failed));
        pictures
    }

    /// Nothing follows that continues what is inside: it comes out, or is lost.
    pub(super) fn drain(&mut self) -> Vec<(Picture, usize)> {
        let Some(decoder) = &mut self.decoder else { return Vec::new() };
        decoder.finish();
        let (mut pictures, mut missing, failed) = self.pull();
        self.deinterlacer.finish();
        self.collect(&mut pictures, &mut missing);
        let inside = std::mem::take(&mut self.inside);
        self.report(missing + count(&inside), failed);
        // A decoder that was finished takes nothing more.
        self.decoder = None;
        self.awaits_key = true;
        pictures
    }

    fn opened(&mut self) -> Option<&mut Decoder> {
        if self.decoder.is_none() {
            match (self.open)(self.config.as_deref()?) {
                Ok(decoder) => self.decoder = Some(decoder),
                Err(error) => {
                    let text = format!(
                        "the pictures cannot be decoded, so only the source is handed out until they are coded otherwise: {error}"
                    );
                    self.stats.problems.report("enhancing-rests", text);
                    // Asked for once only, not for every packet.
                    self.config = None;
                }
            }
        }
        self.decoder.as_mut()
    }

    /// What is complete, how many pictures are known to be lost now, and why, if the decoder says so.
    fn pull(&mut self) -> (Vec<(Picture, usize)>, u64, Option<FfmpegError>) {
        let mut pictures = Vec::new();
        let mut missing = 0;
        while let Some(decoder) = &mut self.decoder {
            let picture = match decoder.pull() {
                Ok(Some(picture)) => picture,
                Ok(None) => break,
                // The picture that failed is found missing when the next one leaves.
                Err(error) => {
                    self.awaits_key = true;
                    return (pictures, missing, Some(error));
                }
            };
            self.deinterlace(picture, &mut pictures, &mut missing);
        }
        (pictures, missing, None)
    }

    fn deinterlace(&mut self, picture: Picture, pictures: &mut Vec<(Picture, usize)>, missing: &mut u64) {
        if picture.scan() != Scan::Progressive {
            self.stats.deinterlaced();
        }
        match self.deinterlacer.push(&picture) {
            Ok(()) => self.collect(pictures, missing),
            // As it is, it is better than none.
            Err(error) => {
                self.stats.problems.report(
                    "picture-interlaced",
                    format!(
                        "a picture is enhanced as it came, interlaced: {error}; let the encoder deinterlace"
                    ),
                );
                self.leave(picture, pictures, missing);
            }
        }
    }

    /// What the deinterlacer has complete.
    fn collect(&mut self, pictures: &mut Vec<(Picture, usize)>, missing: &mut u64) {
        while let Some(picture) = self.deinterlacer.pull() {
            self.leave(picture, pictures, missing);
        }
    }

    fn leave(&mut self, picture: Picture, pictures: &mut Vec<(Picture, usize)>, missing: &mut u64) {
        *missing += self.forget_before(picture.pts());
        // A picture that no packet was pushed for would be counted twice.
        if let Some(bytes) = self.forget(picture.pts()) {
            pictures.push((picture, bytes));
        }
    }

    fn report(&self, lost: u64, error: Option<FfmpegError>) {
        if lost > 0 {
            self.stats.lose(lost, error.as_ref().map(|error| error as &dyn Display));
        }
    }

    /// Packets that should have been shown before `pts`.
    fn forget_before(&mut self, pts: MediaTime) -> u64 {
        let later = self.inside.split_off(&pts);
        count(&std::mem::replace(&mut self.inside, later))
    }

    /// One packet that is shown at `pts`; answers the bytes of all of them.
    fn forget(&mut self, pts: MediaTime) -> Option<usize> {
        let packets = self.inside.get_mut(&pts)?;
        let bytes = packets.iter().sum();
        packets.pop();
        if packets.is_empty() {
            self.inside.remove(&pts);
        }
        Some(bytes)
    }
}

fn count(inside: &BTreeMap<MediaTime, Vec<usize>>) -> u64 {
    inside.values().map(|packets| packets.len() as u64).sum()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::lane::fake::{SMALL, coded, stats};

    fn numbers(pictures: &[(Picture, usize)]) -> Vec<i64> {
        pictures.iter().map(|(picture, _)| picture.pts().as_millis() / 40).collect()
    }

    #[test]
    fn decoding_begins_at_a_keyframe_and_what_comes_before_is_lost() {
        let stats = stats();
        let mut decoder = FrameDecoder::new(Arc::clone(&stats));
        let (config, packets) = coded(SMALL, 0, 3);
        decoder.configure(Arc::clone(&config));
        assert!(decoder.push(&packets[1]).is_empty());
        assert_eq!(stats.view().given_up, 1);
        let mut shown = Vec::new();
        shown.extend(packets.iter().flat_map(|packet| decoder.push(packet)));
        shown.extend(decoder.drain());
        assert_eq!(numbers(&shown), [0, 1, 2]);
        assert_eq!(shown[0].1, packets[0].data.len());
        decoder.await_key();
        assert!(decoder.push(&packets[2]).is_empty());
        assert_eq!(stats.view().given_up, 2);
    }

    #[test]
    fn damaged_packets_are_counted_once_and_the_next_keyframe_mends_it() {
        let stats = stats();
        let mut decoder = FrameDecoder::new(Arc::clone(&stats));
        let (config, mut packets) = coded(SMALL, 0, 4);
        packets[1].data = Bytes::from_static(&[0, 0, 0, 200, 1, 2, 3]);
        packets.extend(coded(SMALL, 4, 2).1);
        decoder.configure(config);
        let mut shown = Vec::new();
        shown.extend(packets.iter().flat_map(|packet| decoder.push(packet)));
        shown.extend(decoder.drain());
        assert_eq!(shown.len() as u64 + stats.view().given_up, 6, "{:?}", numbers(&shown));
        assert!(numbers(&shown).ends_with(&[4, 5]), "{:?}", numbers(&shown));
        assert!(stats.view().given_up >= 1);
    }
}
