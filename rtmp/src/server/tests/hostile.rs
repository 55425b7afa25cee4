//! Limits, and peers that mean no good.

use bytes::BytesMut;
use media::flv::{Tag, TagKind};
use proptest::collection::vec;
use proptest::prelude::*;

use super::Talk;
use crate::amf0::{Object, Value};
use crate::chunk::{ChunkStreamId, ChunkWriter};
use crate::message::{Command, Message, MessageKind, UserControl};
use crate::{Error, Event, Limits, ServerSession};

fn session(defers: bool) -> ServerSession {
    if defers {
        return ServerSession::deferring(Limits::default());
    }
    ServerSession::new(Limits::default())
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
    fn any_bytes_end_the_session_at_worst(bytes in vec(any::<u8>(), 0..4000), piece in 1..500usize, defers: bool) {
        let mut session = session(defers);
        for input in bytes.chunks(piece) {
            if session.push(input).is_err() {
                prop_assert!(session.has_ended());
                break;
            }
            while let Some(event) = session.poll_event() {
                match event {
                    Event::Connected(_) => {
                        let accepted = session.accept_connect();
                        prop_assert!(accepted.is_ok() || session.has_ended());
                    }
                    Event::PublishRequested { .. } => session.accept_publish(),
                    Event::PlayRequested { .. } => session.accept_play(),
                    _ => {}
                }
            }
            prop_assert!(session.take_output().len() <= Limits::default().output);
        }
    }

    #[test]
    fn a_damaged_conversation_ends_the_session_at_worst(
        damage in vec((any::<usize>(), any::<u8>()), 0..8),
        piece in 1..500usize,
        defers: bool,
    ) {
        let mut bytes = BytesMut::new();
        let mut writer = ChunkWriter::default();
        for (stream_id, command) in [
            (0, Command::new("connect", 1.0, [Value::Object(Object::new().with("app", "live"))])),
            (0, Command::new("createStream", 2.0, [Value::Null])),
            (1, Command::new("publish", 3.0, [Value::Null, Value::from("s3cret")])),
            (1, Command::new("closeStream", 0.0, [Value::Null])),
            (0, Command::new("FCSubscribe", 0.0, [Value::Null, Value::from("demo")])),
            (1, Command::new("play", 3.0, [Value::Null, Value::from("demo"), Value::Number(-2000.0)])),
            (1, Command::new("receiveVideo", 0.0, [Value::Null, Value::Boolean(true)])),
            (1, Command::new("pause", 0.0, [Value::Null, Value::Boolean(true)])),
            (0, Command::new("getStreamLength", 4.0, [Value::Null, Value::from("demo")])),
            (0, Command::new("deleteStream", 4.0, [Value::Null, Value::Number(1.0)])),
        ] {
            writer.write(ChunkStreamId::COMMAND, &command.message(stream_id), &mut bytes);
        }
        for (at, value) in damage {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let mut session = session(defers);
        let picture = Tag { kind: TagKind::Video, timestamp: 40, body: vec![0x17; 5000].into() };
        let picture = ServerSession::chunked(picture);
        for input in bytes.chunks(piece) {
            let _ = session.push(input);
            while let Some(event) = session.poll_event() {
                match event {
                    Event::Connected(_) => { let _ = session.accept_connect(); }
                    Event::PublishRequested { .. } => session.accept_publish(),
                    Event::PlayRequested { .. } => session.accept_play(),
                    _ => {}
                }
            }
            session.play_tag(&picture);
            prop_assert!(session.take_output().len() <= Limits::default().output);
        }
    }
}
