//! What a publisher sends beside commands.

use media::flv::{Tag, TagKind};
use tracing::{debug, trace};

use super::ServerSession;
use super::role::Role;
use crate::amf0::{Reader, Value};
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

    /// Data for the stream's viewers: `@setDataFrame` asks a server to keep it and is taken off.
    fn data(&mut self, mut message: Message) {
        if message.kind == MessageKind::DataAmf3 && message.body.first() == Some(&0) {
            message.body = message.body.slice(1..);
        }
        // Only the name is read; what follows is handed on as it came.
        let mut reader = Reader::new(&message.body, &self.limits);
        match reader.next_value() {
            Ok(Some(Value::String(name))) if name == "@setDataFrame" => {
                message.body = message.body.slice(reader.offset()..);
            }
            Ok(Some(Value::String(name))) if !name.starts_with('@') => {}
            _ => return debug!("ignored a data message"),
        }
        self.tag(TagKind::Script, message);
    }
}
