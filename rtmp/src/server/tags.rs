//! What a publisher sends beside commands.

use media::flv::{Tag, TagKind};
use tracing::{debug, trace};

use super::ServerSession;
use super::role::Role;
use crate::message::{Message, MessageKind};
use crate::{Error, Event};

impl ServerSession {
    /// Hands on audio, video and data; what else may stand in an aggregate is ignored.
    pub(super) fn media(&mut self, message: Message) {
        match message.kind {
            MessageKind::Audio => self.tag(TagKind::Audio, message),
            MessageKind::Video => self.tag(TagKind::Video, message),
            MessageKind::DataAmf0 | MessageKind::DataAmf3 => self.data(message),
            kind => trace!(?kind, "ignored a message"),
        }
    }

    /// Hands on what is inside, under the limits that hold outside.
    pub(super) fn aggregate(&mut self, aggregate: Message) -> Result<(), Error> {
        if !self.is_heard_on(aggregate.stream_id) {
            return Ok(());
        }
        for (count, message) in aggregate.unpack().enumerate() {
            if count >= self.limits.aggregated {
                return Err(Error::limit("messages in an aggregate", self.limits.aggregated));
            }
            let limit = self.limits.message(message.kind);
            if message.body.len() > limit {
                return Err(Error::limit(
                    format!("bytes for a {:?} message in an aggregate", message.kind),
                    limit,
                ));
            }
            self.media(message);
        }
        Ok(())
    }

    /// Whether the accepted publication takes messages of this stream. Stream 0 is the connection itself: who publishes
    /// there does not tell streams apart.
    fn is_heard_on(&self, stream_id: u32) -> bool {
        matches!(self.role, Role::Publishes(id) if id == stream_id || id == 0)
    }

    /// Hands on what belongs to the accepted publication. Empty bodies say nothing and are dropped.
    fn tag(&mut self, kind: TagKind, message: Message) {
        if self.is_heard_on(message.stream_id) && !message.body.is_empty() {
            self.events.push_back(Event::Tag(Tag { kind, timestamp: message.timestamp, body: message.body }));
        }
    }

    fn data(&mut self, message: Message) {
        let Some(body) = message.script(&self.limits) else { return debug!("ignored a data message") };
        self.tag(TagKind::Script, Message { body, ..message });
    }
}
