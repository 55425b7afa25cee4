//! A hand-driven server against the client's session.

mod playing;

use bytes::BytesMut;
use media::flv::{Tag, TagKind};
use proptest::collection::vec;
use proptest::prelude::*;

use super::ClientSession;
use crate::amf0::{Object, Value};
use crate::chunk::{ChunkReader, ChunkStreamId, ChunkWriter};
use crate::message::{Command, Message, MessageKind, UserControl};
use crate::{Error, Limits};

/// The session and a server that says what it is told to.
struct Talk {
    session: ClientSession,
    writer: ChunkWriter,
    reader: ChunkReader,
    /// What the last thing said came to, if that was the end.
    ended: Option<Error>,
}

impl Talk {
    fn new() -> Self {
        let url = "rtmp://example.org:1936/live/ignored".parse().unwrap();
        Self::with(ClientSession::new(&url, "s3cret".into(), Limits::default()))
    }

    fn with(session: ClientSession) -> Self {
        let reader = ChunkReader::new(&Limits::default());
        Self { session, writer: ChunkWriter::default(), reader, ended: None }
    }

    /// The server lets it connect, and hands out stream 3.
    fn let_connect(&mut self) {
        self.answer("_result", 1.0, [Value::Object(Object::new()), Value::Object(Object::new())]);
        self.answer("_result", 4.0, [Value::Null, Value::Number(3.0)]);
    }

    /// A session that the server has let connect, with stream 3.
    fn asking() -> Self {
        let mut talk = Self::new();
        talk.let_connect();
        talk
    }

    fn publishing() -> Self {
        let mut talk = Self::asking();
        talk.status("status", "NetStream.Publish.Start");
        assert!(talk.session.is_ready());
        talk.said();
        talk
    }

    fn say(&mut self, message: Message) {
        let mut bytes = BytesMut::new();
        self.writer.write(ChunkStreamId::of(message.kind), &message, &mut bytes);
        self.ended = self.session.push(&bytes).err();
    }

    fn answer(&mut self, name: &str, transaction: f64, values: impl Into<Vec<Value>>) {
        self.say(Command::new(name, transaction, values).message(0));
    }

    fn status(&mut self, level: &str, code: &str) {
        self.say(Command::on_status(level, code, "because").message(3));
    }

    fn said(&mut self) -> Vec<Message> {
        let output = self.session.take_output();
        let mut input = &output[..];
        std::iter::from_fn(|| self.reader.read(&mut input).unwrap()).collect()
    }

    fn commands(&mut self) -> Vec<(u32, Command)> {
        let commands = self.said().into_iter().filter(|message| message.kind == MessageKind::CommandAmf0);
        commands
            .map(|message| (message.stream_id, Command::parse(&message, &Limits::default()).unwrap()))
            .collect()
    }
}

fn refused(code: &str, description: &str) -> Error {
    Error::Refused { code: code.into(), description: description.into() }
}

#[test]
fn the_way_to_publishing_is_that_of_every_encoder() {
    let mut talk = Talk::new();
    let (_, connect) = talk.commands().remove(0);
    let object = connect.object().unwrap();
    assert_eq!((connect.name.as_str(), object.text("app")), ("connect", Some("live")));
    assert_eq!(object.text("tcUrl"), Some("rtmp://example.org:1936/live"));

    talk.answer("onBWDone", 0.0, [Value::Null]);
    talk.answer("_result", 1.0, [Value::Null, Value::Null]);
    let names: Vec<_> = talk.commands().into_iter().map(|(_, command)| command.name).collect();
    assert_eq!(names, ["releaseStream", "FCPublish", "createStream"]);

    talk.answer("_error", 2.0, [Value::Null, Value::Null]);
    talk.answer("_result", 4.0, [Value::Null, Value::Number(3.0)]);
    let (stream_id, publish) = talk.commands().remove(0);
    assert_eq!((stream_id, publish.name.as_str()), (3, "publish"));
    assert_eq!(publish.values, [Value::Null, Value::from("s3cret"), Value::from("live")]);
    assert!(!talk.session.is_ready());

    talk.status("status", "NetStream.Publish.Start");
    assert!(talk.session.is_ready());
}

