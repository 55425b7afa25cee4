//! Somebody who takes a rendition and the sound.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use media::codec::{AudioCodec, VideoCodec};
use media::flow::{KeyQueue, Overflow, Queued};
use media::flv::{AUDIO_CODECS, VIDEO_CODECS};
use media::packet::{Packet, Track, Unit};
use media::time::MediaTime;
use rtmp::Chunked;

use super::wish::{Manner, Start, Wish};
use crate::out::rendition::{Kind, Rendition, RenditionId};

/// Bytes that wait for one subscriber at most: a large GOP.
const MOST_BYTES: usize = 16 << 20;

/// How long packets are gathered for who writes them to disk.
const GATHER: Duration = Duration::from_millis(100);

/// Dropping the last reference ends it.
#[derive(Debug)]
pub struct Subscription {
    video: RenditionId,
    /// What it can play beside H.264 and AAC.
    more: Vec<VideoCodec>,
    opus: bool,
    pub(super) manner: Manner,
    /// It has had a picture.
    has_begun: AtomicBool,
    pub(super) queue: KeyQueue<Item>,
    end: OnceLock<End>,
}

/// Why nothing follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The session is over.
    Finished,
    /// The pictures are in a codec that the subscriber does not know.
    Codec,
}

/// A tag, and the unit that it was made of; metadata is made of none.
#[derive(Debug, Clone)]
pub struct Item {
    unit: Option<Unit>,
    pub tag: Chunked,
}

impl Subscription {
    pub(super) fn new(wish: &Wish<'_>) -> Self {
        let Wish { video, knows, manner } = *wish;
        let has = |four_cc| knows.is_some_and(|knows| knows.has(four_cc));
        let more =
            VIDEO_CODECS.iter().filter(|(four_cc, _)| has(*four_cc)).map(|(_, codec)| *codec).collect();
        let opus = AUDIO_CODECS.iter().any(|(four_cc, codec)| *codec == AudioCodec::Opus && has(*four_cc));
        let queue = KeyQueue::new(manner.queue, Overflow::DropGop).with_max_bytes(MOST_BYTES);
        Self { video, more, opus, manner, has_begun: AtomicBool::new(false), queue, end: OnceLock::new() }
    }

    /// What comes next; cancelling loses nothing. None once nothing follows, for [`why`](Self::why) it says.
    pub async fn next(&self) -> Option<Item> {
        self.queue.pop_async().await
    }

    /// What has come, gathered for a moment so that this thread is not woken for each packet; waits for it. Nothing once nothing follows.
    pub fn gather(&self) -> Vec<Item> {
        let Some(first) = self.queue.pop() else { return Vec::new() };
        let mut items = vec![first];
        if self.why().is_none() {
            std::thread::sleep(GATHER);
        }
        items.append(&mut self.queue.drain());
        items
    }

    /// Hands over all units until nothing follows, gathered.
    pub fn each_unit(&self, mut take: impl FnMut(&Unit)) {
        loop {
            let items = self.gather();
            if items.is_empty() {
                return;
            }
            items.iter().filter_map(Item::unit).for_each(&mut take);
        }
    }

    /// Nothing more is wanted: what waits can still be taken.
    pub fn cancel(&self) {
        self.end(End::Finished);
    }

    pub fn why(&self) -> Option<End> {
        self.end.get().copied()
    }

    /// Packets that it lost because it reads too slowly.
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }

    /// Whether a rendition is for this subscriber. `sounds`: all that there are, the one that came in first.
    pub(super) fn takes(&self, rendition: Rendition, sounds: &[(Rendition, AudioCodec)]) -> bool {
        if rendition.kind != Kind::Audio {
            return rendition.id == self.video;
        }
        let known = sounds.iter().find(|(_, codec)| *codec == AudioCodec::Aac || self.opus);
        known.is_some_and(|(known, _)| known.id == rendition.id)
    }

    pub(super) fn push(&self, item: Item) {
        if let Some(Unit::VideoConfig(config)) = &item.unit {
            let codec = config.codec();
            if codec != VideoCodec::Avc && !self.more.contains(&codec) {
                return self.end(End::Codec);
            }
        }
        if self.may_come(&item) {
            self.queue.push(item);
        }
    }

    /// Whether it has come to where the subscriber begins.
    fn may_come(&self, item: &Item) -> bool {
        let Some(packet) = item.packet() else { return true };
        let has_begun = self.has_begun.load(Ordering::Relaxed);
        if packet.track != Track::Video {
            return has_begun || !self.manner.sound_waits;
        }
        let begins = has_begun || packet.key || self.manner.start == Start::Now;
        self.has_begun.store(begins, Ordering::Relaxed);
        begins
    }

    pub(super) fn end(&self, why: End) {
        let _ = self.end.set(why);
        self.queue.close();
    }
}

impl Item {
    pub(super) fn new(unit: Option<Unit>, tag: Chunked) -> Self {
        Self { unit, tag }
    }

    /// What the tag was made of; metadata is made of nothing.
    pub fn unit(&self) -> Option<&Unit> {
        self.unit.as_ref()
    }

    /// Metadata or a configuration.
    pub fn is_description(&self) -> bool {
        self.packet().is_none()
    }

    /// Whether one of the two takes the other one's place.
    pub fn describes_the_same_as(&self, other: &Self) -> bool {
        self.is_description() && other.is_description() && self.replaces(other)
    }

    /// A picture that stands alone.
    pub fn is_key_picture(&self) -> bool {
        self.packet().is_some_and(|packet| packet.track == Track::Video && packet.key)
    }

    /// When it is decoded; descriptions come first.
    pub(super) fn time(&self) -> Option<MediaTime> {
        self.packet().map(|packet| packet.dts)
    }
}

impl Queued for Item {
    fn packet(&self) -> Option<&Packet> {
        self.unit.as_ref().and_then(Unit::packet)
    }

    fn replaces(&self, older: &Self) -> bool {
        self.unit.as_ref().map(is_video) == older.unit.as_ref().map(is_video)
    }
}

/// Whether a unit belongs to a track of pictures.
fn is_video(unit: &Unit) -> bool {
    unit.track() == Track::Video
}
