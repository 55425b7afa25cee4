//! The server's end of a session: bytes in, events and bytes out.
//!
//! Starts behind the handshake. Answers what encoders and players ask (`connect`, `releaseStream`, `FCPublish`,
//! `createStream`, `publish`, `play`, ...), acknowledges, answers pings, and ignores what it does not know. Whether somebody
//! may publish or play is asked with [`Event::PublishRequested`] and [`Event::PlayRequested`]. A peer does one thing at a
//! time, and may do several one after the other.

mod commands;
mod connecting;
mod door;
mod playing;
mod publishing;
mod replies;
mod role;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use tracing::trace;

use super::acknowledge::Acknowledge;
use super::chunk::{ChunkReader, ChunkStreamId, ChunkWriter};
use super::message::{Command, Message, MessageKind, UserControl};
use super::outgoing::Outgoing;
use super::{Error, Event, Limits};
use door::Connecting;
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
    connecting: Connecting,
    /// Message streams that `createStream` has handed out.
    streams: BTreeSet<u32>,
    role: Role,
    requests: u32,
    interleave: bool,
    ended: bool,
}

impl ServerSession {
    /// A session that lets every peer connect.
    pub fn new(limits: Limits) -> Self {
        Self::begin(limits, Connecting::AtOnce)
    }

    /// A session whose owner decides on every peer that connects: after [`Event::Connected`] nothing is answered or read
    /// until it [accepts](Self::accept_connect) or [rejects](Self::reject_connect) it.
    pub fn deferring(limits: Limits) -> Self {
        Self::begin(limits, Connecting::Deferred)
    }

    fn begin(limits: Limits, connecting: Connecting) -> Self {
        Self {
            reader: ChunkReader::new(&limits),
            writer: ChunkWriter::default(),
            acknowledge: Acknowledge::new(),
            output: Outgoing::default(),
            events: VecDeque::new(),
            connecting,
            streams: BTreeSet::new(),
            role: Role::None,
            requests: 0,
            interleave: false,
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

    pub fn ping(&mut self, milliseconds: u32) {
        if !self.ended {
            self.send(UserControl::PingRequest(milliseconds).message());
        }
    }

    pub fn has_ended(&self) -> bool {
        self.ended
    }

    fn take(&mut self, input: &[u8]) -> Result<(), Error> {
        if self.ended {
            return Err(Error::Ended);
        }
        if let Some(answer) = self.acknowledge.receive(input.len()) {
            self.send(answer);
        }
        self.read(input)
    }

    fn read(&mut self, mut input: &[u8]) -> Result<(), Error> {
        while !self.ended {
            if let Connecting::Asked(asked) = &mut self.connecting {
                return asked.hold(input, &self.limits);
            }
            let Some(message) = self.reader.read(&mut input)? else { break };
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