#[test]
fn a_refusal_at_any_step_is_told_with_its_reason() {
    let info = || Value::Object(Object::new().with("code", "No").with("description", "because"));
    let mut talk = Talk::new();
    talk.answer("_error", 1.0, [Value::Null, info()]);
    assert_eq!(talk.ended, Some(refused("No", "because")));

    let mut talk = Talk::new();
    talk.answer("_result", 1.0, []);
    talk.answer("_error", 4.0, [Value::Null, info()]);
    assert_eq!(talk.ended, Some(refused("No", "because")));

    let mut talk = Talk::new();
    talk.answer("_result", 1.0, []);
    talk.answer("_result", 4.0, [Value::Null, Value::from("no number")]);
    assert_eq!(talk.ended, Some(refused("", "")));

    let elsewhere = Object::new().with("code", 302.0).with("redirect", "rtmp://other/live");
    for (description, told) in [
        ("Moved.", "Moved. It is found at rtmp://other/live."),
        ("", "It is found at rtmp://other/live."),
        ("Go to rtmp://other/live", "Go to rtmp://other/live"),
    ] {
        let mut talk = Talk::new();
        let info = Object::new().with("code", "No").with("description", description);
        talk.answer("_error", 1.0, [Value::Null, Value::Object(info.with("ex", elsewhere.clone()))]);
        assert_eq!(talk.ended, Some(refused("No", told)));
    }

    let mut talk = Talk::asking();
    talk.status("error", "NetStream.Publish.BadName");
    assert_eq!(talk.ended, Some(refused("NetStream.Publish.BadName", "because")));

    let mut talk = Talk::publishing();
    talk.status("error", "NetStream.Failed");
    assert_eq!(talk.ended, Some(refused("NetStream.Failed", "because")));

    let mut talk = Talk::publishing();
    talk.answer("close", 0.0, [Value::Null]);
    assert_eq!(talk.ended, Some(refused("", "")));
    talk.session.send(&Tag { kind: TagKind::Audio, timestamp: 0, body: (&b"late"[..]).into() });
    assert_eq!(talk.session.unsent(), 0);
}

#[test]
fn tags_become_messages() {
    let mut talk = Talk::publishing();
    for (kind, timestamp) in [(TagKind::Script, 0), (TagKind::Video, 40), (TagKind::Audio, 50)] {
        talk.session.send(&Tag { kind, timestamp, body: (&b"body"[..]).into() });
    }
    let script = [&b"\x02\0\x0d@setDataFrame"[..], b"body"].concat();
    let expected = [
        (MessageKind::DataAmf0, 0, &script[..]),
        (MessageKind::Video, 40, b"body"),
        (MessageKind::Audio, 50, b"body"),
    ];
    let expected = expected.map(|(kind, timestamp, body)| Message {
        kind,
        stream_id: 3,
        timestamp,
        body: body.to_vec().into(),
    });
    assert_eq!(talk.said(), expected);
}

#[test]
fn goodbye_is_said_where_there_was_a_stream() {
    let mut talk = Talk::publishing();
    talk.session.close();
    let names: Vec<_> = talk.commands().into_iter().map(|(_, command)| command.name).collect();
    assert_eq!(names, ["FCUnpublish", "deleteStream"]);
    assert!(!talk.session.is_ready());
    talk.session.close();
    assert_eq!(talk.session.unsent(), 0);
}

#[test]
fn pings_are_answered_and_acknowledgements_are_kept() {
    let mut talk = Talk::publishing();
    assert_eq!(talk.session.acknowledged(), None);
    talk.say(UserControl::PingRequest(5).message());
    talk.say(Message::number(MessageKind::Acknowledgement, 1234));
    assert_eq!(UserControl::parse(&talk.said()[0].body), Some(UserControl::PingResponse(5)));
    assert_eq!(talk.session.acknowledged(), Some(1234));
}

#[test]
fn the_key_is_in_no_debug_output() {
    assert!(!format!("{:?}", Talk::asking().session).contains("s3cret"));
}

proptest! {
    #[test]
    fn any_bytes_of_a_server_are_survived(bytes in vec(any::<u8>(), 0..4000)) {
        let _ = Talk::new().session.push(&bytes);
        let _ = Talk::publishing().session.push(&bytes);
        let _ = Talk::playing().session.push(&bytes);
    }
}
