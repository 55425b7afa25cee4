//! One rendition: how it is decoded, and what came since its newest keyframe.

use std::collections::VecDeque;

use media::flv::{Muxer, StreamInfo};
use media::packet::{Packet, Unit};
use media::time::MediaTime;
use media::{AudioConfig, VideoConfig};
use rtmp::ServerSession;

use super::subscription::Item;
use crate::out::rendition::{Kind, Rendition};

/// What is kept of a rendition at most: keyframes that are further apart are not worth more memory, and who comes then waits for
/// the next one. HLS holds the same bytes, so they are not held twice.
const MOST_PACKETS: usize = 1500;
const MOST_BYTES: usize = 16 << 20;

#[derive(Debug)]
pub(super) struct Line {
    pub(super) rendition: Rendition,
    config: Option<Unit>,
    /// Video: from a keyframe on. Sound: as much.
    recent: VecDeque<Packet>,
    bytes: usize,
    muxer: Muxer,
}

impl Line {
    pub(super) fn new(rendition: Rendition) -> Self {
        Self { rendition, config: None, recent: VecDeque::new(), bytes: 0, muxer: Muxer::new() }
    }

    pub(super) fn is_audio(&self) -> bool {
        self.rendition.kind == Kind::Audio
    }

    pub(super) fn config(&self) -> Option<Unit> {
        self.config.clone()
    }

    /// Which sound this is, if it is one.
    pub(super) fn sound(&self) -> Option<(Rendition, media::codec::AudioCodec)> {
        let Some(Unit::AudioConfig(config)) = &self.config else { return None };
        Some((self.rendition, config.codec()))
    }

    pub(super) fn keep(&mut self, unit: &Unit) {
        let Unit::Packet(packet) = unit else {
            // What came before is decoded otherwise.
            self.forget();
            self.config = Some(unit.clone());
            return;
        };
        if !self.is_audio() && packet.key {
            self.forget();
        }
        // Without a keyframe in front the rest is of no use.
        if self.recent.is_empty() && !packet.key {
            return;
        }
        self.bytes += packet.data.len();
        self.recent.push_back(packet.clone());
        while self.recent.len() > MOST_PACKETS || self.bytes > MOST_BYTES {
            match self.recent.pop_front() {
                Some(first) if self.is_audio() => self.bytes -= first.data.len(),
                _ => return self.forget(),
            }
        }
    }

    fn forget(&mut self) {
        self.recent.clear();
        self.bytes = 0;
    }

    /// When the oldest packet that is kept is decoded.
    pub(super) fn start(&self) -> Option<MediaTime> {
        self.recent.front().map(|packet| packet.dts)
    }

    /// What is kept from a time on.
    pub(super) fn since(&self, start: MediaTime) -> Vec<Packet> {
        self.recent.iter().filter(|packet| packet.dts >= start).cloned().collect()
    }

    /// The unit as it goes out.
    pub(super) fn item(&mut self, unit: &Unit) -> Item {
        let tag = self.muxer.tag(unit);
        Item::new(Some(unit.clone()), ServerSession::chunked(tag))
    }
}

/// `onMetaData` of what a subscriber takes; none while nothing is known.
pub(super) fn metadata<'a>(lines: impl Iterator<Item = &'a Line>) -> Option<Item> {
    let mut info = StreamInfo { encoder: "sharpcast".to_owned(), ..StreamInfo::default() };
    for line in lines {
        match &line.config {
            Some(Unit::VideoConfig(config)) => describe_video(&mut info, config),
            Some(Unit::AudioConfig(config)) => describe_audio(&mut info, config),
            _ => {}
        }
    }
    let known = info.size.is_some() || info.audio_channels.is_some();
    known.then(|| Item::new(None, ServerSession::chunked(Muxer::metadata(&info))))
}

fn describe_video(info: &mut StreamInfo, config: &VideoConfig) {
    info.video_codec = Some(config.codec());
    info.size = Some(config.size());
}

fn describe_audio(info: &mut StreamInfo, config: &AudioConfig) {
    info.audio_codec = Some(config.codec());
    info.audio_sample_rate = Some(config.sample_rate());
    info.audio_channels = Some(config.channels());
}
