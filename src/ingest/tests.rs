//! Admissions, each asked by a real publisher.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use media::flv::{Tag, TagKind};
use rtmp::{Error, PlayRejection, Publisher, Rejection};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::seat::Played;
use super::*;
use crate::inference::Profile;
use crate::streams::{SessionSettings, StreamSettings, Streams};

fn streams() -> Arc<Streams> {
    let stream =
        StreamSettings { name: "demo".parse().unwrap(), key: Some("s3cret".parse().unwrap()), profile: None };
    let settings = SessionSettings::passthrough();
    let streams = Streams::new(Profile::Plain, settings);
    streams.add(stream).unwrap();
    Arc::new(streams)
}

/// Looks at everything but the key, then asks the registry.
#[derive(Debug)]
struct AppAndAddress {
    app: &'static str,
    address: IpAddr,
    streams: Arc<Streams>,
}

impl Admission for AppAndAddress {
    fn admit<'a>(&'a self, request: PublishRequest<'a>) -> Answer<'a, Grant, Rejection> {
        Box::pin(async move {
            // As if it had asked somebody.
            tokio::task::yield_now().await;
            if request.app != self.app || request.client.peer.ip() != self.address {
                return Err(Rejection::NotAllowed);
            }
            self.streams.admit(request).await
        })
    }

    fn admit_player<'a>(&'a self, request: PlayRequest<'a>) -> Answer<'a, Seat, PlayRejection> {
        self.streams.admit_player(request)
    }
}

#[derive(Debug)]
struct NeverAnswers;

impl Admission for NeverAnswers {
    fn admit<'a>(&'a self, _: PublishRequest<'a>) -> Answer<'a, Grant, Rejection> {
        Box::pin(std::future::pending())
    }

    fn admit_player<'a>(&'a self, _: PlayRequest<'a>) -> Answer<'a, Seat, PlayRejection> {
        Box::pin(std::future::pending())
    }
}

struct Server {
    address: SocketAddr,
    shutdown: Shutdown,
    running: JoinSet<()>,
}

impl Server {
    async fn start(admission: Arc<dyn Admission>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let settings = IngestSettings { max_waiting: 8, ..IngestSettings::default() };
        let ingest = Ingest::new(listener, None, settings, admission, Arc::default(), Arc::default());
        let mut running = JoinSet::new();
        running.spawn(ingest.run(shutdown.clone()));
        Self { address, shutdown, running }
    }

    /// The code of the refusal, if it is one.
    async fn publish(&self, app: &str, key: &str) -> Result<Publisher, String> {
        let url = format!("rtmp://{}/{app}", self.address).parse().unwrap();
        let key = SecretString::from(key.to_owned());
        Publisher::connect(&url, &key, Duration::from_secs(20)).await.map_err(|error| match error {
            Error::Refused { code, .. } => code,
            other => panic!("{other}"),
        })
    }

    async fn end(self) {
        self.shutdown.request();
        self.running.join_all().await;
    }
}

#[tokio::test]
async fn to_the_registry_only_the_key_counts() {
    let server = Server::start(streams()).await;
    for (app, key) in [
        ("anything", "s3cret"),
        ("live", "s3cret?user=me"),
        ("live", "/s3cret/"),
        ("live", "s3cret "),
        ("live", "instance/s3cret"),
        ("s3cret", ""),
    ] {
        assert!(server.publish(app, key).await.is_ok(), "{app} {key}");
    }
    for key in ["wrong", "", "no key", &"k".repeat(257), "?s3cret", "wrong?s3cret", "s3cret/wrong"] {
        assert_eq!(server.publish("live", key).await.unwrap_err(), "NetStream.Publish.Denied", "{key}");
    }
    server.end().await;
}

#[test]
fn arguments_stand_behind_the_key_or_the_application() {
    assert_eq!(arguments("live?a=1", "key"), Some("a=1"));
    assert_eq!(arguments("live?a=1", "key?b=2&c=?"), Some("b=2&c=?"));
    assert_eq!(arguments("live", "key"), None);
}

