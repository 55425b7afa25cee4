//! Playback over a socket, as players see it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use media::{Packet, Track, Unit, VideoConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::out::hls::PackagerSettings;
use crate::out::{Arrival, Rendition, Sink};

const AVC: [u8; 38] = [
    0x01, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x42, 0xc0, 0x0c, 0xda, 0x05, 0x06, 0x7e, 0x7c,
    0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01, 0x00, 0x04,
    0x68, 0xce, 0x0f, 0xc8,
];

#[derive(Clone)]
struct One(Arc<Packager>);

impl Playable for One {
    fn check(&self, name: &str) -> Result<(), ApiError> {
        if name == "demo" { Ok(()) } else { Err(ApiError::NoStream(name.to_owned())) }
    }

    fn packager(&self, name: &str) -> Result<Arc<Packager>, ApiError> {
        self.check(name).map(|()| Arc::clone(&self.0))
    }
}

struct Server {
    packager: Arc<Packager>,
    address: std::net::SocketAddr,
    pictures: Mutex<i64>,
    _tasks: tokio::task::JoinSet<()>,
}

struct Answer {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Server {
    async fn start() -> Self {
        let packager = Packager::new(PackagerSettings::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = routes().with_state(One(Arc::clone(&packager)));
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let config = Arc::new(VideoConfig::avc(Bytes::from_static(&AVC)).unwrap());
        packager.unit(Rendition::SOURCE, &Unit::VideoConfig(config), Arrival::now()).unwrap();
        Self { packager, address, pictures: Mutex::new(0), _tasks: tasks }
    }

    /// 25 pictures a second, with a keyframe every two.
    fn pictures(&self, count: i64) {
        let mut next = self.pictures.lock().unwrap();
        for number in *next..*next + count {
            let pts = MediaTime::from_millis(10_000 + number * 40);
            let data = Bytes::from(vec![number as u8; 100]);
            let packet =
                Packet { track: Track::Video, dts: pts, pts, key: number % 50 == 0, recovery: false, data };
            self.packager.unit(Rendition::SOURCE, &Unit::Packet(packet), Arrival::now()).unwrap();
        }
        *next += count;
    }

    async fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let status = head[9..12].parse().unwrap();
        let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Answer { status, headers, body: bytes.split_off(end + 4) }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }
}

#[tokio::test]
async fn what_the_playlists_list_can_be_fetched() {
    let server = Server::start().await;
    server.pictures(270);
    let multivariant = server.get("/hls/demo/index.m3u8").await;
    assert_eq!((multivariant.status, multivariant.header("content-type")), (200, PLAYLIST));
    assert!(multivariant.text().contains("\nsource/index.m3u8"));

    let playlist = server.get("/hls/demo/source/index.m3u8").await;
    assert_eq!((playlist.status, playlist.header("cache-control")), (200, "public, max-age=1"));
    let urls: Vec<&str> = playlist
        .text()
        .lines()
        .filter(|line| !line.contains("PRELOAD-HINT"))
        .filter_map(|line| line.split("URI=\"").nth(1).map_or(Some(line), |rest| rest.split('"').next()))
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(urls.len() > 10, "{urls:?}");
    let mut segments = HashMap::new();
    for url in urls {
        let answer = server.get(&format!("/hls/demo/source/{url}")).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, IMMUTABLE), "{url}");
        assert_eq!(answer.header("content-type"), "video/mp4");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{url}");
        segments.insert(url.split('?').next().unwrap().to_owned(), answer.body);
    }
    let parts: Vec<u8> = (0..5).flat_map(|part| segments[&format!("part-5-{part}.m4s")].clone()).collect();
    assert_eq!(segments["seg-5.m4s"], parts, "a segment is its parts");
}

