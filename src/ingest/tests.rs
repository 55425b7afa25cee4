//! Admissions, each asked by a real publisher.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use media::flv::{Tag, TagKind};
use rtmp::{Error, Publisher, Rejection};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::inference::Profile;
use crate::out::hls::PackagerSettings;
use crate::streams::{SessionSettings, StreamSettings, Streams};

fn streams() -> Arc<Streams> {
    let stream =
        StreamSettings { name: "demo".parse().unwrap(), key: "s3cret".parse().unwrap(), profile: None };
    let settings = SessionSettings {
        hls: PackagerSettings::default(),
        grace: Duration::from_secs(60),
        lanes: None,
        sinks: Vec::new(),
    };
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
    fn admit<'a>(&'a self, request: PublishRequest<'a>) -> Answer<'a> {
        Box::pin(async move {
            // As if it had asked somebody.
            tokio::task::yield_now().await;
            if request.app != self.app || request.peer.ip() != self.address {
                return Err(Rejection::NotAllowed);
            }
            self.streams.admit(request).await
        })
    }
}

#[derive(Debug)]
struct NeverAnswers;

impl Admission for NeverAnswers {
    fn admit<'a>(&'a self, _: PublishRequest<'a>) -> Answer<'a> {
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
        let ingest = Ingest::new(listener, admission, 8);
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
    let publisher = server.publish("anything", "s3cret").await.unwrap();
    assert_eq!(server.publish("live", "s3cret").await.unwrap_err(), "NetStream.Publish.BadName");
    for key in ["wrong", "", "no key", &"k".repeat(257)] {
        assert_eq!(server.publish("live", key).await.unwrap_err(), "NetStream.Publish.Denied", "{key}");
    }
    drop(publisher);
    server.end().await;
}

#[tokio::test]
async fn who_publishes_to_a_stream_that_is_removed_is_told() {
    let streams = streams();
    let server = Server::start(streams.clone()).await;
    let mut publisher = server.publish("live", "s3cret").await.unwrap();
    streams.remove(&"demo".parse().unwrap()).await.unwrap();
    // AAC, 48 kHz, two channels: any tag that makes a unit.
    let body = Bytes::from_static(&[0xaf, 0, 0x11, 0x90]);
    publisher.send(&Tag { kind: TagKind::Audio, timestamp: 0, body }).await.unwrap();
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
    let half_open = HalfOpen::new(1);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        publisher::serve(far, peer, &NeverAnswers, Limits::default(), &half_open.enter()).await
    });
    let url = "rtmp://localhost/live".parse().unwrap();
    let key = SecretString::from("s3cret");
    let error = Publisher::publish(near, &url, &key, Limits::default()).await.unwrap_err();
    let Error::Refused { code, .. } = error else { panic!("{error}") };
    assert_eq!(code, Rejection::Unavailable.code());
}