#[tokio::test]
async fn who_comes_with_the_key_takes_over_and_the_other_is_told() {
    let server = Server::start(streams()).await;
    let mut first = server.publish("live", "s3cret").await.unwrap();
    assert_eq!(server.publish("live", "wrong").await.unwrap_err(), "NetStream.Publish.Denied");
    first.send(&audio()).await.unwrap();
    let _second = server.publish("live", "s3cret").await.unwrap();
    let Error::Refused { code, .. } = first.closed().await else { panic!("it goes on") };
    assert_eq!(code, Rejection::Replaced.code());
    server.end().await;
}

/// AAC, 48 kHz, two channels: any tag that makes a unit.
fn audio() -> Tag {
    Tag { kind: TagKind::Audio, timestamp: 0, body: Bytes::from_static(&[0xaf, 0, 0x11, 0x90]) }
}

#[tokio::test]
async fn who_sends_pictures_that_cannot_be_used_is_told_and_so_is_the_operator() {
    let streams = streams();
    let server = Server::start(streams.clone()).await;
    for (body, name) in [
        (&b"\x90vp09\x01"[..], "VP9"),
        (&b"\x91vvc1\x12"[..], "VVC"),
        (&b"\x14\x00"[..], "VP6"),
        (&b"\x12\x00"[..], "Sorenson H.263"),
    ] {
        let mut publisher = server.publish("live", "s3cret").await.unwrap();
        publisher.send(&audio()).await.unwrap();
        let video = Tag { kind: TagKind::Video, timestamp: 0, body: Bytes::from_static(body) };
        publisher.send(&video).await.unwrap();
        let Error::Refused { code, description } = publisher.closed().await else { panic!("it goes on") };
        assert_eq!(code, "NetStream.Publish.Rejected");
        assert!(
            description.contains(name) && description.contains("not supported: set H.264"),
            "{description}"
        );
        let stream = streams.find(&"demo".parse().unwrap()).unwrap();
        let problems = stream.look(|_, session| session.unwrap().problems.list());
        assert_eq!((problems[0].kind.as_str(), &problems[0].text), ("codec-not-supported", &description));
    }
    server.end().await;
}

