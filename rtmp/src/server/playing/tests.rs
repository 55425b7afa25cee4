//! Our client and a hand-driven one against the server's session.

use bytes::Bytes;

use media::flv::TagKind;

use super::*;
use crate::amf0::Object;
use crate::chunk::{ChunkReader, ChunkStreamId, ChunkWriter};
use crate::message::{Message, MessageKind};
use crate::{ClientSession, Introduction, Limits};

/// The beginning of a picture in H.264 that refers to others, and of one that does not.
const DELTA: &[u8] = b"\x27\x01";
const KEY: &[u8] = b"\x17\x01";

fn tag(kind: TagKind, timestamp: u32, body: &'static [u8]) -> Tag {
    Tag { kind, timestamp, body: Bytes::from_static(body) }
}

/// Both ends of a connection.
struct Talk {
    server: ServerSession,
    client: ClientSession,
}

impl Talk {
    /// A player that asks for `demo?user=me` of the application `live`.
    fn asking() -> Self {
        Self::asking_within(Limits::default())
    }

    fn asking_within(limits: Limits) -> Self {
        let url = "rtmp://example.org/live".parse().unwrap();
        let introduction = Introduction { page_url: "http://page".to_owned(), ..Introduction::default() };
        let client = ClientSession::player(&url, "demo?user=me", &introduction, Limits::default());
        let mut talk = Self { server: ServerSession::new(limits), client };
        talk.exchange().unwrap();
        let Some(Event::Connected(peer)) = talk.server.poll_event() else { panic!("not connected") };
        assert_eq!((peer.app.as_str(), peer.page_url.as_str()), ("live", "http://page"));
        assert_eq!(peer.tc_url, "rtmp://example.org/live");
        assert!(peer.capabilities.unwrap().has(*b"av01"));
        let Some(Event::PlayRequested { app, name }) = talk.server.poll_event() else {
            panic!("nothing asked")
        };
        assert_eq!((app.as_str(), name.as_str()), ("live", "demo?user=me"));
        talk
    }

    fn playing() -> Self {
        let mut talk = Self::asking();
        talk.server.accept_play();
        talk.exchange().unwrap();
        assert!(talk.client.is_ready());
        assert_eq!(talk.client.poll_tag(), None, "sample access is for players alone");
        talk
    }

    /// Until neither has anything to say.
    fn exchange(&mut self) -> Result<(), Error> {
        loop {
            let asked = self.client.take_output();
            if !asked.is_empty() {
                self.server.push(&asked)?;
            }
            let answered = self.server.take_output();
            self.client.push(&answered)?;
            if asked.is_empty() && answered.is_empty() {
                return Ok(());
            }
        }
    }
}

#[test]
fn a_player_gets_every_tag_as_it_was() {
    let mut talk = Talk::playing();
    let long: &'static [u8] = vec![7; 10_000].leak();
    let tags = [
        tag(TagKind::Script, 0, b"\x02\0\x0aonMetaData\x05"),
        tag(TagKind::Video, 0, b"configuration"),
        tag(TagKind::Audio, 3, b"sound"),
        tag(TagKind::Video, 40, long),
        tag(TagKind::Video, 0x100_0000, long),
        tag(TagKind::Audio, 0x100_0001, b"sound"),
        tag(TagKind::Audio, 0, b"from the beginning"),
    ];
    for tag in &tags {
        talk.server.play_tag(&ServerSession::chunked(tag.clone()));
        // Answers come between.
        talk.server.ping(tag.timestamp);
    }
    talk.exchange().unwrap();
    let got: Vec<_> = std::iter::from_fn(|| talk.client.poll_tag()).collect();
    assert_eq!(got, tags);
}