#[tokio::test]
async fn errors() {
    let server = Server::start().await;
    server.pictures(120);
    for (path, status) in [
        ("/hls/other/index.m3u8", 404),
        ("/hls/demo/enhanced/index.m3u8", 404),
        ("/hls/demo/source/seg-9.m4s", 404),
        ("/hls/demo/source/seg-1.m4s?v=another", 404),
        ("/hls/demo/source/part-9-9.m4s", 404),
        ("/hls/demo/source/init-2.mp4", 404),
        ("/hls/demo/source/..%2f..%2fsecret", 404),
        ("/hls/demo/nothing/index.m3u8", 404),
        ("/hls/demo/source/index.m3u8?_HLS_part=1", 400),
        ("/hls/demo/source/index.m3u8?_HLS_msn=9", 400),
        ("/hls/demo/source/index.m3u8?_HLS_msn=minus", 400),
        ("/hls/demo/source/index.m3u8?_HLS_msn=1&_HLS_part=99", 200),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn head_and_gzip() {
    let server = Server::start().await;
    server.pictures(120);
    let head = server.ask("HEAD", "/hls/demo/source/seg-1.m4s", "").await;
    let get = server.ask("GET", "/hls/demo/source/seg-1.m4s", "Accept-Encoding: gzip\r\n").await;
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    assert_eq!(get.header("content-encoding"), "", "media is not compressed again");
    let playlist = server.ask("GET", "/hls/demo/source/index.m3u8", "Accept-Encoding: gzip\r\n").await;
    assert_eq!(playlist.header("content-encoding"), "gzip");
}

/// What browsers ask before they let a page of another site fetch with headers of its own.
#[tokio::test]
async fn players_on_other_sites_may_play() {
    let server = Server::start().await;
    server.pictures(120);
    let origin = "Origin: https://player.example\r\n";
    for path in [
        "/hls/demo/index.m3u8",
        "/hls/demo/source/index.m3u8",
        "/hls/demo/source/init-1.mp4",
        "/hls/demo/source/seg-1.m4s",
        "/hls/demo/source/part-1-0.m4s",
        "/hls/nobody/index.m3u8",
        "/hls/nothing/lives/at/this/path",
    ] {
        let asked = format!(
            "{origin}Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: range, x-token\r\n\
             Access-Control-Request-Private-Network: true\r\n"
        );
        let answer = server.ask("OPTIONS", path, &asked).await;
        assert_eq!(answer.status / 100, 2, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("access-control-allow-methods"), "GET,HEAD", "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), "range, x-token", "{path}");
        assert_eq!(answer.header("access-control-allow-private-network"), "true", "{path}");
        // Errors can be read there, too.
        for method in ["GET", "DELETE"] {
            let answer = server.ask(method, path, origin).await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                "*",
                "{method} {path}: {}",
                answer.status
            );
            assert!(
                answer.header("access-control-expose-headers").contains("content-range"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn media_is_fetched_in_pieces() {
    let server = Server::start().await;
    server.pictures(120);
    for path in ["source/init-1.mp4", "source/seg-1.m4s", "source/part-1-1.m4s"] {
        let path = format!("/hls/demo/{path}");
        let whole = server.get(&path).await;
        assert_eq!((whole.status, whole.header("accept-ranges")), (200, "bytes"), "{path}");
        let length = whole.body.len();
        let half = length / 2;
        for (range, expected) in [
            ("bytes=0-0".to_owned(), 0..1),
            (format!("bytes=0-{}", half - 1), 0..half),
            (format!("bytes={half}-"), half..length),
            ("bytes=-7".to_owned(), length - 7..length),
        ] {
            let answer = server.ask("GET", &path, &format!("Range: {range}\r\n")).await;
            assert_eq!(answer.status, 206, "{path} {range}");
            let content_range = format!("bytes {}-{}/{length}", expected.start, expected.end - 1);
            assert_eq!(answer.header("content-range"), content_range, "{path}");
            assert_eq!(answer.header("content-length"), expected.len().to_string(), "{path}");
            assert_eq!(answer.body, whole.body[expected], "{path} {range}");
        }
        let beyond = server.ask("GET", &path, &format!("Range: bytes={length}-\r\n")).await;
        assert_eq!(beyond.status, 416, "{path}");
        assert_eq!(beyond.header("content-range"), format!("bytes */{length}"), "{path}");
    }
}

#[tokio::test]
async fn a_playlist_waits_for_the_part_asked_for() {
    let server = Server::start().await;
    server.pictures(103);
    let waiting = server.get("/hls/demo/source/index.m3u8?_HLS_msn=3&_HLS_part=0&_HLS_skip=YES");
    let publisher = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.pictures(12);
    };
    let (answer, ()) = tokio::join!(waiting, publisher);
    assert_eq!((answer.status, answer.header("cache-control")), (200, "public, max-age=12"));
    assert!(
        answer.text().contains("part-3-0.m4s")
            && !answer.text().contains("DURATION=0.48000,URI=\"part-3-1.m4s")
    );
}

#[tokio::test]
async fn the_hinted_part_is_sent_when_it_is_complete() {
    let server = Server::start().await;
    server.pictures(103);
    let waiting = server.get("/hls/demo/source/part-3-0.m4s");
    let publisher = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.pictures(12);
    };
    let (answer, ()) = tokio::join!(waiting, publisher);
    assert_eq!(answer.status, 200);
    assert!(answer.body.len() > 1200);
}

#[tokio::test(start_paused = true)]
async fn waiting_ends() {
    let packager = Packager::new(PackagerSettings::default());
    assert_eq!(packager.wait_multivariant().await, Err(ReloadError::NotReady));
    let server = Server::start().await;
    server.pictures(103);
    let reload = Reload { msn: Some(3), ..Reload::default() };
    let timed_out = server.packager.playlist(Rendition::SOURCE.id, reload).await;
    assert_eq!(timed_out, Err(ReloadError::TimedOut(Duration::from_secs(6))));
    assert_eq!(server.packager.part(Rendition::SOURCE.id, 3, 0).await, None);
    server.packager.finish().unwrap();
    assert!(
        server.packager.playlist(Rendition::SOURCE.id, reload).await.is_ok(),
        "a finished stream answers at once"
    );
}
