//! A hand-driven peer against the server's session.

mod connecting;
mod hostile;
mod publishing;

use bytes::BytesMut;
use media::flv::Tag;
use secrecy::ExposeSecret as _;

use super::ServerSession;
use crate::amf0::{Object, Value};
use crate::chunk::{ChunkReader, ChunkStreamId, ChunkWriter};
use crate::message::{Command, Message, MessageKind, UserControl};
use crate::{Error, Event, Limits};

/// The session and a peer that says what it is told to.
struct Talk {
    session: ServerSession,
    writer: ChunkWriter,
    reader: ChunkReader,
}

impl Talk {
    fn new(limits: Limits) -> Self {
        Self::with(ServerSession::new(limits))
    }

    fn with(session: ServerSession) -> Self {
        Self { session, writer: ChunkWriter::default(), reader: ChunkReader::new(&Limits::default()) }
    }

    fn connect(&mut self) -> Result<(), Error> {
        self.call(0, "connect", [Value::Object(Object::new().with("app", "live"))])
    }

    /// A peer that has connected, created stream 1 and asked to publish.
    fn asking() -> Self {
        let mut talk = Self::new(Limits::default());
        talk.call(0, "connect", [Value::Object(Object::new().with("app", "live"))]).unwrap();
        talk.call(0, "createStream", [Value::Null]).unwrap();
        talk.call(1, "publish", [Value::Null, Value::from("s3cret"), Value::from("live")]).unwrap();
        talk.answers();
        assert_eq!(talk.events(), ["connected to live", "s3cret asks to publish to live"]);
        talk
    }

    fn publishing() -> Self {
        let mut talk = Self::asking();
        talk.session.accept_publish();
        assert_eq!(talk.statuses(), ["NetStream.Publish.Start"]);
        talk
    }

    fn say(&mut self, message: Message) -> Result<(), Error> {
        let mut bytes = BytesMut::new();
        self.writer.write(ChunkStreamId::of(message.kind), &message, &mut bytes);
        self.session.push(&bytes)
    }

    fn call(&mut self, stream_id: u32, name: &str, values: impl Into<Vec<Value>>) -> Result<(), Error> {
        self.say(Command::new(name, 1.0, values).message(stream_id))
    }

    fn media(&mut self, kind: MessageKind, stream_id: u32, timestamp: u32, body: &'static [u8]) {
        self.say(Message { kind, stream_id, timestamp, body: body.into() }).unwrap();
    }

    fn answers(&mut self) -> Vec<Message> {
        let output = self.session.take_output();
        let mut input = &output[..];
        std::iter::from_fn(|| self.reader.read(&mut input).unwrap()).collect()
    }

    fn commands(&mut self) -> Vec<Command> {
        let commands = self.answers().into_iter().filter(|answer| answer.kind == MessageKind::CommandAmf0);
        commands.map(|answer| Command::parse(&answer, &Limits::default()).unwrap()).collect()
    }

    fn statuses(&mut self) -> Vec<String> {
        let info = |command: &Command| command.argument(0)?.as_object()?.text("code").map(str::to_owned);
        self.commands().iter().filter(|command| command.name == "onStatus").filter_map(info).collect()
    }

    fn events(&mut self) -> Vec<String> {
        let told = |event| match event {
            Event::Connected(peer) => format!("connected to {}", peer.app),
            Event::PublishRequested { app, key } => {
                format!("{} asks to publish to {app}", key.expose_secret())
            }
            Event::Tag(Tag { kind, timestamp, body }) => {
                format!("{kind:?} at {timestamp}: {}", body.escape_ascii())
            }
            Event::PlayRequested { app, name } => format!("asks to play {name} of {app}"),
            Event::Unpublished => "unpublished".into(),
            Event::Stopped => "stopped".into(),
            Event::Closed => "closed".into(),
        };
        std::iter::from_fn(|| self.session.poll_event()).map(told).collect()
    }
}

#[test]
fn the_order_of_commands_matters() {
    let connect = ("connect", 0, vec![Value::Object(Object::new().with("app", "live"))]);
    let create = ("createStream", 0, vec![Value::Null]);
    let publish = ("publish", 1, vec![Value::Null, Value::from("s3cret")]);
    for (commands, wrong) in [
        (vec![&create], "createStream"),
        (vec![&publish], "publish"),
        (vec![&connect, &publish], "publish"),
        (vec![&connect, &connect], "connect"),
        (vec![&connect, &create, &publish, &publish], "publish"),
    ] {
        let mut talk = Talk::new(Limits::default());
        let said =
            commands.into_iter().try_for_each(|(name, id, values)| talk.call(*id, name, values.clone()));
        assert!(matches!(said, Err(Error::Unexpected { command, .. }) if command == wrong), "{said:?}");
    }
}

#[test]
fn what_is_unknown_is_ignored() {
    let mut talk = Talk::publishing();
    talk.call(0, "_checkbw", [Value::Null]).unwrap();
    talk.call(0, "_error", [Value::Null, Value::Null]).unwrap();
    for kind in [16, 19, 99, 255] {
        talk.media(MessageKind::Other(kind), 1, 0, b"anything");
    }
    for body in [&b"\0\x1f\0\0\0\x01"[..], b"\0", b"", b"\0\x03\0\0\0\x01\0\0\x0b\xb8"] {
        talk.media(MessageKind::UserControl, 0, 0, body);
    }
    for kind in [MessageKind::WindowSize, MessageKind::Acknowledgement, MessageKind::PeerBandwidth] {
        talk.media(kind, 0, 0, b"\0");
    }
    assert!(talk.events().is_empty());
    assert!(talk.answers().is_empty());
}

#[test]
fn commands_marked_as_amf3_are_read() {
    let mut talk = Talk::new(Limits::default());
    let connect = Command::new("connect", 1.0, [Value::Object(Object::new().with("app", "live"))]).message(0);
    let body = [&b"\0"[..], &connect.body].concat().into();
    talk.say(Message { kind: MessageKind::CommandAmf3, body, ..connect }).unwrap();
    assert_eq!(talk.events(), ["connected to live"]);
}

#[test]
fn pings_are_answered_and_asked() {
    let mut talk = Talk::new(Limits::default());
    talk.say(UserControl::PingRequest(7).message()).unwrap();
    talk.session.ping(9);
    let answers: Vec<_> =
        talk.answers().iter().filter_map(|answer| UserControl::parse(&answer.body)).collect();
    assert_eq!(answers, [UserControl::PingResponse(7), UserControl::PingRequest(9)]);
}

#[test]
fn received_bytes_are_acknowledged_once_per_window() {
    let mut talk = Talk::publishing();
    talk.say(Message::number(MessageKind::WindowSize, 1000)).unwrap();
    talk.answers();
    let mut acknowledged = Vec::new();
    for at in 0..30 {
        talk.media(MessageKind::Audio, 1, at, &[1; 96]); // 100 bytes with their header
        acknowledged.extend(talk.answers().iter().filter_map(Message::as_number));
    }
    assert_eq!(acknowledged.len(), 3);
    assert!(acknowledged.windows(2).all(|pair| pair[1] - pair[0] == 1000), "{acknowledged:?}");
}