#[test]
fn chunks_have_the_size_that_was_said_and_sound_goes_with_the_pictures() {
    let mut talk = Talk::asking_within(Limits { chunk_size: 300, window: 12_345, ..Limits::default() });
    talk.server.interleave();
    talk.server.accept_play();
    talk.exchange().unwrap();
    let tags = [tag(TagKind::Video, 0, vec![7; 1000].leak()), tag(TagKind::Audio, 3, vec![8; 700].leak())];
    for tag in &tags {
        talk.server.play_tag(&ServerSession::chunked(tag.clone()));
    }
    let sent = talk.server.take_output();
    // Headers of 12 bytes and then of 1, all on chunk stream 6.
    assert_eq!(sent.len(), 12 + 3 + 1000 + 12 + 2 + 700);
    assert_eq!((sent[0], sent[312], sent[1015], sent[1015 + 312]), (6, 0xc6, 6, 0xc6));
    talk.client.push(&sent).unwrap();
    let got: Vec<_> = std::iter::from_fn(|| talk.client.poll_tag()).collect();
    assert_eq!(got, tags);
}

#[test]
fn nothing_is_sent_to_who_does_not_play() {
    let mut talk = Talk::asking();
    let sound = ServerSession::chunked(tag(TagKind::Audio, 0, b"sound"));
    talk.server.play_tag(&sound);
    talk.exchange().unwrap();
    assert_eq!(talk.client.poll_tag(), None);
    talk.server.accept_play();
    talk.exchange().unwrap();
    talk.client.close();
    talk.exchange().unwrap();
    assert!(matches!(talk.server.poll_event(), Some(Event::Stopped)));
    talk.server.play_tag(&sound);
    assert!(talk.server.take_output().is_empty());
}

#[test]
fn the_end_and_refusals_are_told() {
    let mut talk = Talk::playing();
    talk.server.end_play();
    talk.exchange().unwrap();
    assert!(talk.client.has_ended() && talk.server.has_ended());

    let mut talk = Talk::asking();
    talk.server.reject_play(PlayRejection::NotFound);
    let Error::Refused { code, description } = talk.exchange().unwrap_err() else { panic!("not refused") };
    assert_eq!(code, "NetStream.Play.StreamNotFound");
    assert_eq!(description, PlayRejection::NotFound.description());
    assert!(talk.server.has_ended());
}

/// A player that says what it is told to, on the second stream that it has created.
struct ByHand {
    server: ServerSession,
    writer: ChunkWriter,
    reader: ChunkReader,
}

impl ByHand {
    fn playing() -> Self {
        let limits = Limits::default();
        let reader = ChunkReader::new(&limits);
        let mut player = Self { server: ServerSession::new(limits), writer: ChunkWriter::default(), reader };
        player.call(0, "connect", [Value::Object(Object::new().with("app", "live"))]).unwrap();
        player.call(0, "createStream", [Value::Null]).unwrap();
        player.call(0, "createStream", [Value::Null]).unwrap();
        player.call(2, "play", [Value::Null, Value::from("demo"), Value::Number(-2.0)]).unwrap();
        player.server.accept_play();
        player.heard();
        player
    }

    fn call(&mut self, stream_id: u32, name: &str, values: impl Into<Vec<Value>>) -> Result<(), Error> {
        let mut bytes = bytes::BytesMut::new();
        let message = Command::new(name, 1.0, values).message(stream_id);
        self.writer.write(ChunkStreamId::of(message.kind), &message, &mut bytes);
        self.server.push(&bytes)
    }

    fn heard(&mut self) -> Vec<Message> {
        let output = self.server.take_output();
        let mut input = &output[..];
        std::iter::from_fn(|| self.reader.read(&mut input).unwrap()).collect()
    }

    /// The kinds of media that come through now.
    fn gets(&mut self) -> Vec<MessageKind> {
        self.heard();
        for (kind, body) in [(TagKind::Audio, &b"x"[..]), (TagKind::Video, DELTA), (TagKind::Video, KEY)] {
            self.server.play_tag(&ServerSession::chunked(tag(kind, 0, body)));
        }
        let heard = self.heard();
        assert!(heard.iter().all(|message| message.stream_id == 2));
        heard.iter().map(|message| message.kind).collect()
    }
}

