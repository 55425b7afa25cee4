//! Kinds of AAC that browsers refuse: they hear it all the same, and whoever can set the encoder is told.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::ffmpeg::{Publish, complaints, probe, record};
use harness::server::{KEY, OTHER_KEY};
use harness::{Process, Server, wait_for};

#[test]
fn chromium_hears_what_it_refuses_as_it_came() {
    let server = Server::with("enabled = false", "");
    let surround = Publish {
        sound_options: &["-af", "aformat=channel_layouts=5.1(side)", "-b:a", "256k"],
        ..Publish::default()
    };
    let main = Publish { sound_options: &["-profile:a", "aac_main"], ..Publish::default() };
    let _surround = surround.to(&server.rtmp(KEY));
    let _main = main.to(&server.rtmp(OTHER_KEY));

    let expected =
        [("demo", 6, "mp4a.40.2", "6 channels in a layout"), ("other", 1, "mp4a.40.1", "AAC Main")];
    for (name, channels, came_as, why) in expected {
        let stream = server.stream(name);
        stream.wait_playable("audio");
        let playlist = wait_for("sound in the playlist", Duration::from_secs(10), || {
            let (status, text) = server.get(&format!("/hls/{name}/index.m3u8"));
            (status == 200 && text.contains("CHANNELS")).then_some(text)
        });
        assert!(playlist.contains(&format!("CHANNELS=\"{channels}\"")), "{playlist}");
        assert!(playlist.contains(",mp4a.40.2\""), "{playlist}");
        let status = stream.status();
        assert_eq!(status["audio"]["codec"], came_as, "{status}");
        assert_eq!(status["audio"]["channels"], channels, "{status}");
        let problem = &status["problems"][0];
        assert_eq!(problem["kind"], "sound-transcoded", "{status}");
        assert!(problem["text"].as_str().unwrap().contains(why), "{status}");
        assert!(server.process.stderr().contains(why), "{}", server.process.stderr());

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sound.mp4").to_str().unwrap().to_owned();
        record(&stream.rendition_url("audio"), 2, &file);
        assert_eq!(complaints(&file), "");
        let heard = probe(&file, &["-show_entries", "stream=channels,profile"]);
        assert_eq!(heard["streams"][0]["channels"], channels, "{heard}");
        assert_eq!(heard["streams"][0]["profile"], "LC", "{heard}");
    }

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/listen.mjs");
    let pages = ["demo", "other"].map(|name| format!("{}/watch/{name}", server.http()));
    let mut browser = Process::start("browser", Command::new("node").arg(script).args(pages));
    let ended = browser.wait(Duration::from_secs(90));
    assert!(ended.success(), "{}", browser.stderr());
    let seen: serde_json::Value = serde_json::from_str(&browser.stdout()).unwrap();
    for page in seen.as_array().unwrap() {
        assert_eq!(page["width"], 480, "{seen}");
        assert!(page["advanced"].as_f64().unwrap() > 1.0, "{seen}");
        assert!(page["sound"].as_u64().unwrap() > 0, "{seen}");
        assert!(page["errors"].as_array().unwrap().is_empty(), "{seen}");
    }
}
