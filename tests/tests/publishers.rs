//! Who may publish, who may not, and what happens when one leaves and returns.

use std::process::Command;
use std::time::Duration;

use harness::ffmpeg::Publish;
use harness::server::{KEY, OTHER_KEY};
use harness::{Process, Server, hls, wait_for};

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
fn second_publisher_takes_over_and_the_playlist_goes_on() {
    let server = Server::start();
    let demo = server.demo();
    let mut first = Publish { gop: 24, ..Publish::default() }.to(&server.rtmp(KEY));
    demo.wait_playable("source");
    let mut second = Publish { gop: 24, ..Publish::default() }.to(&server.rtmp(KEY));
    assert!(!first.wait(Duration::from_secs(10)).success(), "the first one must notice");
    assert!(first.stderr().contains("has taken over"), "{}", first.stderr());
    let text = wait_for("a discontinuity", Duration::from_secs(20), || {
        demo.playlist("source").filter(|text| hls::segments(text).iter().any(|segment| segment.discontinuity))
    });
    assert!(!text.contains("#EXT-X-ENDLIST"), "{text}");
    assert!(second.running());
    assert_eq!(demo.status()["state"], "live");
    assert_eq!(demo.count("/discontinuities"), 1);
}

#[test]
fn who_sends_another_codec_is_told_and_so_is_the_operator() {
    let server = Server::start();
    let mut command = Command::new("ffmpeg");
    command.args([
        "-hide_banner",
        "-loglevel",
        "warning",
        "-re",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180:rate=24",
    ]);
    command.args([
        "-re",
        "-f",
        "lavfi",
        "-i",
        "sine=sample_rate=48000",
        "-c:v",
        "flv",
        "-c:a",
        "aac",
        "-t",
        "30",
    ]);
    command.args(["-f", "flv", &format!("{}?token=x", server.rtmp(KEY))]);
    let mut publisher = Process::start("ffmpeg publisher", &mut command);
    assert!(!publisher.wait(Duration::from_secs(10)).success(), "it must not believe that it is live");
    let sentence = "the video has the codec Sorenson H.263, which is not supported: set H.264";
    assert!(publisher.stderr().contains(sentence), "{}", publisher.stderr());
    let problem = server.demo().status()["problems"][0].clone();
    assert_eq!(problem["kind"], "codec-not-supported");
    assert!(problem["text"].as_str().unwrap().starts_with(sentence), "{problem}");
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
