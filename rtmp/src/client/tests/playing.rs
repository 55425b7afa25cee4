//! Who plays.

use bytes::{BufMut as _, BytesMut};
use media::flv::{Tag, TagKind};

use super::{Talk, refused};
use crate::amf0::{Object, Value};
use crate::message::{Message, MessageKind, UserControl};
use crate::{ClientSession, Introduction, Limits};

impl Talk {
    /// A session that wants to play `demo?user=me`.
    fn player(introduction: &Introduction) -> Self {
        let url = "rtmp://example.org/live".parse().unwrap();
        Self::with(ClientSession::player(&url, "demo?user=me", introduction, Limits::default()))
    }

    pub(super) fn playing() -> Self {
        let mut talk = Self::player(&Introduction::default());
        talk.let_connect();
        talk.status("status", "NetStream.Play.Start");
        assert!(talk.session.is_ready());
        talk.said();
        talk
    }

    fn media(&mut self, kind: MessageKind, stream_id: u32, body: &'static [u8]) {
        self.say(Message { kind, stream_id, timestamp: 40, body: body.into() });
    }

    fn tags(&mut self) -> Vec<Tag> {
        std::iter::from_fn(|| self.session.poll_tag()).collect()
    }
}

fn tag(kind: TagKind, body: &'static [u8]) -> Tag {
    Tag { kind, timestamp: 40, body: body.into() }
}

#[test]
fn the_way_to_playing_is_that_of_every_player() {
    let mut talk = Talk::player(&Introduction::default());
    let connect = talk.commands().remove(0).1;
    let object = connect.object().unwrap();
    assert_eq!((object.text("app"), object.text("tcUrl")), (Some("live"), Some("rtmp://example.org/live")));
    assert_eq!((object.get("pageUrl"), object.get("swfUrl"), object.get("type")), (None, None, None));

    talk.answer("_result", 1.0, [Value::Null, Value::Null]);
    let names: Vec<_> = talk.commands().into_iter().map(|(_, command)| command.name).collect();
    assert_eq!(names, ["createStream"]);
    talk.answer("_result", 4.0, [Value::Null, Value::Number(3.0)]);
    let said = talk.said();
    let play = crate::message::Command::parse(&said[0], &Limits::default()).unwrap();
    assert_eq!((said[0].stream_id, play.name.as_str()), (3, "play"));
    assert_eq!(play.values, [Value::Null, Value::from("demo?user=me"), Value::Number(-2000.0)]);
    assert_eq!(said[1], UserControl::SetBufferLength(3, 1000).message());
    talk.status("status", "NetStream.Play.Reset");
    assert!(!talk.session.is_ready());
    talk.status("status", "NetStream.Play.Start");
    assert!(talk.session.is_ready());

    talk.session.close();
    let names: Vec<_> = talk.commands().into_iter().map(|(_, command)| command.name).collect();
    assert_eq!(names, ["deleteStream"]);
}

#[test]
fn it_introduces_itself_as_it_is_told() {
    let introduction = Introduction {
        app: "other/app".to_owned(),
        tc_url: "rtmp://a/b".to_owned(),
        page_url: "http://page".to_owned(),
        swf_url: "http://swf".to_owned(),
        flash_version: "LNX 1".to_owned(),
        capabilities: None,
    };
    let url = "rtmp://example.org/live".parse().unwrap();
    let publisher = ClientSession::publisher(&url, "s3cret".into(), &introduction, Limits::default());
    for mut talk in [Talk::player(&introduction), Talk::with(publisher)] {
        let connect = talk.commands().remove(0).1;
        let object = connect.object().unwrap();
        let said = ["app", "tcUrl", "pageUrl", "swfUrl", "flashVer"].map(|name| object.text(name).unwrap());
        assert_eq!(said, ["other/app", "rtmp://a/b", "http://page", "http://swf", "LNX 1"]);
    }
}

