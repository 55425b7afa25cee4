//! Applications, each asked by real publishers and players, with a hook that notes what it is told.

mod hooks;
mod orders;
mod vod;

use std::net::SocketAddr;
use std::time::Duration;

use api::shutdown::Shutdown;
use bytes::Bytes;
use media::flv::{Tag, TagKind};
use rtmp::{Error, Introduction, Player, Publisher};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::inference::Profile;
use crate::ingest::{Ingest, IngestSettings, PlayerSettings};
use crate::streams::{SessionSettings, StreamSettings};

/// A server with applications.
struct Server {
    address: SocketAddr,
    streams: Arc<Streams>,
    applications: Arc<Applications>,
    clients: Arc<Clients>,
    shutdown: Shutdown,
    _running: JoinSet<()>,
}

impl Server {
    async fn start(applications: Vec<AppSettings>) -> Self {
        let settings = SessionSettings::passthrough();
        let streams = Arc::new(Streams::new(Profile::Plain, settings));
        let keyed = StreamSettings {
            name: "demo".parse().unwrap(),
            key: Some("s3cret".parse().unwrap()),
            profile: None,
        };
        streams.add(keyed).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clients = Arc::default();
        let applications =
            Applications::new(applications, Arc::clone(&streams), Caller::new(), Arc::clone(&clients));
        let admission = Arc::clone(&applications) as _;
        let shutdown = Shutdown::new();
        let ingest = Ingest::new(
            listener,
            None,
            IngestSettings::default(),
            admission,
            Arc::default(),
            Arc::clone(&clients),
        );
        let mut running = JoinSet::new();
        running.spawn(ingest.run(shutdown.clone()));
        Self { address, streams, applications, clients, shutdown, _running: running }
    }

    /// The publisher, who has sent something; or the code of the refusal.
    async fn publish(&self, app: &str, name: &str) -> Result<Publisher, String> {
        let url = format!("rtmp://{}/{app}", self.address).parse().unwrap();
        let key = SecretString::from(name.to_owned());
        let mut publisher = Publisher::connect(&url, &key, Duration::from_secs(20)).await.map_err(code)?;
        let body = Bytes::from_static(&[0xaf, 0, 0x11, 0x90]);
        publisher.send(&Tag { kind: TagKind::Audio, timestamp: 0, body }).await.unwrap();
        Ok(publisher)
    }

    async fn play(&self, app: &str, name: &str) -> Result<Player, String> {
        let url = format!("rtmp://{}/{app}", self.address).parse().unwrap();
        Player::connect(&url, name, &Introduction::default(), Duration::from_secs(20)).await.map_err(code)
    }

    fn names(&self) -> Vec<String> {
        self.streams.all().iter().map(|stream| stream.name().to_string()).collect()
    }
}

fn code(error: Error) -> String {
    match error {
        Error::Refused { code, .. } => code,
        other => other.to_string(),
    }
}

fn open(name: &str) -> AppSettings {
    AppSettings { publish: Publish::Open, ..AppSettings::new(name) }
}

#[tokio::test]
async fn an_open_application_makes_a_stream_of_every_name() {
    let server = Server::start(vec![open("live")]).await;
    let _one = server.publish("live", "one?user=me").await.unwrap();
    let _two = server.publish("live/", "/two").await.unwrap();
    assert_eq!(server.names(), ["demo", "one", "two"]);
    assert!(server.play("live", "one").await.is_ok());
    for (name, told) in [("", "Rejected"), ("../etc", "Rejected"), ("a b", "Rejected"), ("demo", "Rejected")]
    {
        let refused = server.publish("live", name).await.unwrap_err();
        assert_eq!(refused, format!("NetStream.Publish.{told}"), "{name:?}: a keyed stream is nobody else's");
    }
    server.shutdown.request();
}

#[tokio::test]
async fn applications_do_not_share_names_and_strangers_to_all_of_them_go() {
    let keyed = AppSettings { play: false, ..AppSettings::new("studio") };
    let server = Server::start(vec![open("live"), open("radio"), keyed]).await;
    let _live = server.publish("live", "one").await.unwrap();
    let _radio = server.publish("radio/instance", "one").await.unwrap();
    let _demo = server.publish("studio", "s3cret").await.unwrap();
    assert_eq!(server.names(), ["demo", "live.one", "radio.one"]);
    assert_eq!(server.publish("studio", "wrong").await.unwrap_err(), "NetStream.Publish.Denied");
    assert_eq!(
        server.play("studio", "demo").await.unwrap_err(),
        "NetStream.Play.Failed",
        "nobody plays here"
    );
    assert_eq!(server.play("radio", "two").await.unwrap_err(), "NetStream.Play.StreamNotFound");
    assert!(server.publish("other", "one").await.is_err());
}

#[tokio::test]
async fn rules_keep_out_whom_they_do_not_allow() {
    let deny = || Rules(vec!["deny 127.0.0.0/8".parse().unwrap()]);
    let no_publishers = AppSettings { publish_rules: deny(), ..open("live") };
    let no_players = AppSettings { play_rules: deny(), ..open("radio") };
    let server = Server::start(vec![no_publishers, no_players]).await;
    assert_eq!(server.publish("live", "one").await.unwrap_err(), "NetStream.Publish.Denied");
    let _one = server.publish("radio", "one").await.unwrap();
    assert_eq!(server.play("radio", "one").await.unwrap_err(), "NetStream.Play.Failed");
}

#[tokio::test]
async fn every_connection_leaves_a_line_in_the_access_log() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let format = "$remote_addr $command $app $name $args ${bytes_received}".parse().unwrap();
    let access_log = Some(AccessLogSettings { file: file.clone(), format });
    let keyed = AppSettings { access_log: access_log.clone(), ..AppSettings::new("studio") };
    let server = Server::start(vec![AppSettings { access_log, ..open("live") }, keyed]).await;
    let one = server.publish("live", "one?user=me").await.unwrap();
    drop(server.play("live", "one").await.unwrap());
    let demo = server.publish("studio", "s3cret").await.unwrap();
    demo.close().await.unwrap();
    one.close().await.unwrap();
    let written = async {
        loop {
            let lines = std::fs::read_to_string(&file).unwrap_or_default();
            if lines.lines().count() == 3 {
                break lines;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let lines = tokio::time::timeout(Duration::from_secs(20), written).await.unwrap();
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.sort_unstable();
    assert!(lines[0].starts_with("127.0.0.1 PLAY live one  "), "{lines:?}");
    assert!(lines[1].starts_with("127.0.0.1 PUBLISH live one user=me "), "{lines:?}");
    assert!(lines[2].starts_with("127.0.0.1 PUBLISH studio demo  "), "a key stays a secret: {lines:?}");
}

#[tokio::test]
async fn players_may_wait_for_who_publishes() {
    let players = PlayerSettings { wait: true, ..PlayerSettings::default() };
    let waiting = AppSettings { players, ..open("live") };
    let server = Server::start(vec![waiting, open("radio")]).await;
    assert_eq!(server.play("radio", "one").await.unwrap_err(), "NetStream.Play.StreamNotFound");
    assert_eq!(server.play("live", "../one").await.unwrap_err(), "NetStream.Play.StreamNotFound");
    let mut player = server.play("live", "one").await.unwrap();
    let _publisher = server.publish("live", "one").await.unwrap();
    let sound = async { while player.next_tag().await.unwrap().unwrap().kind != TagKind::Audio {} };
    tokio::time::timeout(Duration::from_secs(20), sound).await.unwrap();
}
