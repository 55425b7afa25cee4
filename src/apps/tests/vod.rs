//! Recordings that are played.

use std::process::Command;
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// Two seconds of pictures and sound.
fn record(file: &std::path::Path) {
    let pictures = "testsrc=size=160x96:rate=25:duration=2";
    let sound = "sine=frequency=440:duration=2";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", sound])
        .args(["-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac"])
        .arg(file)
        .status()
        .unwrap();
    assert!(made.success());
}

/// Coded pictures that a player gets until the end, and how long that takes.
async fn pictures(server: &Server, name: &str) -> (usize, Duration) {
    let mut player = server.play("vod", name).await.unwrap();
    let began = Instant::now();
    let mut pictures = 0;
    while let Some(tag) = player.next_tag().await.unwrap() {
        pictures += usize::from(tag.kind == TagKind::Video && tag.body.get(1) == Some(&1));
    }
    (pictures, began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_played_at_their_own_speed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("shows")).unwrap();
    record(&folder.path().join("one.flv"));
    record(&folder.path().join("shows/two.mp4"));
    std::fs::write(folder.path().join("list.flv"), "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n").unwrap();
    let places = vec![VodPlace::Folder(folder.path().into())];
    let app = AppSettings { vod: places, publish: Publish::Off, ..AppSettings::new("vod") };
    let server = Server::start(vec![app]).await;
    let (one, two) = tokio::join!(pictures(&server, "one"), pictures(&server, "mp4:shows/two"));
    for (count, took) in [one, two] {
        assert_eq!(count, 50);
        // Two seconds, the last of which is sent ahead.
        assert!((Duration::from_millis(800)..Duration::from_secs(4)).contains(&took), "{took:?}");
    }
    for name in ["three", "../one", "list", "list.flv", "shows"] {
        assert_eq!(server.play("vod", name).await.unwrap_err(), "NetStream.Play.StreamNotFound", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_may_lie_on_a_web_server() {
    let folder = tempfile::tempdir().unwrap();
    record(&folder.path().join("one.flv"));
    let file = std::fs::read(folder.path().join("one.flv")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/videos/", listener.local_addr().unwrap()).parse().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let length = stream.read(&mut asked).await.unwrap();
            let is_there = asked[..length].starts_with(b"GET /videos/one.flv ");
            let status = if is_there { "200 OK" } else { "404 Not Found" };
            let body: &[u8] = if is_there { &file } else { b"" };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(body).await;
        }
    });
    let app = AppSettings { vod: vec![VodPlace::Address(base)], ..AppSettings::new("vod") };
    let server = Server::start(vec![app]).await;
    assert_eq!(pictures(&server, "one").await.0, 50);
    assert_eq!(server.play("vod", "two").await.unwrap_err(), "NetStream.Play.StreamNotFound");
}
