//! Who connects.

use super::Talk;
use crate::amf0::{Object, Value};
use crate::message::{Command, MessageKind};
use crate::{ConnectRejection, Error, Limits, ServerSession};

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

/// A peer that waits for its owner's decision.
fn waiting() -> Talk {
    let mut talk = Talk::with(ServerSession::deferring(Limits::default()));
    talk.connect().unwrap();
    assert_eq!(talk.events(), ["connected to live"]);
    assert!(talk.answers().is_empty());
    talk
}

fn rejections() -> [(ConnectRejection, &'static str); 4] {
    [
        (ConnectRejection::NotFound, "NetConnection.Connect.InvalidApp"),
        (ConnectRejection::NotAllowed, "NetConnection.Connect.Rejected"),
        (ConnectRejection::Unavailable, "NetConnection.Connect.Rejected"),
        (ConnectRejection::Elsewhere("rtmp://other/live".to_owned()), "NetConnection.Connect.Rejected"),
    ]
}

#[test]
fn a_deferred_answer_is_the_same_and_what_came_before_it_is_read_then() {
    let mut at_once = Talk::new(Limits::default());
    at_once.connect().unwrap();
    at_once.call(0, "createStream", [Value::Null]).unwrap();
    at_once.call(1, "play", [Value::Null, Value::from("demo")]).unwrap();

    let mut deferred = waiting();
    deferred.call(0, "createStream", [Value::Null]).unwrap();
    deferred.call(1, "play", [Value::Null, Value::from("demo")]).unwrap();
    assert!(deferred.events().is_empty() && deferred.answers().is_empty());
    deferred.session.accept_connect().unwrap();
    assert_eq!(deferred.answers(), at_once.answers());
    assert_eq!(deferred.events(), ["asks to play demo of live"]);

    deferred.session.accept_connect().unwrap();
    assert!(deferred.answers().is_empty(), "once is enough");
    deferred.session.accept_play();
    assert_eq!(deferred.statuses(), ["NetStream.Play.Start"]);
}

#[test]
fn who_may_not_connect_is_told_why_and_where_else_to_go() {
    for (rejection, code) in rejections() {
        let mut talk = waiting();
        talk.session.reject_connect(&rejection);
        let answer = talk.commands().remove(0);
        assert_eq!((answer.name.as_str(), answer.object()), ("_error", None));
        let info = answer.argument(0).and_then(Value::as_object).unwrap();
        assert_eq!((info.text("level"), info.text("code")), (Some("error"), Some(code)));
        assert_eq!(info.text("description"), Some(&*rejection.description()));
        let elsewhere = info.get("ex").and_then(Value::as_object);
        let expected = Object::new().with("code", 302.0).with("redirect", "rtmp://other/live");
        let expected = matches!(rejection, ConnectRejection::Elsewhere(_)).then_some(&expected);
        assert_eq!(elsewhere, expected);
        assert_eq!(talk.events(), ["closed"]);
        assert_eq!(talk.session.accept_connect(), Ok(()));
        assert!(talk.answers().is_empty(), "it has been decided");
    }
}

#[test]
fn who_has_connected_is_told_as_well() {
    for (rejection, code) in rejections() {
        let mut talk = Talk::new(Limits::default());
        talk.session.reject_connect(&rejection);
        assert!(!talk.session.has_ended(), "nobody is there yet");
        talk.connect().unwrap();
        talk.answers();
        talk.session.reject_connect(&rejection);
        assert_eq!(talk.statuses(), [code]);
        assert_eq!(talk.events(), ["connected to live", "closed"]);
    }
}

#[test]
fn what_comes_before_the_answer_is_bounded() {
    let limits = Limits { early: 1000, ..Limits::default() };
    let mut talk = Talk::with(ServerSession::deferring(limits));
    talk.connect().unwrap();
    let early: Result<Vec<()>, _> =
        (0..100).map(|_| talk.call(0, "releaseStream", [Value::Null, Value::from("s3cret")])).collect();
    assert_eq!(early, Err(Error::limit("bytes before the answer to connect", 1000)));
    assert!(!format!("{:?}", talk.session).contains("s3cret"));
    assert_eq!(talk.session.accept_connect(), Ok(()));
    assert_eq!(talk.events(), ["connected to live", "closed"]);
}

#[test]
fn what_cannot_be_read_behind_connect_is_told_when_it_is_read() {
    let mut talk = waiting();
    talk.connect().unwrap();
    assert!(matches!(talk.session.accept_connect(), Err(Error::Unexpected { command: "connect", .. })));
    assert_eq!(talk.events(), ["closed"]);
}