#[tokio::test]
async fn sound_that_cannot_be_used_is_a_problem_and_the_publisher_stays() {
    let streams = streams();
    let server = Server::start(streams.clone()).await;
    let mut publisher = server.publish("live", "s3cret").await.unwrap();
    let mp3 = Tag { body: Bytes::from_static(b"\x2f\xff\xfb"), ..audio() };
    publisher.send(&mp3).await.unwrap();
    let stream = streams.find(&"demo".parse().unwrap()).unwrap();
    let closed = tokio::time::timeout(Duration::from_millis(300), publisher.closed()).await;
    assert!(closed.is_err(), "{closed:?}");
    let problems = stream.look(|_, session| session.unwrap().problems.list());
    assert!(problems[0].text.contains("MP3, which is not supported: set AAC"), "{problems:?}");
    server.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_address_with_too_many_wrong_keys_has_to_wait() {
    let peer = SocketAddr::from(([203, 0, 113, 7], 1));
    let half_open = HalfOpen::new(1, Arc::default());
    let clients = Arc::new(Clients::default());
    let streams = streams();
    let url = "rtmp://localhost/live".parse().unwrap();
    let mut said = Vec::new();
    for attempt in 0..11 {
        let key = SecretString::from(if attempt < 10 { "wrong" } else { "s3cret" });
        let (near, far) = tokio::io::duplex(64 << 10);
        let entry = half_open.enter();
        let client = clients.enter(peer);
        let (refused, _) = tokio::join!(
            Publisher::publish(near, &url, &key, Limits::default()),
            connection::serve(far, &client, &*streams, Limits::default(), &entry),
        );
        let Error::Refused { description, .. } = refused.unwrap_err() else { panic!("not refused") };
        said.push(description);
    }
    assert_eq!(said[9], Rejection::BadKey.description());
    assert_eq!(said[10], Rejection::TooManyTries.description(), "the right key has to wait, too");
}

#[tokio::test]
async fn who_publishes_to_a_stream_that_is_removed_is_told() {
    let streams = streams();
    let server = Server::start(streams.clone()).await;
    let mut publisher = server.publish("live", "s3cret").await.unwrap();
    streams.remove(&"demo".parse().unwrap()).await.unwrap();
    publisher.send(&audio()).await.unwrap();
    let Error::Refused { code, .. } = publisher.closed().await else { panic!("it goes on") };
    assert_eq!(code, Rejection::Unavailable.code());
    server.end().await;
}

#[tokio::test]
async fn another_admission_sees_application_and_address() {
    let address = IpAddr::from([127, 0, 0, 1]);
    let server = Server::start(Arc::new(AppAndAddress { app: "studio", address, streams: streams() })).await;
    assert_eq!(server.publish("live", "s3cret").await.unwrap_err(), "NetStream.Publish.Denied");
    assert!(server.publish("studio", "s3cret").await.is_ok());
    server.end().await;

    let address = IpAddr::from([192, 0, 2, 1]);
    let server = Server::start(Arc::new(AppAndAddress { app: "studio", address, streams: streams() })).await;
    assert_eq!(server.publish("studio", "s3cret").await.unwrap_err(), "NetStream.Publish.Denied");
    server.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_admission_that_never_answers_turns_publishers_away() {
    let (near, far) = tokio::io::duplex(64 << 10);
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    let half_open = HalfOpen::new(1, Arc::default());
    let mut tasks = JoinSet::new();
    let client = Arc::new(Clients::default()).enter(peer);
    tasks.spawn(async move {
        connection::serve(far, &client, &NeverAnswers, Limits::default(), &half_open.enter()).await
    });
    let url = "rtmp://localhost/live".parse().unwrap();
    let key = SecretString::from("s3cret");
    let error = Publisher::publish(near, &url, &key, Limits::default()).await.unwrap_err();
    let Error::Refused { code, .. } = error else { panic!("{error}") };
    assert_eq!(code, Rejection::Unavailable.code());
}

/// What a player gets next, in a word.
async fn played(seat: &mut Seat) -> &'static str {
    let next = tokio::time::timeout(Duration::from_secs(20), seat.next()).await.expect("something comes");
    match next {
        Played::Item(item) if item.is_description() => "description",
        Played::Item(_) => "packet",
        Played::PublisherCame => "came",
        Played::PublisherLeft => "left",
        Played::End(_) => "end",
    }
}

#[tokio::test]
async fn who_stays_sees_publishers_come_and_go() {
    let streams = streams();
    let client = Arc::new(Clients::default()).enter(SocketAddr::from(([127, 0, 0, 1], 1)));
    let settings = PlayerSettings { wait: true, ..PlayerSettings::default() };
    let mut seat = Seat::stay(&streams, "demo", &client, &settings).unwrap();
    let sound = |publication: &mut Publishing| {
        for body in [&[0xaf, 0, 0x11, 0x90][..], &[0xaf, 1, 0x21]] {
            let tag = Tag { kind: TagKind::Audio, timestamp: 0, body: Bytes::from_static(body) };
            publication.take(&tag).unwrap();
        }
    };
    let publish = || {
        let stream = streams.find(&"demo".parse().unwrap()).unwrap();
        Publishing::new(Grant { publication: publish(&stream).unwrap(), idle: None, guard: None })
    };
    let mut first = publish();
    assert_eq!(played(&mut seat).await, "came");
    sound(&mut first);
    assert_eq!(played(&mut seat).await, "description");
    drop(first);
    let mut rest = Vec::new();
    while rest.last() != Some(&"left") {
        rest.push(played(&mut seat).await);
    }
    // Within the grace period it is the same session.
    let mut second = publish();
    assert_eq!(played(&mut seat).await, "came");
    sound(&mut second);
    assert_eq!(played(&mut seat).await, "description");
    // The stream ends, and another one of its name begins.
    streams.remove(&"demo".parse().unwrap()).await.unwrap();
    while played(&mut seat).await != "left" {}
    let again = StreamSettings { name: "demo".parse().unwrap(), key: None, profile: None };
    streams.add(again).unwrap();
    let mut third = publish();
    assert_eq!(played(&mut seat).await, "came");
    sound(&mut third);
    assert_eq!(played(&mut seat).await, "description");

    // Who does not stay is told the end.
    let mut seat = Seat::take(&streams, "demo", &client, &PlayerSettings::default()).unwrap();
    streams.remove(&"demo".parse().unwrap()).await.unwrap();
    while played(&mut seat).await != "end" {}
}
