//! The ffmpeg program as an independent publisher, player and server.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use media::flv::{Demuxer, Tag, TagKind};
use media::{Track, Unit};
use rtmp::{
    Error, Event, Limits, PlayRejection, Publisher, Rejection, RtmpUrl, ServerConnection, ServerSession,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::{TcpListener, TcpStream};

/// ffmpeg, about to write a second of picture and sound as FLV.
fn second(output: &str) -> Command {
    let mut command = Command::new("ffmpeg");
    command
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=128x72:r=25:d=1"])
        .args(["-f", "lavfi", "-i", "sine=d=1:r=48000"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-c:a", "aac", "-f", "flv", output])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts ffmpeg publishing, and takes its connection.
async fn ffmpeg_publishes() -> (Child, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rtmp://{}/live/s3cret", listener.local_addr().unwrap());
    let child = second(&url).spawn().expect("ffmpeg is installed");
    (child, listener.accept().await.unwrap().0)
}

/// Reads up to the publish request.
async fn request(stream: TcpStream) -> (ServerConnection, SecretString) {
    let mut connection = ServerConnection::accept(stream, Limits::default()).await.unwrap();
    assert!(matches!(connection.next_event().await, Ok(Some(Event::Connected(peer))) if peer.app == "live"));
    match connection.next_event().await {
        Ok(Some(Event::PublishRequested { key, .. })) => (connection, key),
        other => panic!("expected a publish request, not {other:?}"),
    }
}

#[tokio::test]
async fn everything_that_ffmpeg_publishes_arrives() {
    let (mut child, stream) = ffmpeg_publishes().await;
    let (mut connection, key) = request(stream).await;
    assert_eq!(key.expose_secret(), "s3cret");
    connection.accept_publish().await.unwrap();

    let mut demuxer = Demuxer::new();
    let (mut scripts, mut pictures, mut sounds) = (0, 0, 0);
    while let Some(event) = connection.next_event().await.unwrap() {
        let Event::Tag(tag) = event else { continue };
        scripts += usize::from(tag.kind == TagKind::Script);
        demuxer.push(&tag).unwrap();
    }
    demuxer.finish();
    while let Some(unit) = demuxer.pull() {
        match unit {
            Unit::Packet(packet) if packet.track == Track::Video => pictures += 1,
            Unit::Packet(_) => sounds += 1,
            _ => {}
        }
    }
    assert!(child.wait().unwrap().success());
    assert_eq!((scripts, pictures), (1, 25));
    assert!((46..=49).contains(&sounds), "a second of AAC at 48 kHz is 47 frames, not {sounds}");
}

#[tokio::test]
async fn ffmpeg_gives_up_when_it_is_rejected() {
    for rejection in [Rejection::BadKey, Rejection::InUse] {
        let (child, stream) = ffmpeg_publishes().await;
        let (mut connection, _) = request(stream).await;
        connection.reject_publish(&rejection).await.unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(rejection.description()), "{said}");
    }
}

/// Tags of an FLV file: 11 bytes of header before each body, 4 behind it.
fn tags(file: &Bytes) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 9 + 4;
    while let Some(header) = file.get(at..at + 11) {
        let length = u32::from_be_bytes([0, header[1], header[2], header[3]]) as usize;
        let timestamp = u32::from_be_bytes([header[7], header[4], header[5], header[6]]);
        let kind = TagKind::from_wire_id(header[0]).unwrap();
        tags.push(Tag { kind, timestamp, body: file.slice(at + 11..at + 11 + length) });
        at += 11 + length + 4;
    }
    tags
}

/// Connects as soon as somebody listens.
async fn connect(url: &RtmpUrl, key: &SecretString) -> Publisher {
    loop {
        match Publisher::connect(url, key, Duration::from_secs(5)).await {
            Err(Error::Io(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            connected => return connected.unwrap(),
        }
    }
}

#[tokio::test]
async fn everything_that_we_publish_to_ffmpeg_arrives() {
    let file = Bytes::from(second("pipe:1").output().unwrap().stdout);
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let server = Command::new("ffmpeg")
        .args(["-v", "error", "-listen", "1", "-i", &format!("rtmp://127.0.0.1:{port}/live/s3cret")])
        .args(["-c", "copy", "-f", "framecrc", "pipe:1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let url = format!("rtmp://127.0.0.1:{port}/live").parse().unwrap();
    let mut publisher = connect(&url, &SecretString::from("s3cret")).await;
    for tag in tags(&file) {
        publisher.send(&tag).await.unwrap();
    }
    publisher.close().await.unwrap();

    let received = server.wait_with_output().unwrap();
    let listing = String::from_utf8_lossy(&received.stdout);
    let lines = |stream: &str| listing.lines().filter(|line| line.starts_with(stream)).count();
    let mut demuxer = Demuxer::new();
    for tag in &tags(&file) {
        demuxer.push(tag).unwrap();
    }
    demuxer.finish();
    let units: Vec<_> = std::iter::from_fn(|| demuxer.pull()).collect();
    let sent =
        |track| units.iter().filter(|unit| matches!(unit, Unit::Packet(p) if p.track == track)).count();
    assert_eq!((lines("0,"), lines("1,")), (sent(Track::Video), sent(Track::Audio)), "{listing}");
}

/// Starts ffmpeg playing, and reads up to its request.
async fn ffmpeg_plays() -> (Child, ServerConnection) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rtmp://{}/live/demo?user=me", listener.local_addr().unwrap());
    let child = Command::new("ffmpeg")
        .args(["-v", "error", "-i", &url, "-c", "copy", "-f", "framecrc", "pipe:1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ffmpeg is installed");
    let (stream, _) = listener.accept().await.unwrap();
    let mut connection = ServerConnection::accept(stream, Limits::default()).await.unwrap();
    loop {
        match connection.next_event().await.unwrap() {
            Some(Event::Connected(_)) => {}
            Some(Event::PlayRequested { app, name }) => {
                assert_eq!((app.as_str(), name.as_str()), ("live", "demo?user=me"));
                return (child, connection);
            }
            other => panic!("expected a request to play, not {other:?}"),
        }
    }
}

#[tokio::test]
async fn ffmpeg_plays_everything_and_hears_the_end() {
    let file = Bytes::from(second("pipe:1").output().unwrap().stdout);
    let (child, mut connection) = ffmpeg_plays().await;
    connection.accept_play().await.unwrap();
    for tag in tags(&file) {
        connection.play_tag(&ServerSession::chunked(tag));
    }
    connection.sent().await.unwrap();
    connection.end_play().await.unwrap();
    drop(connection);
    let received = child.wait_with_output().unwrap();
    let listing = String::from_utf8_lossy(&received.stdout);
    let lines = |stream: &str| listing.lines().filter(|line| line.starts_with(stream)).count();
    assert_eq!(lines("0,"), 25, "{listing}");
    assert!((46..=49).contains(&lines("1,")), "{listing}");
}

#[tokio::test]
async fn ffmpeg_is_told_why_it_may_not_play() {
    let (child, mut connection) = ffmpeg_plays().await;
    connection.reject_play(PlayRejection::NotFound).await.unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(PlayRejection::NotFound.description()), "{said}");
}
