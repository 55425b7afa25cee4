//! A plain RTMP publisher in, a sharp HLS picture out: what a viewer's player relies on.

use std::time::Duration;

use harness::ffmpeg::{Publish, complaints, probe, record};
use harness::{Server, hls};

/// Presentation times in seconds of a track of a recording, in the order of the file.
fn times(file: &str, track: &str, field: &str) -> Vec<f64> {
    let packets = probe(file, &["-select_streams", track, "-show_entries", &format!("packet={field}")]);
    let packets = packets["packets"].as_array().expect("packets");
    packets.iter().filter_map(|packet| packet[field].as_str()?.parse().ok()).collect()
}

#[test]
fn enhanced_is_twice_the_size_and_in_step_with_the_sound() {
    let server = Server::start();
    let _publisher = Publish::default().to(&server.rtmp(harness::server::KEY));
    let demo = server.demo();
    demo.wait_playable("enhanced");
    demo.wait_enhanced(120);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("enhanced.mp4").to_str().unwrap().to_owned();
    record(&demo.playlist_url(), 6, &file);

    let streams = probe(&file, &["-show_entries", "stream=codec_name,width,height"]);
    let streams = streams["streams"].as_array().unwrap();
    let video = streams.iter().find(|stream| stream["codec_name"] == "h264").expect("a video track");
    assert_eq!((video["width"].as_u64(), video["height"].as_u64()), (Some(960), Some(540)));
    assert!(streams.iter().any(|stream| stream["codec_name"] == "aac"), "no sound in {streams:?}");
    assert_eq!(complaints(&file), "");

    let (picture, sound) = (times(&file, "v", "pts_time"), times(&file, "a", "pts_time"));
    assert!(picture.len() > 96, "{} pictures", picture.len());
    for (name, decode) in [("video", times(&file, "v", "dts_time")), ("audio", times(&file, "a", "dts_time"))]
    {
        assert!(decode.windows(2).all(|pair| pair[0] < pair[1]), "{name} is not monotonic: {decode:?}");
    }
    // The publisher starts picture and tone at the same instant, so the playlist's own start tells the offset:
    // the tone beeps each second, its packets are 1024 samples. Both tracks lie on one timeline untouched.
    assert!((picture[0] - sound[0]).abs() < 0.040 + 1024.0 / 48_000.0, "{} against {}", picture[0], sound[0]);
    assert!(demo.count("/enhance/f_edsr") > 100, "{}", demo.status());
}

#[test]
fn renditions_are_cut_at_the_same_instants() {
    let server = Server::start();
    let _publisher = Publish::default().to(&server.rtmp(harness::server::KEY));
    let demo = server.demo();
    demo.wait_enhanced(240);
    std::thread::sleep(Duration::from_secs(1));

    let (source, enhanced) = (demo.playlist("source").unwrap(), demo.playlist("enhanced").unwrap());
    let audio = demo.playlist("audio").unwrap();
    let (source, enhanced, audio) = (hls::segments(&source), hls::segments(&enhanced), hls::segments(&audio));
    let mut compared = 0;
    for segment in &source {
        if let Some(other) = enhanced.iter().find(|other| other.number == segment.number) {
            assert!((other.duration - segment.duration).abs() < 0.002, "{segment:?} {other:?}");
            compared += 1;
        }
        if let Some(other) = audio.iter().find(|other| other.number == segment.number) {
            assert!((other.duration - segment.duration).abs() < 0.045, "{segment:?} {other:?}");
        }
    }
    assert!(compared >= 3, "{source:?}\n{enhanced:?}");

    // The first decode time inside the segments of one number says the same as the playlist.
    let number = enhanced[enhanced.len() - 2].number;
    let start = |rendition: &str, segments: &[hls::Segment]| {
        let text = demo.playlist(rendition).unwrap();
        let uri = &segments.iter().find(|segment| segment.number == number).unwrap().uri;
        let base = format!("/hls/demo/{rendition}");
        let (_, mut bytes) = server.get_bytes(&format!("{base}/{}", hls::map(&text).unwrap()));
        bytes.extend(server.get_bytes(&format!("{base}/{uri}")).1);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("one.mp4");
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(complaints(file.to_str().unwrap()), "");
        times(file.to_str().unwrap(), "v", "pts_time")[0]
    };
    let (a, b) = (start("source", &source), start("enhanced", &enhanced));
    assert!((a - b).abs() < 0.001, "source starts at {a}, enhanced at {b}");
}

#[test]
fn multivariant_playlist_names_both_sizes_and_one_sound() {
    let server = Server::start();
    let _publisher = Publish::default().to(&server.rtmp(harness::server::KEY));
    server.demo().wait_playable("enhanced");
    let (status, text) = server.get("/hls/demo/index.m3u8");
    assert_eq!(status, 200);
    let playlist = m3u8_rs::parse_master_playlist_res(text.as_bytes()).expect("a multivariant playlist");
    let sizes: Vec<_> = playlist.variants.iter().filter_map(|variant| variant.resolution).collect();
    assert!(sizes.iter().any(|size| (size.width, size.height) == (480, 270)), "{text}");
    assert!(sizes.iter().any(|size| (size.width, size.height) == (960, 540)), "{text}");
    assert_eq!(playlist.alternatives.len(), 1, "{text}");
    assert!(!text.contains(harness::server::KEY), "the key must not be in a playlist");
}

#[test]
fn blocking_reload_waits_for_the_part_it_asks_for() {
    let server = Server::start();
    let _publisher = Publish::default().to(&server.rtmp(harness::server::KEY));
    let demo = server.demo();
    let text = demo.wait_playable("source");
    let last = hls::segments(&text).last().unwrap().number;
    let ask = |query: &str| server.get(&format!("/hls/demo/source/index.m3u8?{query}"));

    let (status, text) = ask(&format!("_HLS_msn={}", last + 1));
    assert_eq!(status, 200);
    assert!(hls::segments(&text).last().unwrap().number > last, "{text}");
    assert_eq!(ask("_HLS_part=0").0, 400, "a part without its segment");
    assert_eq!(ask(&format!("_HLS_msn={}", last + 100)).0, 400, "far in the future");
    assert_eq!(ask("_HLS_msn=1").0, 200, "the past is answered at once");
    assert_eq!(server.get("/hls/nobody/index.m3u8").0, 404);
}
