//! Who may publish, who may not, and what happens when one leaves and returns.

use std::time::Duration;

use harness::ffmpeg::Publish;
use harness::server::{KEY, OTHER_KEY};
use harness::{Server, hls, wait_for};

#[test]
fn publisher_returns_within_grace_to_the_same_playlist() {
    let server = Server::start();
    let demo = server.demo();
    let first = Publish { gop: 24, ..Publish::default() }.to(&server.rtmp(KEY));
    let before = hls::segments(&demo.wait_playable("source"));
    drop(first);
    wait_for("the stream to wait", Duration::from_secs(5), || {
        (demo.status()["state"] == "waiting").then_some(())
    });

    let _second = Publish { gop: 24, ..Publish::default() }.to(&server.rtmp(KEY));
    for rendition in ["source", "enhanced", "audio"] {
        let text = wait_for("a discontinuity", Duration::from_secs(20), || {
            demo.playlist(rendition)
                .filter(|text| hls::segments(text).iter().any(|segment| segment.discontinuity))
        });
        let segments = hls::segments(&text);
        assert!(segments.last().unwrap().number > before[0].number, "numbers go on");
        assert!(!text.contains("#EXT-X-ENDLIST"), "{text}");
    }
    assert_eq!(demo.count("/discontinuities"), 1);
}

#[test]
fn stream_ends_when_nobody_returns() {
    let server = Server::start();
    let demo = server.demo();
    let first = Publish { gop: 24, ..Publish::default() }.to(&server.rtmp(KEY));
    demo.wait_playable("source");
    drop(first);
    wait_for("the end of the playlist", Duration::from_secs(20), || {
        let over = demo.playlist("source").is_none_or(|text| text.contains("#EXT-X-ENDLIST"));
        (over && demo.status()["state"] == "idle").then_some(())
    });
    let _second = Publish { gop: 24, ..Publish::default() }.to(&server.rtmp(KEY));
    wait_for("a fresh playlist", Duration::from_secs(20), || {
        demo.playlist("source").filter(|text| !text.contains("#EXT-X-ENDLIST"))
    });
}

#[test]
fn second_publisher_is_refused_and_closed() {
    let server = Server::start();
    let demo = server.demo();
    let mut first = Publish::default().to(&server.rtmp(KEY));
    demo.wait_playable("source");
    let mut second = Publish::default().to(&server.rtmp(KEY));
    let status = second.wait(Duration::from_secs(10));
    assert!(!status.success(), "the second publisher must be turned away");
    assert!(first.running(), "the first one must not notice");
    assert_eq!(demo.status()["state"], "live");
    assert_eq!(demo.count("/discontinuities"), 0);
}

#[test]
fn wrong_key_is_refused_and_never_logged() {
    let server = Server::start();
    let mut stranger = Publish::default().to(&server.rtmp("guessed-key-4711"));
    assert!(!stranger.wait(Duration::from_secs(10)).success());
    assert_eq!(server.demo().status()["state"], "idle");
    assert!(!server.process.stderr().contains("guessed-key-4711"), "{}", server.process.stderr());
}

#[test]
fn ghost_publisher_makes_room() {
    let server = Server::start();
    let ghost = Publish::default().to(&server.rtmp(KEY));
    server.demo().wait_playable("source");
    ghost.signal("STOP");
    let demo = server.demo();
    wait_for("the ghost to be noticed", Duration::from_secs(20), || {
        (demo.status()["state"] != "live").then_some(())
    });
    let _next = Publish::default().to(&server.rtmp(KEY));
    wait_for("the next publisher", Duration::from_secs(10), || {
        (demo.status()["state"] == "live").then_some(())
    });
}

#[test]
fn two_streams_side_by_side() {
    let server = Server::start();
    let _one = Publish { size: Some("320x180"), ..Publish::default() }.to(&server.rtmp(KEY));
    let _two = Publish { size: Some("426x240"), ..Publish::default() }.to(&server.rtmp(OTHER_KEY));
    server.stream("demo").wait_playable("enhanced");
    server.stream("other").wait_playable("enhanced");
    assert_eq!(server.stream("other").count("/enhance/width"), 852);
    let (_, list) = server.get("/api/v1/streams");
    assert!(list.contains("\"demo\"") && list.contains("\"other\""), "{list}");
    assert!(!list.contains(KEY), "keys are secret");
}
