//! The ffmpeg program as an independent publisher, and as an independent server.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::process::{Command, Stdio};

use media::flv::{Demuxer, TagKind};
use media::{Track, Unit};
use protocol::names::StreamKey;
use protocol::rtmp::{Event, Limits, Rejection, ServerConnection};
use tokio::net::{TcpListener, TcpStream};

/// Starts ffmpeg publishing a second of picture and sound, and takes its connection.
async fn ffmpeg_publishes(output_options: &[&str]) -> (std::process::Child, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rtmp://{}/live/s3cret", listener.local_addr().unwrap());
    let child = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=128x72:r=25:d=1"])
        .args(["-f", "lavfi", "-i", "sine=d=1:r=48000"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-c:a", "aac"])
        .args(output_options)
        .args(["-f", "flv", &url])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ffmpeg is installed");
    (child, listener.accept().await.unwrap().0)
}

/// Reads up to the publish request.
async fn request(stream: TcpStream) -> (ServerConnection, StreamKey) {
    let mut connection = ServerConnection::accept(stream, Limits::default()).await.unwrap();
    assert!(matches!(connection.next_event().await, Ok(Some(Event::Connected { app })) if app == "live"));
    match connection.next_event().await {
        Ok(Some(Event::PublishRequested { key, .. })) => (connection, key),
        other => panic!("expected a publish request, not {other:?}"),
    }
}

#[tokio::test]
async fn everything_that_ffmpeg_publishes_arrives() {
    let (mut child, stream) = ffmpeg_publishes(&[]).await;
    let (mut connection, key) = request(stream).await;
    assert_eq!(key.expose(), "s3cret");
    connection.accept_publish().await.unwrap();

    let mut demuxer = Demuxer::new();
    let (mut scripts, mut pictures, mut sounds) = (0, 0, 0);
    while let Some(event) = connection.next_event().await.unwrap() {
        let Event::Tag(tag) = event else { continue };
        scripts += usize::from(tag.kind == TagKind::Script);
        match demuxer.push(&tag).unwrap() {
            Some(Unit::Packet(packet)) if packet.track == Track::Video => pictures += 1,
            Some(Unit::Packet(_)) => sounds += 1,
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
        let (child, stream) = ffmpeg_publishes(&[]).await;
        let (mut connection, _) = request(stream).await;
        connection.reject_publish(rejection).await.unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(rejection.description()), "{said}");
    }
}
