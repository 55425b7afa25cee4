//! The sender against the server's end of our own RTMP crate, on loopback.

use std::sync::Arc;

use bytes::Bytes;
use media::flow::{KeyQueue, Overflow};
use media::flv::{Demuxer, Tag};
use media::{AudioConfig, MediaTime, Packet, VideoConfig};
use rtmp::{Event, Limits, Rejection, ServerConnection};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::coder::CodecChoice;

struct Set {
    listener: TcpListener,
    queue: Arc<KeyQueue<Unit>>,
    requests: Arc<Requests>,
    counters: Arc<Counters>,
    stop: Shutdown,
    sender: JoinHandle<Result<(), Failure>>,
}

/// A sender that wants to reach a listener.
#[expect(clippy::disallowed_methods, reason = "each test awaits its task's end")]
async fn set() -> Set {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let queue = Arc::new(KeyQueue::new(64, Overflow::DropVideo));
    let (requests, counters, stop) =
        (Arc::new(Requests::new(CodecChoice::Auto)), Arc::new(Counters::default()), Shutdown::new());
    let sender = Sender {
        url: format!("rtmp://{}/live", listener.local_addr().unwrap()).parse().unwrap(),
        key: "s3cret".parse().unwrap(),
        queue: queue.clone(),
        requests: requests.clone(),
        counters: counters.clone(),
        stop: stop.clone(),
    };
    Set { listener, queue, requests, counters, stop, sender: tokio::spawn(sender.run()) }
}

impl Set {
    /// The next connection, up to its wish to publish.
    async fn visitor(&self) -> ServerConnection {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut connection = ServerConnection::accept(stream, Limits::default()).await.unwrap();
        loop {
            match connection.next_event().await.unwrap().expect("a wish to publish") {
                Event::PublishRequested { app, key } => {
                    assert_eq!((app.as_str(), key.expose_secret()), ("live", "s3cret"));
                    return connection;
                }
                Event::Connected(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn push(&self, millis: i64, key: bool) {
        let time = MediaTime::from_millis(millis);
        let data = Bytes::from_static(if key { &[0, 0, 0, 1, 0x65] } else { &[0, 0, 0, 1, 0x41] });
        self.queue.push(Unit::Packet(Packet {
            track: Track::Video,
            dts: time,
            pts: time,
            key,
            recovery: false,
            data,
        }));
    }

    /// Waits until the sender has noticed that its connection is gone.
    async fn lost(&self) {
        while self.counters.lost.get() == 0 {
            tokio::task::yield_now().await;
        }
    }

    fn push_video_config(&self) {
        self.queue.push(Unit::VideoConfig(video_config()));
    }
}

fn video_config() -> Arc<VideoConfig> {
    use crate::coder::{Latency, Transcoder, fake};
    Transcoder::new(fake::settings(Latency::Low)).unwrap().config()
}

async fn next_tag(connection: &mut ServerConnection) -> Tag {
    match connection.next_event().await.unwrap().expect("a tag") {
        Event::Tag(tag) => tag,
        other => panic!("{other:?}"),
    }
}

/// The next `count` things that the server understands, in short.
async fn received(connection: &mut ServerConnection, demuxer: &mut Demuxer, count: usize) -> Vec<String> {
    let mut seen = Vec::new();
    while seen.len() < count {
        demuxer.push(&next_tag(connection).await).unwrap();
        // Every picture comes whole, in a tag of its own.
        demuxer.finish();
        seen.extend(std::iter::from_fn(|| demuxer.pull()).map(|unit| match unit {
            Unit::VideoConfig(_) => "video".to_owned(),
            Unit::AudioConfig(_) => "audio".to_owned(),
            Unit::Packet(packet) => {
                let key = if packet.key { " key" } else { "" };
                format!("{}{key}", packet.dts.as_millis())
            }
        }));
    }
    seen
}

#[tokio::test]
async fn sends_what_is_queued_and_says_goodbye() {
    let set = set().await;
    set.push_video_config();
    set.queue.push(Unit::AudioConfig(Arc::new(AudioConfig::aac_low_complexity(48_000, 2).unwrap())));
    set.push(0, true);
    set.push(40, false);
    let mut server = set.visitor().await;
    server.accept_publish().await.unwrap();
    let seen = received(&mut server, &mut Demuxer::new(), 4).await;
    assert_eq!(seen, ["video", "audio", "0 key", "40"]);
    assert_eq!(*set.counters.link.lock(), Link::Live);
    set.queue.close();
    assert!(matches!(server.next_event().await.unwrap(), Some(Event::Unpublished)));
    drop(server);
    set.sender.await.unwrap().unwrap();
    assert_eq!(set.counters.unsent.get(), 0);
    assert_eq!(set.counters.arrived.get(), 2);
}

#[tokio::test]
async fn a_lost_connection_goes_on_at_the_next_key_picture() {
    let set = set().await;
    set.push_video_config();
    set.push(0, true);
    let mut server = set.visitor().await;
    server.accept_publish().await.unwrap();
    assert_eq!(received(&mut server, &mut Demuxer::new(), 2).await, ["video", "0 key"]);
    assert!(!set.requests.take_keyframe());
    drop(server);
    set.lost().await;

    set.push(40, false);
    set.push(80, false);
    let mut server = set.visitor().await;
    server.accept_publish().await.unwrap();
    let mut demuxer = Demuxer::new();
    assert_eq!(received(&mut server, &mut demuxer, 1).await, ["video"]);
    while !set.requests.take_keyframe() {
        tokio::task::yield_now().await;
    }
    set.push(120, true);
    set.push(160, false);
    assert_eq!(received(&mut server, &mut demuxer, 2).await, ["120 key", "160"]);
    assert_eq!((set.counters.lost.get(), set.counters.connections.get()), (1, 2));
    set.queue.close();
    assert!(matches!(server.next_event().await.unwrap(), Some(Event::Unpublished)));
    drop(server);
    set.sender.await.unwrap().unwrap();
    assert_eq!(set.counters.arrived.get(), 3);
}

#[tokio::test]
async fn a_refusal_is_final_and_says_why() {
    for (rejection, in_use) in [(Rejection::InUse, true), (Rejection::BadKey, false)] {
        let set = set().await;
        set.push_video_config();
        set.visitor().await.reject_publish(&rejection).await.unwrap();
        let error = set.sender.await.unwrap().unwrap_err();
        assert!(matches!(error, Failure::Refused(_)), "{error}");
        assert_eq!(error.to_string().contains("has a publisher for this key already"), in_use, "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn a_ghost_of_our_own_is_waited_for() {
    let set = set().await;
    set.push_video_config();
    set.push(0, true);
    let mut server = set.visitor().await;
    server.accept_publish().await.unwrap();
    received(&mut server, &mut Demuxer::new(), 2).await;
    drop(server);
    set.lost().await;
    set.push(40, false);
    set.visitor().await.reject_publish(&Rejection::InUse).await.unwrap();
    let mut server = set.visitor().await;
    server.accept_publish().await.unwrap();
    set.queue.close();
    set.sender.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_end_of_the_program_ends_the_waiting_for_a_server() {
    let set = set().await;
    set.push_video_config();
    let silent = set.listener.accept().await.unwrap();
    set.stop.request();
    set.sender.await.unwrap().unwrap();
    drop(silent);
}
