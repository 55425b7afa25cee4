//! The server's end of a session: bytes in, events and bytes out.
//!
//! Starts behind the handshake. Answers what encoders and players ask (`connect`, `releaseStream`, `FCPublish`,
//! `createStream`, `publish`, `play`, ...), acknowledges, answers pings, and ignores what it does not know. Whether somebody
//! may publish or play is asked with [`Event::PublishRequested`] and [`Event::PlayRequested`]. A peer does one thing at a
//! time.

mod commands;
mod playing;
mod replies;
mod role;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use media::flv::{Tag, TagKind};
use tracing::{debug, trace};

use super::acknowledge::Acknowledge;
use super::amf0::{Reader, Value};
use super::chunk::{ChunkReader, ChunkStreamId, ChunkWriter};
use super::message::{Command, Message, MessageKind, UserControl};
use super::outgoing::Outgoing;
use super::{Error, Event, Limits, Rejection};
use role::Role;

/// A session with one peer.
///
/// After every [`push`](Self::push) the events and the output want to be taken.
#[derive(Debug)]
pub struct ServerSession {
    limits: Limits,
    reader: ChunkReader,
    writer: ChunkWriter,
    acknowledge: Acknowledge,
    output: Outgoing,
    events: VecDeque<Event>,
    app: Option<String>,
    /// Message streams that `createStream` has handed out.
    streams: BTreeSet<u32>,
    role: Role,
    requests: u32,
    ended: bool,
}

impl ServerSession {
    pub fn new(limits: Limits) -> Self {
        Self {
            reader: ChunkReader::new(&limits),
            writer: ChunkWriter::default(),
            acknowledge: Acknowledge::new(),
            output: Outgoing::default(),
            events: VecDeque::new(),
            app: None,
            streams: BTreeSet::new(),
            role: Role::None,
            requests: 0,
            ended: false,
            limits,
        }
    }

    /// Takes bytes of the peer. After an error the session has ended; what is in the output may still be sent.
    pub fn push(&mut self, input: &[u8]) -> Result<(), Error> {
        let result = self.take(input);
        if result.is_err() {
            self.end();
        }
        result
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub fn take_output(&mut self) -> Bytes {
        self.output.take_all()
    }

    /// What is to be sent, for a driver that takes off what it has sent.
    pub(super) fn output_mut(&mut self) -> &mut Outgoing {
        &mut self.output
    }

    /// Lets the peer publish. Does nothing unless it is asking to.
    pub fn accept_publish(&mut self) {
        if let Role::AsksToPublish(stream_id) = self.role {
            self.role = Role::Publishes(stream_id);
            self.send(UserControl::StreamBegin(stream_id).message());
            self.reply(stream_id, &replies::publish_started());
        }
    }

    /// Turns the peer away, also one that publishes already, and ends the session: encoders wait for ever if the
    /// connection stays open.
    pub fn reject_publish(&mut self, rejection: &Rejection) {
        if let Role::AsksToPublish(stream_id) | Role::Publishes(stream_id) = self.role {
            self.role = Role::None;
            self.reply(stream_id, &replies::publish_rejected(rejection));
            self.end();
        }
    }

    /// Tells the publisher that something of what it sends cannot be used, while the rest goes on.
    pub fn warn_publisher(&mut self, description: &str) {
        if let Role::Publishes(stream_id) = self.role {
            self.reply(stream_id, &replies::bad_format(description));
        }
    }

    pub fn ping(&mut self, milliseconds: u32) {
        if !self.ended {
            self.send(UserControl::PingRequest(milliseconds).message());
        }
    }

    pub fn has_ended(&self) -> bool {
        self.ended
    }

    fn take(&mut self, mut input: &[u8]) -> Result<(), Error> {
        if self.ended {
            return Err(Error::Ended);
        }
        if let Some(answer) = self.acknowledge.receive(input.len()) {
            self.send(answer);
        }
        while !self.ended
            && let Some(message) = self.reader.read(&mut input)?
        {
            self.obey(message)?;
            // After every message: one push may hold thousands of pings.
            if self.output.written().len() > self.limits.output {
                return Err(Error::limit("bytes of answers", self.limits.output));
            }
        }
        Ok(())
    }

    fn obey(&mut self, message: Message) -> Result<(), Error> {
        match message.kind {
            MessageKind::CommandAmf0 | MessageKind::CommandAmf3 => {
                let command = Command::parse(&message, &self.limits)?;
                self.command(message.stream_id, command)?;
            }
            MessageKind::Aggregate => self.aggregate(message)?,
            MessageKind::Audio | MessageKind::Video | MessageKind::DataAmf0 | MessageKind::DataAmf3 => {
                self.media(message);
            }
            MessageKind::WindowSize => {
                if let Some(window) = message.as_number() {
                    self.acknowledge.set_window(window);
                }
            }
            MessageKind::UserControl => {
                if let Some(UserControl::PingRequest(time)) = UserControl::parse(&message.body) {
                    self.send(UserControl::PingResponse(time).message());
                }
            }
            kind => trace!(?kind, "ignored a message"),
        }
        Ok(())
    }

    /// Hands on audio, video and data; what else may stand in an aggregate is ignored.
    fn media(&mut self, message: Message) {
        match message.kind {
            MessageKind::Audio => self.tag(TagKind::Audio, message),
            MessageKind::Video => self.tag(TagKind::Video, message),
            MessageKind::DataAmf0 | MessageKind::DataAmf3 => self.data(message),
            kind => trace!(?kind, "ignored a message"),
        }
    }

    /// Hands on what is inside, under the limits that hold outside.
    fn aggregate(&mut self, aggregate: Message) -> Result<(), Error> {
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

    fn send(&mut self, message: Message) {
        self.writer.write(ChunkStreamId::of(message.kind), &message, self.output.written());
    }

    fn reply(&mut self, stream_id: u32, command: &Command) {
        self.send(command.message(stream_id));
    }

    fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            self.events.push_back(Event::Closed);
        }
    }
}
