//! The publisher's end of a session: bytes in, events and bytes out.
//!
//! Starts behind the handshake and walks through `connect`, `releaseStream`, `FCPublish`, `createStream`, `publish`
//! on its own; when it [is ready](ClientSession::is_ready), tags may be sent.

#[cfg(test)]
mod tests;

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use media::flv::{Tag, TagKind};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{debug, trace, warn};

use super::acknowledge::Acknowledge;
use super::amf0::{self, Object, Value};
use super::capabilities::{self, Capabilities, Role};
use super::chunk::{ChunkReader, ChunkStreamId, ChunkWriter};
use super::message::{Command, Message, MessageKind, UserControl};
use super::{Error, Limits, RtmpUrl};

/// What OBS and FFmpeg users know to work everywhere; small enough for audio to slip between the chunks of a picture.
const CHUNK_SIZE: usize = 4096;

/// Bytes after which the server says what it has: so often that a publisher who loses the connection knows what arrived, to a
/// quarter of a second of a thin stream.
const WINDOW: u32 = 16 << 10;

/// Transaction numbers, in the order of the questions.
mod transaction {
    pub(super) const CONNECT: f64 = 1.0;
    pub(super) const RELEASE_STREAM: f64 = 2.0;
    pub(super) const FC_PUBLISH: f64 = 3.0;
    pub(super) const CREATE_STREAM: f64 = 4.0;
    pub(super) const PUBLISH: f64 = 5.0;
    pub(super) const FC_UNPUBLISH: f64 = 6.0;
    pub(super) const DELETE_STREAM: f64 = 7.0;
}

pub struct ClientSession {
    limits: Limits,
    reader: ChunkReader,
    writer: ChunkWriter,
    acknowledge: Acknowledge,
    acknowledged: Option<u32>,
    capabilities: Capabilities,
    output: BytesMut,
    key: SecretString,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Waiting for the answer to `connect`.
    Connecting,
    /// Waiting for the answer to `createStream`.
    Creating,
    /// Waiting for the answer to `publish` on this message stream.
    Asking(u32),
    Ready(u32),
    Ended,
}

impl ClientSession {
    /// A session whose handshake is done; `connect` is in the output.
    pub fn new(url: &RtmpUrl, key: SecretString, limits: Limits) -> Self {
        let mut session = Self {
            reader: ChunkReader::new(&limits),
            writer: ChunkWriter::default(),
            acknowledge: Acknowledge::new(),
            acknowledged: None,
            capabilities: Capabilities::default(),
            output: BytesMut::new(),
            key,
            state: State::Connecting,
            limits,
        };
        // Before anything else: chunks of 128 bytes would cut every tag to pieces.
        session.writer.set_chunk_size(CHUNK_SIZE, &mut session.output);
        let object = Object::new()
            .with("app", url.app())
            .with("type", "nonprivate")
            .with("flashVer", "FMLE/3.0 (compatible; sharpcast)")
            .with("tcUrl", url.to_string().as_str());
        let object = capabilities::tell(object, Role::Publisher);
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
        self.output.split().freeze()
    }

    /// The bytes to send, for a driver that takes off what it has sent.
    pub(super) fn output_mut(&mut self) -> &mut BytesMut {
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

    /// Says goodbye; the session has ended.
    pub fn close(&mut self) {
        if let State::Asking(stream_id) | State::Ready(stream_id) = self.state {
            let key = Value::from(self.key.expose_secret());
            self.call(0, "FCUnpublish", transaction::FC_UNPUBLISH, [Value::Null, key]);
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
            MessageKind::UserControl => {
                if let Some(UserControl::PingRequest(time)) = UserControl::parse(&message.body) {
                    self.write(&UserControl::PingResponse(time).message());
                }
            }
            kind => trace!(?kind, "ignored a message"),
        }
        Ok(())
    }

    fn command(&mut self, command: &Command) -> Result<(), Error> {
        match (command.name.as_str(), self.state) {
            ("_result", State::Connecting) if is(command, transaction::CONNECT) => {
                let info = command.argument(0).and_then(Value::as_object);
                self.capabilities = info.map(Capabilities::read).unwrap_or_default();
                self.create_stream();
            }
            ("_result", State::Creating) if is(command, transaction::CREATE_STREAM) => {
                match command.argument(0).and_then(Value::as_number) {
                    Some(stream_id) => self.publish(stream_id as u32),
                    None => return Err(self.refused(command)),
                }
            }
            ("_error", State::Connecting) if is(command, transaction::CONNECT) => {
                return Err(self.refused(command));
            }
            ("_error", State::Creating) if is(command, transaction::CREATE_STREAM) => {
                return Err(self.refused(command));
            }
            ("_error", State::Asking(_)) if is(command, transaction::PUBLISH) => {
                return Err(self.refused(command));
            }
            ("onStatus", state) => self.status(command, state)?,
            ("close", _) => return Err(self.refused(command)),
            // Among them errors of `releaseStream` and `FCPublish`: many servers do not know these.
            (name, _) => debug!(name, "ignored a command"),
        }
        Ok(())
    }

    fn status(&mut self, command: &Command, state: State) -> Result<(), Error> {
        let info = command.argument(0).and_then(Value::as_object);
        let text = |name| info.and_then(|info| info.text(name)).unwrap_or_default();
        match (state, text("code")) {
            (State::Asking(stream_id), "NetStream.Publish.Start") => {
                self.state = State::Ready(stream_id);
            }
            _ if text("level") == "error" => return Err(self.refused(command)),
            (_, code) if text("level") == "warning" => {
                warn!(code, description = text("description"), "the server warns");
            }
            (_, code) => debug!(code, "ignored a status"),
        }
        Ok(())
    }

    fn create_stream(&mut self) {
        let key = Value::from(self.key.expose_secret());
        self.write(&Message::number(MessageKind::WindowSize, WINDOW));
        // As encoders do; servers that do not know these two answer with errors, which are ignored.
        self.call(0, "releaseStream", transaction::RELEASE_STREAM, [Value::Null, key.clone()]);
        self.call(0, "FCPublish", transaction::FC_PUBLISH, [Value::Null, key]);
        self.call(0, "createStream", transaction::CREATE_STREAM, [Value::Null]);
        self.state = State::Creating;
    }

    fn publish(&mut self, stream_id: u32) {
        let key = Value::from(self.key.expose_secret());
        self.call(stream_id, "publish", transaction::PUBLISH, [Value::Null, key, Value::from("live")]);
        self.state = State::Asking(stream_id);
    }

    /// Ends the session with the reason that the server gives.
    fn refused(&mut self, command: &Command) -> Error {
        let info = command.argument(0).and_then(Value::as_object);
        let text = |name| info.and_then(|info| info.text(name)).unwrap_or_default().to_owned();
        self.state = State::Ended;
        Error::Refused { code: text("code"), description: text("description") }
    }

    fn call(&mut self, stream_id: u32, name: &str, transaction: f64, values: impl Into<Vec<Value>>) {
        self.write(&Command::new(name, transaction, values).message(stream_id));
    }

    fn write(&mut self, message: &Message) {
        self.writer.write(ChunkStreamId::of(message.kind), message, &mut self.output);
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

/// An answer belongs to the question with the same number.
fn is(answer: &Command, transaction: f64) -> bool {
    (answer.transaction - transaction).abs() < 0.5
}

/// Servers keep and pass on what `@setDataFrame` stands before.
fn set_data_frame(script: &[u8]) -> Bytes {
    let mut body = BytesMut::new();
    amf0::encode(&Value::from("@setDataFrame"), &mut body);
    body.put_slice(script);
    body.freeze()
}
