//! The units of a session as FLV tags, for those who take them as they come: RTMP players and relays.
//!
//! Who comes in the middle gets everything since the newest keyframe at once, and has a picture without waiting. Each has a
//! queue of its own: who reads slowly loses pictures up to a keyframe, and nobody waits for it. A tag is cut for the wire once,
//! for all; while nobody takes a rendition, nothing is made of it.

mod line;
mod subscription;
#[cfg(test)]
mod tests;
mod wish;

use std::sync::{Arc, Weak};

use media::codec::AudioCodec;
use media::flv::Tag;
use media::packet::Unit;
use parking_lot::Mutex;
use rtmp::ServerSession;

use super::rendition::Rendition;
use super::sink::{Arrival, Sink, SinkError};
use line::Line;

pub use subscription::{End, Item, Subscription};
pub use wish::{Manner, Metadata, Start, Wish};

/// One of the sinks of a session.
#[derive(Debug, Default)]
pub struct Broadcast(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    lines: Vec<Line>,
    subscribers: Vec<Weak<Subscription>>,
    /// What the publisher says of its stream.
    said: Option<Item>,
    finished: bool,
}

impl Broadcast {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// From now on the subscriber gets a video rendition and the sound.
    pub fn subscribe(&self, wish: &Wish<'_>) -> Arc<Subscription> {
        let subscription = Arc::new(Subscription::new(wish));
        let mut state = self.0.lock();
        if state.finished {
            subscription.end(End::Finished);
        } else {
            state.bring_up_to_date(&subscription);
            state.subscribers.push(Arc::downgrade(&subscription));
        }
        subscription
    }

    /// What the publisher says of its stream, for those who want that.
    pub fn describe(&self, metadata: Tag) {
        let item = Item::new(None, ServerSession::chunked(metadata));
        let mut state = self.0.lock();
        for subscriber in state.subscribers.iter().filter_map(Weak::upgrade) {
            if subscriber.manner.metadata == Metadata::Publishers {
                subscriber.push(item.clone());
            }
        }
        state.said = Some(item);
    }

    /// How many take the stream now.
    pub fn subscribers(&self) -> usize {
        self.0.lock().subscribers.iter().filter(|subscriber| subscriber.strong_count() > 0).count()
    }
}

impl Sink for Broadcast {
    fn unit(&self, rendition: Rendition, unit: &Unit, _arrival: Arrival) -> Result<(), SinkError> {
        let mut state = self.0.lock();
        let index = state.line(rendition);
        state.lines[index].keep(unit);
        state.subscribers.retain(|subscriber| subscriber.strong_count() > 0);
        if state.subscribers.is_empty() {
            return Ok(());
        }
        let sounds = state.sounds();
        let State { lines, subscribers, .. } = &mut *state;
        let takers = subscribers.iter().filter_map(Weak::upgrade);
        let takers: Vec<_> = takers.filter(|subscriber| subscriber.takes(rendition, &sounds)).collect();
        if takers.is_empty() {
            return Ok(());
        }
        let item = lines[index].item(unit);
        for taker in takers {
            if item.is_description() && taker.manner.metadata == Metadata::Own {
                let taken = lines.iter().filter(|line| taker.takes(line.rendition, &sounds));
                if let Some(metadata) = line::metadata(taken) {
                    taker.push(metadata);
                }
            }
            taker.push(item.clone());
        }
        Ok(())
    }

    fn discontinuity(&self) -> Result<(), SinkError> {
        // Another publisher's.
        self.0.lock().said = None;
        Ok(())
    }

    fn finish(&self) -> Result<(), SinkError> {
        let mut state = self.0.lock();
        state.finished = true;
        for subscriber in state.subscribers.drain(..).filter_map(|subscriber| subscriber.upgrade()) {
            subscriber.end(End::Finished);
        }
        Ok(())
    }
}

impl State {
    /// The place of a rendition, which gets one when it first comes.
    fn line(&mut self, rendition: Rendition) -> usize {
        let known = self.lines.iter().position(|line| line.rendition.id == rendition.id);
        known.unwrap_or_else(|| {
            self.lines.push(Line::new(rendition));
            self.lines.len() - 1
        })
    }

    /// The same sound in several codecs, the one that came in first: it goes out in the way that a subscriber knows.
    fn sounds(&self) -> Vec<(Rendition, AudioCodec)> {
        self.lines.iter().filter_map(Line::sound).collect()
    }

    /// Metadata, configurations, and what came since the newest keyframe, in the order of its times. Sound alone begins now.
    fn bring_up_to_date(&mut self, subscription: &Subscription) {
        let sounds = self.sounds();
        let mut taken: Vec<&mut Line> =
            self.lines.iter_mut().filter(|line| subscription.takes(line.rendition, &sounds)).collect();
        let metadata = match subscription.manner.metadata {
            Metadata::Own => line::metadata(taken.iter().map(|line| &**line)),
            Metadata::Publishers => self.said.clone(),
            Metadata::None => None,
        };
        if let Some(metadata) = metadata {
            subscription.push(metadata);
        }
        let start = taken.iter().find(|line| !line.is_audio()).and_then(|line| line.start());
        let start = start.filter(|_| subscription.manner.start == Start::Keyframe);
        let mut items = Vec::new();
        for line in &mut taken {
            if let Some(config) = line.config() {
                subscription.push(line.item(&config));
            }
            let recent = start.map(|start| line.since(start)).unwrap_or_default();
            items.extend(recent.into_iter().map(|packet| line.item(&Unit::Packet(packet))));
        }
        items.sort_by_key(Item::time);
        for item in items {
            subscription.push(item);
        }
    }
}
