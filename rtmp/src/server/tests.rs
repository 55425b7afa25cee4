//! A hand-driven peer against the server's session.

use bytes::{BufMut as _, BytesMut};
use media::flv::Tag;
use proptest::collection::vec;
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::ServerSession;
use crate::amf0::{Object, Value};
use crate::chunk::{ChunkReader, ChunkStreamId, ChunkWriter};
use crate::message::{Command, Message, MessageKind, UserControl};
use crate::{Error, Event, Limits, Rejection};

/// The session and a peer that says what it is told to.
struct Talk {
    session: ServerSession,
    writer: ChunkWriter,
    reader: ChunkReader,
}

impl Talk {
    fn new(limits: Limits) -> Self {
        let reader = ChunkReader::new(&limits);
        Self { session: ServerSession::new(limits), writer: ChunkWriter::default(), reader }
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
fn connect_is_answered_with_windows_chunk_size_and_success() {
    let mut talk = Talk::new(Limits::default());
    talk.call(0, "connect", [Value::Object(Object::new().with("app", "live/"))]).unwrap();
    assert_eq!(talk.events(), ["connected to live"]);
    let answers = talk.answers();
    // Set chunk size is obeyed by the reader and not seen here.
    let kinds: Vec<_> = answers.iter().map(|answer| answer.kind).collect();
    assert_eq!(kinds, [MessageKind::WindowSize, MessageKind::PeerBandwidth, MessageKind::CommandAmf0]);
    let result = Command::parse(&answers[2], &Limits::default()).unwrap();
    let info = result.argument(0).and_then(Value::as_object).unwrap();
    assert_eq!((result.name.as_str(), info.text("code")), ("_result", Some("NetConnection.Connect.Success")));
    assert_eq!(info.get("fourCcList"), None);
}

#[test]
fn enhanced_rtmp_is_answered_to_those_who_speak_it() {
    let codecs = Value::StrictArray(vec![Value::from("avc1"), Value::from("hvc1")]);
    for property in ["fourCcList", "videoFourCcInfoMap", "capsEx"] {
        let mut talk = Talk::new(Limits::default());
        let object = Object::new().with("app", "live").with(property, codecs.clone());
        talk.call(0, "connect", [Value::Object(object)]).unwrap();
        let result = talk.commands().remove(0);
        let info = result.argument(0).and_then(Value::as_object).unwrap();
        let ours = ["avc1", "hvc1", "av01", "mp4a", "Opus"].map(Value::from);
        let ours = Value::StrictArray(ours.into());
        assert_eq!(info.get("fourCcList"), Some(&ours));
        assert_eq!(info.get("capsEx"), Some(&Value::Number(0.0)));
    }
}

#[test]
fn only_the_accepted_publisher_is_heard_and_only_on_its_stream() {
    let mut talk = Talk::asking();
    talk.media(MessageKind::Video, 1, 0, b"too early");
    talk.session.accept_publish();
    talk.media(MessageKind::Video, 1, 40, b"picture");
    talk.media(MessageKind::Audio, 1, 50, b"sound");
    talk.media(MessageKind::Audio, 2, 50, b"elsewhere");
    talk.media(MessageKind::Audio, 1, 60, b"");
    assert_eq!(talk.events(), ["Video at 40: picture", "Audio at 50: sound"]);
}

#[test]
fn metadata_loses_the_name_that_is_meant_for_the_server() {
    let mut talk = Talk::publishing();
    talk.media(MessageKind::DataAmf0, 1, 0, b"\x02\0\x0d@setDataFrame\x02\0\x0aonMetaData\x05");
    talk.media(MessageKind::DataAmf0, 1, 1, b"\x02\0\x0aonTextData\x05");
    talk.media(MessageKind::DataAmf3, 1, 2, b"\0\x02\0\x0aonMetaData\x05");
    talk.media(MessageKind::DataAmf0, 1, 3, b"\x02\0\x0f@clearDataFrame\x02\0\x0aonMetaData");
    talk.media(MessageKind::DataAmf0, 1, 4, b"\x05");
    let name = |name| format!("\\x02\\x00\\n{name}\\x05");
    let expected = ["onMetaData", "onTextData", "onMetaData"].map(name);
    let expected: Vec<_> =
        expected.iter().zip(0..).map(|(body, at)| format!("Script at {at}: {body}")).collect();
    assert_eq!(talk.events(), expected);
}

#[test]
fn a_rejected_publisher_is_told_and_not_heard_again() {
    for (rejection, code) in [
        (Rejection::BadKey, "NetStream.Publish.Denied"),
        (Rejection::NotAllowed, "NetStream.Publish.Denied"),
        (Rejection::InUse, "NetStream.Publish.BadName"),
        (Rejection::Unavailable, "NetStream.Publish.Rejected"),
        (Rejection::Replaced, "NetStream.Publish.Replaced"),
        (Rejection::Idle, "NetStream.Publish.Idle"),
        (Rejection::Unusable("send H.264".to_owned()), "NetStream.Publish.Rejected"),
    ] {
        let mut talk = Talk::asking();
        talk.session.reject_publish(&rejection);
        let status = talk.commands().remove(0);
        let info = status.argument(0).and_then(Value::as_object).unwrap();
        assert_eq!((info.text("level"), info.text("code")), (Some("error"), Some(code)));
        assert_eq!(info.text("description"), Some(rejection.description()));
        assert_eq!(talk.events(), ["closed"]);
        assert!(talk.session.has_ended());
        assert_eq!(talk.call(0, "connect", []), Err(Error::Ended));
    }
}

#[test]
fn a_publisher_is_told_as_well_when_its_stream_goes() {
    let mut talk = Talk::publishing();
    talk.session.reject_publish(&Rejection::Unavailable);
    assert_eq!(talk.statuses(), ["NetStream.Publish.Rejected"]);
    assert!(talk.session.has_ended());
}

#[test]
fn a_publisher_is_warned_and_goes_on() {
    let mut talk = Talk::asking();
    talk.session.warn_publisher("nobody publishes yet");
    assert!(talk.answers().is_empty());
    talk.session.accept_publish();
    talk.answers();
    talk.session.warn_publisher("the sound cannot be used");
    let status = talk.commands().remove(0);
    let info = status.argument(0).and_then(Value::as_object).unwrap();
    assert_eq!(
        (info.text("level"), info.text("description")),
        (Some("warning"), Some("the sound cannot be used"))
    );
    talk.media(MessageKind::Video, 1, 40, b"picture");
    assert_eq!(talk.events(), ["Video at 40: picture"]);
}

/// Tags as an aggregate has them.
fn aggregate(tags: &[(u8, u32, &[u8])]) -> Message {
    let mut body = BytesMut::new();
    for (kind, time, data) in tags {
        body.put_u8(*kind);
        body.put_uint(data.len() as u64, 3);
        body.put_u32(*time << 8);
        body.put_uint(0, 3);
        body.put_slice(data);
        body.put_u32(11 + data.len() as u32);
    }
    Message { kind: MessageKind::Aggregate, stream_id: 1, timestamp: 5000, body: body.freeze() }
}

#[test]
fn aggregates_are_taken_apart() {
    let inside: [(u8, u32, &[u8]); 8] = [
        (9, 0, b"picture"),
        (8, 10, b"sound"),
        (9, 15, b""),
        (18, 20, b"\x02\0\x0d@setDataFrame\x02\0\x0aonMetaData\x05"),
        (20, 30, b"\x02\0\x0bdeleteStream\0\0\0\0\0\0\0\0\0\x05\0\x3f\xf0\0\0\0\0\0\0"),
        (1, 30, b"\0\0\0\0"),
        (22, 30, b"\x09\0\0\x01\0\0\0\0\0\0\0x\0\0\0\x0c"),
        (9, 40, b"picture"),
    ];
    let mut talk = Talk::asking();
    talk.say(aggregate(&inside)).unwrap();
    talk.session.accept_publish();
    talk.say(aggregate(&inside)).unwrap();
    talk.say(Message { stream_id: 2, ..aggregate(&inside) }).unwrap();
    let script = "Script at 5020: \\x02\\x00\\nonMetaData\\x05";
    let expected = ["Video at 5000: picture", "Audio at 5010: sound", script, "Video at 5040: picture"];
    assert_eq!(talk.events(), expected, "commands, control messages and aggregates inside do nothing");
    talk.media(MessageKind::Audio, 1, 9, b"still here");
    assert_eq!(talk.events(), ["Audio at 9: still here"]);
}

#[test]
fn aggregates_are_bounded() {
    let limits = Limits::default();
    let mut talk = Talk::publishing();
    talk.say(aggregate(&vec![(8, 0, &b"x"[..]); limits.aggregated])).unwrap();
    assert_eq!(talk.events().len(), limits.aggregated);
    let many = talk.say(aggregate(&vec![(8, 0, &b"x"[..]); limits.aggregated + 1]));
    assert_eq!(many, Err(Error::limit("messages in an aggregate", limits.aggregated)));

    let mut talk = Talk::publishing();
    let long = talk.say(aggregate(&[(8, 0, &vec![1; limits.audio_message + 1])]));
    let expected = Error::limit("bytes for a Audio message in an aggregate", limits.audio_message);
    assert_eq!(long, Err(expected));
}

#[test]
fn who_publishes_on_the_connection_itself_is_heard_on_every_stream() {
    for created in [false, true] {
        let mut talk = Talk::new(Limits::default());
        talk.call(0, "connect", [Value::Object(Object::new().with("app", "live"))]).unwrap();
        if created {
            talk.call(0, "createStream", [Value::Null]).unwrap();
        }
        talk.call(0, "publish", [Value::Null, Value::from("s3cret"), Value::from("live")]).unwrap();
        talk.session.accept_publish();
        assert_eq!(talk.statuses(), ["NetStream.Publish.Start"]);
        talk.media(MessageKind::Audio, 0, 0, b"a");
        talk.media(MessageKind::Audio, 1, 0, b"b");
        talk.call(0, "deleteStream", [Value::Null, Value::Number(1.0)]).unwrap();
        let expected = [
            "connected to live",
            "s3cret asks to publish to live",
            "Audio at 0: a",
            "Audio at 0: b",
            "unpublished",
        ];
        assert_eq!(talk.events(), expected);
    }
}

#[test]
fn what_is_no_text_is_a_bad_key_and_every_text_is_for_the_owner_to_judge() {
    let asking = |key: Value| {
        let mut talk = Talk::new(Limits::default());
        talk.call(0, "connect", [Value::Object(Object::new().with("app", "live"))]).unwrap();
        talk.call(0, "createStream", [Value::Null]).unwrap();
        talk.call(1, "publish", [Value::Null, key]).unwrap();
        talk
    };
    let mut talk = asking(Value::Null);
    assert_eq!(talk.statuses(), ["NetStream.Publish.Denied"]);
    assert_eq!(talk.events(), ["connected to live", "closed"]);
    for key in ["", "a b", &"k".repeat(257)] {
        let events = asking(Value::from(key)).events();
        assert_eq!(events, ["connected to live".to_owned(), format!("{key} asks to publish to live")]);
    }
}

#[test]
fn every_way_of_saying_goodbye_ends_the_publication_once() {
    let key = || Value::from("s3cret");
    for goodbye in [
        vec![
            ("FCUnpublish", 0, vec![Value::Null, key()]),
            ("deleteStream", 0, vec![Value::Null, Value::Number(1.0)]),
        ],
        vec![("deleteStream", 0, vec![Value::Null, Value::Number(1.0)])],
        vec![("closeStream", 1, vec![Value::Null]), ("FCUnpublish", 0, vec![Value::Null, key()])],
    ] {
        let mut talk = Talk::publishing();
        for (name, stream_id, values) in goodbye {
            talk.call(stream_id, name, values).unwrap();
        }
        talk.media(MessageKind::Audio, 1, 0, b"too late");
        assert_eq!(talk.events(), ["unpublished"]);
        assert_eq!(talk.statuses(), ["NetStream.Unpublish.Success"]);
    }
}

#[test]
fn deleting_somebody_elses_stream_changes_nothing() {
    let mut talk = Talk::publishing();
    for number in [2.0, -1.0, f64::NAN, f64::INFINITY] {
        talk.call(0, "deleteStream", [Value::Null, Value::Number(number)]).unwrap();
    }
    talk.call(0, "deleteStream", [Value::Null]).unwrap();
    talk.media(MessageKind::Audio, 1, 0, b"still here");
    assert_eq!(talk.events(), ["Audio at 0: still here"]);
}

#[test]
fn a_connection_may_publish_again_a_few_times() {
    let mut talk = Talk::publishing();
    for _ in 1..Limits::default().requests {
        talk.call(1, "closeStream", [Value::Null]).unwrap();
        talk.call(1, "publish", [Value::Null, Value::from("s3cret")]).unwrap();
        assert_eq!(talk.events(), ["unpublished", "s3cret asks to publish to live"]);
    }
    talk.call(1, "closeStream", [Value::Null]).unwrap();
    let refused = talk.call(1, "publish", [Value::Null, Value::from("s3cret")]);
    assert_eq!(refused, Err(Error::limit("requests to publish or play", 16)));
    assert_eq!(talk.events(), ["unpublished", "closed"]);
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

#[test]
fn limits_end_the_session() {
    let mut talk = Talk::new(Limits::default());
    talk.call(0, "connect", [Value::Object(Object::new().with("app", "live"))]).unwrap();
    let created: Result<Vec<()>, _> = (0..9).map(|_| talk.call(0, "createStream", [Value::Null])).collect();
    assert_eq!(created, Err(Error::limit("message streams", 8)));

    let mut talk = Talk::new(Limits::default());
    let app = "a".repeat(300);
    let connected = talk.call(0, "connect", [Value::Object(Object::new().with("app", app.as_str()))]);
    assert_eq!(connected, Err(Error::limit("bytes of application name", 256)));

    let mut talk = Talk::new(Limits { output: 1000, ..Limits::default() });
    let pinged: Result<Vec<()>, _> =
        (0..100).map(|n| talk.say(UserControl::PingRequest(n).message())).collect();
    assert_eq!(pinged, Err(Error::limit("bytes of answers", 1000)));

    let mut talk = Talk::new(Limits::default());
    let deep = b"\x03\0\x01a".repeat(1000);
    let nested = talk.say(Message {
        kind: MessageKind::CommandAmf0,
        stream_id: 0,
        timestamp: 0,
        body: [&b"\x02\0\x07connect\0\x3f\xf0\0\0\0\0\0\0"[..], &deep].concat().into(),
    });
    assert_eq!(nested, Err(Error::limit("levels of nested AMF0 values", 16)));
    assert_eq!(talk.events(), ["closed"]);
}

#[test]
fn the_key_is_in_no_debug_output() {
    let talk = Talk::asking();
    assert!(!format!("{:?}", talk.session).contains("s3cret"));
    let publish = Command::new("publish", 1.0, [Value::Null, Value::from("s3cret")]);
    assert!(!format!("{publish:?}").contains("s3cret"));
}

proptest! {
    #[test]
    fn any_bytes_end_the_session_at_worst(bytes in vec(any::<u8>(), 0..4000), piece in 1..500usize) {
        let mut session = ServerSession::new(Limits::default());
        for input in bytes.chunks(piece) {
            if session.push(input).is_err() {
                prop_assert!(session.has_ended());
                break;
            }
            while let Some(event) = session.poll_event() {
                match event {
                    Event::PublishRequested { .. } => session.accept_publish(),
                    Event::PlayRequested { .. } => session.accept_play(),
                    _ => {}
                }
            }
            prop_assert!(session.take_output().len() <= Limits::default().output);
        }
    }

    #[test]
    fn a_damaged_conversation_ends_the_session_at_worst(damage in vec((any::<usize>(), any::<u8>()), 0..8)) {
        let mut bytes = BytesMut::new();
        let mut writer = ChunkWriter::default();
        for (stream_id, command) in [
            (0, Command::new("connect", 1.0, [Value::Object(Object::new().with("app", "live"))])),
            (0, Command::new("createStream", 2.0, [Value::Null])),
            (1, Command::new("publish", 3.0, [Value::Null, Value::from("s3cret")])),
            (1, Command::new("closeStream", 0.0, [Value::Null])),
            (1, Command::new("play", 3.0, [Value::Null, Value::from("demo")])),
            (1, Command::new("pause", 0.0, [Value::Null, Value::Boolean(true)])),
            (0, Command::new("deleteStream", 4.0, [Value::Null, Value::Number(1.0)])),
        ] {
            writer.write(ChunkStreamId::COMMAND, &command.message(stream_id), &mut bytes);
        }
        for (at, value) in damage {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let mut session = ServerSession::new(Limits::default());
        let _ = session.push(&bytes);
        while session.poll_event().is_some() {}
    }
}