#[test]
fn what_is_for_viewers_is_kept() {
    let mut talk = Talk::playing();
    talk.media(MessageKind::DataAmf0, 3, b"\x02\0\x11|RtmpSampleAccess\x01\x01\x01\x01");
    talk.media(MessageKind::DataAmf0, 3, b"\x02\0\x08onStatus\x05");
    talk.media(MessageKind::DataAmf0, 3, b"\x02\0\x0aonMetaData\x05");
    talk.media(MessageKind::DataAmf0, 3, b"\x02\0\x0d@setDataFrame\x02\0\x0aonMetaData\x05");
    talk.media(MessageKind::DataAmf3, 3, b"\0\x02\0\x0aonMetaData\x05");
    talk.media(MessageKind::Audio, 3, b"sound");
    talk.media(MessageKind::Audio, 3, b"");
    talk.media(MessageKind::Video, 3, b"picture");
    talk.media(MessageKind::Video, 1, b"elsewhere");
    let metadata = tag(TagKind::Script, b"\x02\0\x0aonMetaData\x05");
    let media = [tag(TagKind::Audio, b"sound"), tag(TagKind::Video, b"picture")];
    assert_eq!(talk.tags(), [&[metadata.clone(), metadata.clone(), metadata][..], &media].concat());
}

#[test]
fn aggregates_are_taken_apart() {
    let mut body = BytesMut::new();
    for (kind, data) in [(8, &b"sound"[..]), (9, b"picture")] {
        body.put_u8(kind);
        body.put_uint(data.len() as u64, 3);
        body.put_u32(0);
        body.put_uint(0, 3);
        body.put_slice(data);
        body.put_u32(11 + data.len() as u32);
    }
    let aggregate =
        Message { kind: MessageKind::Aggregate, stream_id: 3, timestamp: 40, body: body.freeze() };
    let mut talk = Talk::playing();
    talk.say(Message { stream_id: 1, ..aggregate.clone() });
    talk.say(aggregate);
    assert_eq!(talk.tags(), [tag(TagKind::Audio, b"sound"), tag(TagKind::Video, b"picture")]);
}

#[test]
fn a_server_may_begin_without_saying_so() {
    let mut talk = Talk::player(&Introduction::default());
    talk.let_connect();
    talk.media(MessageKind::DataAmf0, 3, b"\x02\0\x11|RtmpSampleAccess\x01\x01\x01\x01");
    assert!(!talk.session.is_ready());
    talk.media(MessageKind::Audio, 3, b"sound");
    assert!(talk.session.is_ready());
    assert_eq!(talk.tags(), [tag(TagKind::Audio, b"sound")]);
}

#[test]
fn every_way_of_ending_is_the_end_and_no_error() {
    let ends: [fn(&mut Talk); 3] = [
        |talk| talk.status("status", "NetStream.Play.UnpublishNotify"),
        |talk| talk.status("status", "NetStream.Play.Stop"),
        |talk| talk.say(UserControl::StreamEof(3).message()),
    ];
    for end in ends {
        let mut talk = Talk::playing();
        talk.media(MessageKind::Audio, 3, b"sound");
        talk.say(UserControl::StreamEof(1).message());
        assert!(!talk.session.has_ended(), "that was another stream");
        end(&mut talk);
        assert!(talk.session.has_ended() && talk.ended.is_none());
        talk.media(MessageKind::Audio, 3, b"late");
        assert_eq!(talk.tags(), [tag(TagKind::Audio, b"sound")]);
    }
}

#[test]
fn a_refusal_is_an_error_with_its_reason() {
    for code in ["NetStream.Play.StreamNotFound", "NetStream.Play.Failed"] {
        let mut talk = Talk::player(&Introduction::default());
        talk.let_connect();
        talk.status("error", code);
        assert_eq!(talk.ended, Some(refused(code, "because")));

        let mut talk = Talk::playing();
        talk.status("error", code);
        assert_eq!(talk.ended, Some(refused(code, "because")));
        assert!(talk.session.has_ended());
    }
    let mut talk = Talk::player(&Introduction::default());
    let info = Object::new().with("code", "NetConnection.Connect.InvalidApp").with("description", "no");
    talk.answer("_error", 1.0, [Value::Null, Value::Object(info)]);
    assert_eq!(talk.ended, Some(refused("NetConnection.Connect.InvalidApp", "no")));
}