#[test]
fn players_say_what_they_want_to_have_and_pictures_go_on_with_a_keyframe() {
    use MessageKind::{Audio, Video};
    let mut player = ByHand::playing();
    let steps: [(&str, bool, &[MessageKind]); 9] = [
        ("nothing", true, &[Audio, Video, Video]),
        ("receiveVideo", false, &[Audio]),
        ("pause", true, &[]),
        ("pause", false, &[Audio]),
        ("receiveVideo", true, &[Audio, Video]),
        ("receiveVideo", true, &[Audio, Video, Video]),
        ("receiveAudio", false, &[Video, Video]),
        ("pauseRaw", true, &[]),
        ("pauseRaw", false, &[Video]),
    ];
    for (command, yes, expected) in steps {
        player.call(2, command, [Value::Null, Value::Boolean(yes), Value::Number(0.0)]).unwrap();
        assert_eq!(player.gets(), expected, "{command}({yes})");
    }
}

#[test]
fn how_long_a_live_stream_is_nobody_knows() {
    let mut player = ByHand::playing();
    player.call(0, "getStreamLength", [Value::Null, Value::from("demo")]).unwrap();
    let answer = Command::parse(&player.heard()[0], &Limits::default()).unwrap();
    assert_eq!((answer.name.as_str(), answer.argument(0)), ("_result", Some(&Value::Number(0.0))));
}

#[test]
fn who_subscribes_first_is_told_to_play() {
    let mut player = ByHand::playing();
    player.call(0, "FCSubscribe", [Value::Null, Value::from("demo")]).unwrap();
    let answer = Command::parse(&player.heard()[0], &Limits::default()).unwrap();
    let info = answer.argument(0).and_then(Value::as_object).unwrap();
    assert_eq!((answer.name.as_str(), info.text("code")), ("onFCSubscribe", Some("NetStream.Play.Start")));
}

#[test]
fn players_may_stay_while_nobody_publishes() {
    let mut player = ByHand::playing();
    let mut told = |change: fn(&mut ServerSession, Notices), notices: Notices| {
        change(&mut player.server, notices);
        let heard = player.heard();
        let codes = heard[1..].iter().filter_map(|message| Command::parse(message, &Limits::default()).ok());
        let codes = codes.map(|status| {
            let info = status.argument(0).and_then(Value::as_object);
            info.and_then(|info| info.text("code")).unwrap_or_default().replace("NetStream.Play.", "")
        });
        (
            UserControl::parse(&heard[0].body).unwrap(),
            codes.filter(|code| !code.is_empty()).collect::<Vec<_>>(),
        )
    };
    let some = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
    let end = UserControl::StreamEof(2);
    let begin = UserControl::StreamBegin(2);
    let table: [(Notices, &[&str], &[&str]); 3] = [
        (Notices::default(), &[], &[]),
        (Notices { publisher: true, play: false }, &["UnpublishNotify"], &["PublishNotify"]),
        (Notices { publisher: true, play: true }, &["Stop", "UnpublishNotify"], &["Start", "PublishNotify"]),
    ];
    for (notices, waits, goes_on) in table {
        assert_eq!(told(ServerSession::play_waits, notices), (end, some(waits)));
        assert_eq!(told(ServerSession::play_goes_on, notices), (begin, some(goes_on)));
    }
    assert_eq!(player.gets().len(), 3);
    assert!(!player.server.has_ended());
}

#[test]
fn a_connection_may_publish_when_it_has_played() {
    let mut player = ByHand::playing();
    while player.server.poll_event().is_some() {}
    assert!(player.call(2, "publish", [Value::Null, Value::from("key")]).is_err(), "one thing at a time");

    let mut player = ByHand::playing();
    while player.server.poll_event().is_some() {}
    player.call(0, "deleteStream", [Value::Null, Value::Number(2.0)]).unwrap();
    player.call(1, "publish", [Value::Null, Value::from("key")]).unwrap();
    let events: Vec<_> = std::iter::from_fn(|| player.server.poll_event()).collect();
    assert!(matches!(events[..], [Event::Stopped, Event::PublishRequested { .. }]), "{events:?}");
}
