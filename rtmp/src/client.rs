//! The client's end of a session: bytes in, tags and bytes out.
//!
//! Starts behind the handshake and walks through `connect`, `createStream` and `publish` or `play` on its own, with
//! `releaseStream` and `FCPublish` as encoders say them; when it [is ready](ClientSession::is_ready), tags may be sent, or
//! come.

mod asking;
mod introduce;
mod state;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use media::flv::{Tag, TagKind};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::trace;

use super::acknowledge::Acknowledge;
use super::amf0::{self, Value};
use super::capabilities::Capabilities;
use super::chunk::{ChunkReader, ChunkStreamId, ChunkWriter};
use super::message::{Command, Message, MessageKind, UserControl};
use super::outgoing::Outgoing;
use super::{Error, Introduction, Limits, RtmpUrl};
use state::{Purpose, State, transaction};

pub struct ClientSession {
    limits: Limits,
    reader: ChunkReader,
    writer: ChunkWriter,
    acknowledge: Acknowledge,
    acknowledged: Option<u32>,
    capabilities: Capabilities,
    output: Outgoing,
    /// The stream key, or what is played.
    name: SecretString,
    purpose: Purpose,
    /// What came of the stream that is played.
    tags: VecDeque<Tag>,
    state: State,
}

impl ClientSession {
    /// A session that publishes, whose handshake is done; `connect` is in the output.
    pub fn new(url: &RtmpUrl, key: SecretString, limits: Limits) -> Self {
        Self::publisher(url, key, &Introduction::default(), limits)
    }

    /// The same, with another introduction; what of it is empty, is said as usual.
    pub fn publisher(url: &RtmpUrl, key: SecretString, introduction: &Introduction, limits: Limits) -> Self {
        Self::begin(url, key, Purpose::Publish, introduction, limits)
    }

    /// A session that plays.
    pub fn player(url: &RtmpUrl, name: &str, introduction: &Introduction, limits: Limits) -> Self {
        Self::begin(url, name.into(), Purpose::Play, introduction, limits)
    }

    fn begin(
        url: &RtmpUrl,
        name: SecretString,
        purpose: Purpose,
        introduction: &Introduction,
        limits: Limits,
    ) -> Self {
        let mut session = Self {
            reader: ChunkReader::new(&limits),
            writer: ChunkWriter::default(),
            acknowledge: Acknowledge::new(),
            acknowledged: None,
            capabilities: Capabilities::default(),
            output: Outgoing::default(),
            name,
            purpose,
            tags: VecDeque::new(),
            state: State::Connecting,
            limits,
        };
        // Before anything else: chunks of 128 bytes would cut every tag to pieces.
        session.writer.set_chunk_size(session.limits.chunk_size, session.output.written());
        let object = introduce::connect(url, purpose, introduction);
        session.call(0, "connect", transaction::CONNECT, [Value::Object(object)]);
        session
    }

    /// Takes bytes of the server. [`Error::Refused`]: it does not take our stream, or no longer; the session has ended.
    pub fn push(&mut self, mut input: &[u8]) -> Result<(), Error> {
        if let Some(answer) = self.acknowledge.receive(input.len()) {
            self.write(&answer);
        }
        while let Some(message) = self.reader.read(&mut input)? {
            self.obey(&message)?;
        }
        Ok(())
    }

    pub fn take_output(&mut self) -> Bytes {
        self.output.take_all()
    }

    /// The bytes to send, for a driver that takes off what it has sent.
    pub(super) fn output_mut(&mut self) -> &mut Outgoing {
        &mut self.output
    }

