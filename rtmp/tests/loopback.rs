//! Our publisher against our server, over real sockets.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::time::Duration;

use media::flv::{Tag, TagKind};
use rtmp::{Error, Event, Limits, Publisher, Rejection, RtmpUrl, ServerConnection};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_secs(5);

async fn listen() -> (TcpListener, RtmpUrl, SecretString) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rtmp://{}/live", listener.local_addr().unwrap()).parse().unwrap();
    (listener, url, "s3cret".into())
}

/// Accepts one connection and reads up to its publish request.
async fn next_request(listener: &TcpListener) -> (ServerConnection, String, SecretString) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut connection = ServerConnection::accept(stream, Limits::default()).await.unwrap();
    assert!(matches!(connection.next_event().await, Ok(Some(Event::Connected(peer))) if peer.app == "live"));
    match connection.next_event().await {
        Ok(Some(Event::PublishRequested { app, key })) => (connection, app, key),
        other => panic!("expected a publish request, not {other:?}"),
    }
}

fn tags() -> Vec<Tag> {
    let metadata = b"\x02\x00\x0aonMetaData\x08\x00\x00\x00\x00\x00\x00\x09";
    let body =
        |size: usize, seed: u8| (0..size).map(|i| (i as u8).wrapping_mul(seed)).collect::<Vec<_>>().into();
    vec![
        Tag { kind: TagKind::Script, timestamp: 0, body: metadata.as_slice().into() },
        Tag { kind: TagKind::Video, timestamp: 0, body: body(40, 3) },
        Tag { kind: TagKind::Audio, timestamp: 0, body: body(4, 5) },
        Tag { kind: TagKind::Video, timestamp: 40, body: body(1 << 20, 7) },
        Tag { kind: TagKind::Audio, timestamp: 46, body: body(300, 9) },
        Tag { kind: TagKind::Video, timestamp: 0x00ff_ffff, body: body(4096, 11) },
        Tag { kind: TagKind::Video, timestamp: 0x0100_0010, body: body(20_000, 13) },
        Tag { kind: TagKind::Audio, timestamp: u32::MAX, body: body(300, 15) },
        Tag { kind: TagKind::Audio, timestamp: 20, body: body(300, 17) },
    ]
}

#[tokio::test]
async fn tags_arrive_as_they_were_sent() {
    let (listener, url, key) = listen().await;
    let publish = async {
        let mut publisher = Publisher::connect(&url, &key, PATIENCE).await.unwrap();
        for tag in tags() {
            publisher.send(&tag).await.unwrap();
        }
        assert_eq!(publisher.unsent(), 0);
        publisher.close().await.unwrap();
    };
    let serve = async {
        let (mut connection, app, asked) = next_request(&listener).await;
        assert_eq!((app.as_str(), asked.expose_secret()), ("live", key.expose_secret()));
        connection.accept_publish().await.unwrap();
        let mut received = Vec::new();
        loop {
            match connection.next_event().await.unwrap() {
                Some(Event::Tag(tag)) => received.push(tag),
                Some(Event::Unpublished) => break,
                other => panic!("unexpected {other:?}"),
            }
        }
        assert!(connection.next_event().await.unwrap().is_none());
        received
    };
    let ((), received) = tokio::join!(publish, serve);
    assert_eq!(received, tags());
}

#[tokio::test]
async fn a_rejected_publisher_is_told_why() {
    for rejection in [Rejection::BadKey, Rejection::InUse, Rejection::Unavailable] {
        let (listener, url, key) = listen().await;
        let serve = async {
            let (mut connection, ..) = next_request(&listener).await;
            connection.reject_publish(&rejection).await.unwrap();
            assert!(connection.next_event().await.unwrap().is_none());
        };
        let (published, ()) = tokio::join!(Publisher::connect(&url, &key, PATIENCE), serve);
        match published {
            Err(Error::Refused { code, description }) => {
                assert_eq!(
                    (code.as_str(), description.as_str()),
                    (rejection.code(), rejection.description())
                );
            }
            other => panic!("expected a refusal, not {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_publisher_notices_that_the_server_is_gone() {
    let (listener, url, key) = listen().await;
    let serve = async {
        let (mut connection, ..) = next_request(&listener).await;
        connection.accept_publish().await.unwrap();
    };
    let publish = async {
        let mut publisher = Publisher::connect(&url, &key, PATIENCE).await.unwrap();
        let noticed = publisher.closed().await;
        assert!(matches!(noticed, Error::Closed | Error::Io(_)), "{noticed:?}");
        assert!(publisher.send(&tags()[3]).await.is_err());
    };
    tokio::join!(serve, publish);
}

#[tokio::test]
async fn a_publisher_that_was_sent_away_sends_no_more() {
    let (listener, url, key) = listen().await;
    let serve = async {
        let (mut connection, ..) = next_request(&listener).await;
        connection.accept_publish().await.unwrap();
        connection
    };
    let (publisher, connection) = tokio::join!(Publisher::connect(&url, &key, PATIENCE), serve);
    let mut publisher = publisher.unwrap();
    drop(connection);
    publisher.closed().await;
    let failed = publisher.send(&tags()[3]).await.unwrap_err();
    assert!(matches!(failed, Error::Closed | Error::Io(_)), "{failed:?}");
}

#[tokio::test]
async fn nobody_listening_is_an_error_of_the_network() {
    let (listener, url, key) = listen().await;
    drop(listener);
    assert!(matches!(Publisher::connect(&url, &key, PATIENCE).await, Err(Error::Io(_))));
}
