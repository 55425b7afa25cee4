//! What publishers really send: B-frames, odd sizes, one track only, a new size in mid-stream.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::time::Duration;

use harness::ffmpeg::{Publish, complaints, probe, record};
use harness::server::KEY;
use harness::{Server, hls, wait_for};

/// Plays what is there and gives the enhanced size; the decoder must not complain.
fn enhanced_size(publish: &Publish<'_>) -> (u64, u64) {
    let server = Server::start();
    let _publisher = publish.to(&server.rtmp(KEY));
    let demo = server.demo();
    demo.wait_playable("enhanced");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("enhanced.mp4").to_str().unwrap().to_owned();
    record(&demo.rendition_url("enhanced"), 3, &file);
    assert_eq!(complaints(&file), "");
    let stream = &probe(&file, &["-show_entries", "stream=width,height"])["streams"][0];
    assert_eq!(demo.count("/enhance/skipped"), 0, "{}", demo.status());
    (stream["width"].as_u64().unwrap(), stream["height"].as_u64().unwrap())
}

#[test]
fn b_frames() {
    assert_eq!(enhanced_size(&Publish { b_frames: 2, ..Publish::default() }), (960, 540));
}

#[test]
fn width_of_854() {
    assert_eq!(
        enhanced_size(&Publish { size: Some("854x480"), rate: 10, gop: 20, ..Publish::default() }),
        (1708, 960)
    );
}

#[test]
fn width_of_426() {
    assert_eq!(enhanced_size(&Publish { size: Some("426x240"), ..Publish::default() }), (852, 480));
}

#[test]
fn video_without_sound() {
    assert_eq!(enhanced_size(&Publish { sound: false, ..Publish::default() }), (960, 540));
}

#[test]
fn sound_without_video() {
    let server = Server::start();
    let _publisher = Publish { size: None, ..Publish::default() }.to(&server.rtmp(KEY));
    let demo = server.demo();
    let text = demo.wait_playable("audio");
    assert!(!hls::segments(&text).is_empty());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sound.mp4").to_str().unwrap().to_owned();
    record(&demo.playlist_url(), 3, &file);
    assert_eq!(complaints(&file), "");
    let streams = probe(&file, &["-show_entries", "stream=codec_name"]);
    assert_eq!(streams["streams"][0]["codec_name"], "aac");
}

#[test]
fn a_new_size_gives_a_new_initialisation_segment() {
    let server = Server::start();
    let demo = server.demo();
    let first = Publish { gop: 24, ..Publish::default() }.to(&server.rtmp(KEY));
    let before = demo.wait_playable("enhanced");
    drop(first);
    let _second = Publish { size: Some("640x360"), gop: 24, ..Publish::default() }.to(&server.rtmp(KEY));
    for rendition in ["source", "enhanced"] {
        let after = wait_for("a new map", Duration::from_secs(20), || {
            demo.playlist(rendition).filter(|text| hls::map(text) != hls::map(&before))
        });
        assert!(after.contains("#EXT-X-DISCONTINUITY"), "{after}");
    }
    wait_for("the new size", Duration::from_secs(10), || {
        (demo.count("/enhance/width") == 1280).then_some(())
    });
}

#[test]
fn gops_longer_than_the_target_duration() {
    let server = Server::start();
    let _publisher = Publish { gop: 96, ..Publish::default() }.to(&server.rtmp(KEY));
    let demo = server.demo();
    let text = demo.wait_playable("enhanced");
    let target: f64 = hls::tag(&text, "#EXT-X-TARGETDURATION:").unwrap().parse().unwrap();
    let longest = hls::segments(&text).iter().map(|segment| segment.duration).fold(0.0, f64::max);
    assert!(longest.round() <= target, "{longest} s in a playlist that promises {target}");
}

/// A camera of old: fields, and pixels that are wider than they are high.
#[test]
fn fields_and_oblong_pixels() {
    let server = Server::start();
    let camera = Publish {
        size: Some("352x288"),
        rate: 25,
        gop: 50,
        video_options: &["-flags", "+ilme+ildct", "-vf", "setsar=16/11", "-x264-params", "tff=1"],
        ..Publish::default()
    };
    let _publisher = camera.to(&server.rtmp(KEY));
    let demo = server.demo();
    demo.wait_playable("enhanced");
    let (_, multivariant) = server.get("/hls/demo/index.m3u8");
    for size in ["RESOLUTION=512x288", "RESOLUTION=1024x576"] {
        assert!(multivariant.contains(size), "{multivariant}");
    }
    let folder = tempfile::tempdir().unwrap();
    for (rendition, width, order) in [("source", 352, "tt"), ("enhanced", 704, "progressive")] {
        let file = folder.path().join(rendition).with_extension("mp4").to_str().unwrap().to_owned();
        record(&demo.rendition_url(rendition), 3, &file);
        assert_eq!(complaints(&file), "");
        let entries = "stream=width,sample_aspect_ratio,display_aspect_ratio,field_order";
        let stream = probe(&file, &["-show_entries", entries])["streams"][0].clone();
        assert_eq!(stream["width"], width, "{rendition}: {stream}");
        assert_eq!(stream["sample_aspect_ratio"], "16:11", "{rendition}: {stream}");
        assert_eq!(stream["display_aspect_ratio"], "16:9", "{rendition}: {stream}");
        assert_eq!(stream["field_order"], order, "{rendition}: {stream}");
    }
    let status = demo.status();
    assert_eq!(status["video"]["pixel_aspect"], "16:11", "{status}");
    assert!(status["enhance"]["deinterlaced"].as_u64().unwrap() > 25, "{status}");
    assert_eq!(status["enhance"]["skipped"], 0, "{status}");
}