    /// The server takes our tags.
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready(_))
    }

    pub fn unsent(&self) -> usize {
        self.output.len()
    }

    /// Bytes that the server has acknowledged, modulo 2^32; none as long as it has said nothing.
    pub fn acknowledged(&self) -> Option<u32> {
        self.acknowledged
    }

    /// What the server said that it knows when it let us connect.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Adds a tag to the output. Before the session is ready and after a refusal it is dropped.
    pub fn send(&mut self, tag: &Tag) {
        let State::Ready(stream_id) = self.state else { return };
        let kind = match tag.kind {
            TagKind::Audio => MessageKind::Audio,
            TagKind::Video => MessageKind::Video,
            TagKind::Script => MessageKind::DataAmf0,
        };
        let body = if tag.kind == TagKind::Script { set_data_frame(&tag.body) } else { tag.body.clone() };
        self.write(&Message { kind, stream_id, timestamp: tag.timestamp, body });
    }

    /// The next tag of the stream that is played.
    pub fn poll_tag(&mut self) -> Option<Tag> {
        self.tags.pop_front()
    }

    /// Nothing follows: the stream that was played has ended, or the server has refused.
    pub fn has_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Says goodbye; the session has ended.
    pub fn close(&mut self) {
        if let State::Asking(stream_id) | State::Ready(stream_id) = self.state {
            if self.purpose == Purpose::Publish {
                let key = Value::from(self.name.expose_secret());
                self.call(0, "FCUnpublish", transaction::FC_UNPUBLISH, [Value::Null, key]);
            }
            let stream = Value::from(f64::from(stream_id));
            self.call(0, "deleteStream", transaction::DELETE_STREAM, [Value::Null, stream]);
        }
        self.state = State::Ended;
    }

    fn obey(&mut self, message: &Message) -> Result<(), Error> {
        match message.kind {
            MessageKind::CommandAmf0 | MessageKind::CommandAmf3 => {
                let command = Command::parse(message, &self.limits)?;
                self.command(&command)?;
            }
            MessageKind::WindowSize => {
                if let Some(window) = message.as_number() {
                    self.acknowledge.set_window(window);
                }
            }
            MessageKind::Acknowledgement => self.acknowledged = message.as_number().or(self.acknowledged),
            MessageKind::UserControl => match UserControl::parse(&message.body) {
                Some(UserControl::PingRequest(time)) => {
                    self.write(&UserControl::PingResponse(time).message());
                }
                Some(UserControl::StreamEof(stream)) if self.is_playing_on(stream) => {
                    self.state = State::Ended;
                }
                _ => {}
            },
            MessageKind::Aggregate if self.is_playing_on(message.stream_id) => {
                for message in message.clone().unpack().take(self.limits.aggregated) {
                    self.media(&message);
                }
            }
            MessageKind::Audio | MessageKind::Video | MessageKind::DataAmf0 | MessageKind::DataAmf3
                if self.is_playing_on(message.stream_id) =>
            {
                self.media(message);
            }
            kind => trace!(?kind, "ignored a message"),
        }
        Ok(())
    }

    fn call(&mut self, stream_id: u32, name: &str, transaction: f64, values: impl Into<Vec<Value>>) {
        self.write(&Command::new(name, transaction, values).message(stream_id));
    }

    fn is_playing_on(&self, stream_id: u32) -> bool {
        self.purpose == Purpose::Play
            && matches!(self.state, State::Asking(id) | State::Ready(id) if id == stream_id)
    }

    /// Keeps a tag of the stream that is played; empty ones say nothing. Some servers begin without saying so.
    fn media(&mut self, message: &Message) {
        let tag = match message.kind {
            MessageKind::Audio => Some((TagKind::Audio, message.body.clone())),
            MessageKind::Video => Some((TagKind::Video, message.body.clone())),
            MessageKind::DataAmf0 | MessageKind::DataAmf3 => {
                message.script(&self.limits).map(|body| (TagKind::Script, body))
            }
            _ => None,
        };
        let Some((kind, body)) = tag.filter(|(_, body)| !body.is_empty()) else { return };
        self.tags.push_back(Tag { kind, timestamp: message.timestamp, body });
        if let State::Asking(stream_id) = self.state {
            self.state = State::Ready(stream_id);
        }
    }

    fn write(&mut self, message: &Message) {
        self.writer.write(ChunkStreamId::of(message.kind), message, self.output.written());
    }
}

/// The output stays out of it: the stream key is in there.
impl fmt::Debug for ClientSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSession")
            .field("state", &self.state)
            .field("unsent", &self.unsent())
            .finish_non_exhaustive()
    }
}

/// Servers keep and pass on what `@setDataFrame` stands before.
fn set_data_frame(script: &[u8]) -> Bytes {
    let mut body = BytesMut::new();
    amf0::encode(&Value::from("@setDataFrame"), &mut body);
    body.put_slice(script);
    body.freeze()
}
