//! Who publishes.

use bytes::{BufMut as _, BytesMut};

use super::Talk;
use crate::amf0::{Object, Value};
use crate::message::{Message, MessageKind};
use crate::{Error, Limits, Rejection};

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
    talk.media(MessageKind::DataAmf0, 1, 5, b"\x02\0\x08onStatus\x05");
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
