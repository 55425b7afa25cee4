//! The client's end of a session: bytes in, tags and bytes out.
//!
//! Starts behind the handshake and walks through `connect`, `createStream` and `publish` or `play` on its own, with
//! `releaseStream` and `FCPublish` as encoders say them; when it [is ready](ClientSession::is_ready), tags may be sent, or
//! come.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
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
use super::outgoing::Outgoing;
use super::{Error, Introduction, Limits, RtmpUrl};

/// What OBS and FFmpeg users know to work everywhere; small enough for audio to slip between the chunks of a picture.
const CHUNK_SIZE: usize = 4096;

/// Bytes after which the server says what it has: so often that a publisher who loses the connection knows what arrived, to a
/// quarter of a second of a thin stream.
const WINDOW: u32 = 16 << 10;

/// Milliseconds that a player wants to have ahead; servers of live streams do not mind.
const BUFFER: u32 = 1000;

/// Transaction numbers, in the order of the questions.
mod transaction {
    pub(super) const CONNECT: f64 = 1.0;
    pub(super) const RELEASE_STREAM: f64 = 2.0;
    pub(super) const FC_PUBLISH: f64 = 3.0;
    pub(super) const CREATE_STREAM: f64 = 4.0;
    /// `publish` or `play`.
    pub(super) const ASK: f64 = 5.0;
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
    output: Outgoing,
    /// The stream key, or what is played.
    name: SecretString,
    purpose: Purpose,
    /// What came of the stream that is played.
    tags: VecDeque<Tag>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Publish,
    Play,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Waiting for the answer to `connect`.
    Connecting,
    /// Waiting for the answer to `createStream`.
    Creating,
    /// Waiting for the answer to `publish` or `play` on this message stream.
    Asking(u32),
    Ready(u32),
    Ended,
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
        session.writer.set_chunk_size(CHUNK_SIZE, session.output.written());
        let object = connect(url, purpose, introduction);
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

    fn command(&mut self, command: &Command) -> Result<(), Error> {
        match (command.name.as_str(), self.state) {
            ("_result", State::Connecting) if is(command, transaction::CONNECT) => {
                let info = command.argument(0).and_then(Value::as_object);
                self.capabilities = info.map(Capabilities::read).unwrap_or_default();
                self.create_stream();
            }
            ("_result", State::Creating) if is(command, transaction::CREATE_STREAM) => {
                match command.argument(0).and_then(Value::as_number) {
                    Some(stream_id) => self.ask(stream_id as u32),
                    None => return Err(self.refused(command)),
                }
            }
            ("_error", State::Connecting) if is(command, transaction::CONNECT) => {
                return Err(self.refused(command));
            }
            ("_error", State::Creating) if is(command, transaction::CREATE_STREAM) => {
                return Err(self.refused(command));
            }
            ("_error", State::Asking(_)) if is(command, transaction::ASK) => {
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
            (State::Asking(stream_id), "NetStream.Publish.Start" | "NetStream.Play.Start") => {
                self.state = State::Ready(stream_id);
            }
            (State::Ready(_), "NetStream.Play.UnpublishNotify" | "NetStream.Play.Stop") => {
                self.state = State::Ended;
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
        self.write(&Message::number(MessageKind::WindowSize, WINDOW));
        if self.purpose == Purpose::Publish {
            let key = Value::from(self.name.expose_secret());
            // As encoders do; servers that do not know these two answer with errors, which are ignored.
            self.call(0, "releaseStream", transaction::RELEASE_STREAM, [Value::Null, key.clone()]);
            self.call(0, "FCPublish", transaction::FC_PUBLISH, [Value::Null, key]);
        }
        self.call(0, "createStream", transaction::CREATE_STREAM, [Value::Null]);
        self.state = State::Creating;
    }

    fn ask(&mut self, stream_id: u32) {
        let name = Value::from(self.name.expose_secret());
        match self.purpose {
            Purpose::Publish => {
                let values = [Value::Null, name, Value::from("live")];
                self.call(stream_id, "publish", transaction::ASK, values);
            }
            Purpose::Play => {
                // What is live or else recorded, as players ask.
                let values = [Value::Null, name, Value::Number(-2000.0)];
                self.call(stream_id, "play", transaction::ASK, values);
                self.write(&UserControl::SetBufferLength(stream_id, BUFFER).message());
            }
        }
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

    fn is_playing_on(&self, stream_id: u32) -> bool {
        self.purpose == Purpose::Play
            && matches!(self.state, State::Asking(id) | State::Ready(id) if id == stream_id)
    }

    /// Keeps a tag of the stream that is played; empty ones say nothing.
    fn media(&mut self, message: &Message) {
        let kind = match message.kind {
            MessageKind::Audio => TagKind::Audio,
            MessageKind::Video => TagKind::Video,
            MessageKind::DataAmf0 => TagKind::Script,
            _ => return,
        };
        if !message.body.is_empty() {
            let body = message.body.clone();
            self.tags.push_back(Tag { kind, timestamp: message.timestamp, body });
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

/// An answer belongs to the question with the same number.
fn is(answer: &Command, transaction: f64) -> bool {
    (answer.transaction - transaction).abs() < 0.5
}

/// The object of `connect`.
fn connect(url: &RtmpUrl, purpose: Purpose, introduction: &Introduction) -> Object {
    let or = |said: &str, usual: &str| if said.is_empty() { usual.to_owned() } else { said.to_owned() };
    let version = match purpose {
        Purpose::Publish => "FMLE/3.0 (compatible; sharpcast)",
        Purpose::Play => "LNX 9,0,124,2 (compatible; sharpcast)",
    };
    let mut object = Object::new().with("app", or(&introduction.app, url.app()));
    if purpose == Purpose::Publish {
        object = object.with("type", "nonprivate");
    }
    object = object
        .with("flashVer", or(&introduction.flash_version, version))
        .with("tcUrl", or(&introduction.tc_url, &url.to_string()));
    for (name, said) in [("pageUrl", &introduction.page_url), ("swfUrl", &introduction.swf_url)] {
        if !said.is_empty() {
            object = object.with(name, said.as_str());
        }
    }
    let role = if purpose == Purpose::Publish { Role::Publisher } else { Role::Player };
    capabilities::tell(object, role)
}

/// Servers keep and pass on what `@setDataFrame` stands before.
fn set_data_frame(script: &[u8]) -> Bytes {
    let mut body = BytesMut::new();
    amf0::encode(&Value::from("@setDataFrame"), &mut body);
    body.put_slice(script);
    body.freeze()
}
