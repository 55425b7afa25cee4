//! Ctrl-C in the middle of everything.

use std::time::{Duration, Instant};

use harness::Server;
use harness::ffmpeg::Publish;
use harness::server::KEY;

#[test]
fn interrupt_ends_a_busy_server_soon_and_closes_playlists() {
    let mut server = Server::start();
    let _publisher = Publish::default().to(&server.rtmp(KEY));
    server.demo().wait_playable("enhanced");
    // A reader that waits for the next part sees the end of the playlist instead of an error.
    let url = format!("{}/hls/demo/enhanced/index.m3u8", server.http());
    let text = server.demo().playlist("enhanced").unwrap();
    let next = harness::hls::segments(&text).last().unwrap().number + 2;
    let reader = std::thread::spawn(move || {
        let mut answer = harness::server::agent().get(format!("{url}?_HLS_msn={next}")).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    });
    std::thread::sleep(Duration::from_millis(300));
    server.process.signal("INT");
    let start = Instant::now();
    let status = server.process.wait(Duration::from_secs(5));
    assert!(status.success(), "{status}: {}", server.process.stderr());
    let last = reader.join().unwrap();
    assert!(last.contains("#EXT-X-ENDLIST") || last.contains(&format!("seg-{next}.m4s")), "{last}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn interrupt_ends_an_idle_server() {
    let mut server = Server::start();
    server.process.signal("TERM");
    assert!(server.process.wait(Duration::from_secs(5)).success());
}
