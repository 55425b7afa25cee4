//! Every key, and what is said of what is wrong.

use super::*;

fn complaint(text: &str) -> String {
    Config::parse(Path::new("sharpcast.toml"), text).unwrap_err().to_string()
}

#[test]
fn the_documented_file_says_what_the_defaults_are() {
    let text = include_str!("../../configs/sharpcast.toml");
    assert_eq!(Config::parse(Path::new("configs/sharpcast.toml"), text).unwrap(), Config::default());
}

#[test]
fn every_key_is_documented() {
    let text = include_str!("../../configs/sharpcast.toml");
    let documented: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once(" = "))
        .map(|(key, _)| key.trim())
        .collect();
    let keys = "listen max_connections max_players grace takeover segment part window enabled device profile temporal threads max_size \
                preset quality max_bitrate format level name key key_file publish publish_rules play play_rules on_connect \
                on_disconnect on_publish on_play on_publish_done on_play_done on_done on_record_done on_update update update_strict method folder suffix unique append tracks rendition interval max_size max_frames url reconnect nested fragment max_fragment playlist_length cleanup \
                naming base_url continuous type arguments stat stylesheet control listen_tls certificate trusted_proxies admin_key path always \
                admin_key_file max_clients ping ping_timeout send_timeout keepalive chunk_size ack_window max_message max_chunk_streams \
                idle_publisher wait start sound_waits metadata queue interleave notify_play notify_publisher timeout redirects file granularity slicing sync url fragments lock notify vod vod_ahead reuse";
    for key in keys.split_whitespace() {
        assert!(documented.contains(&key), "`{key}` is not in configs/sharpcast.toml");
    }
}

#[test]
fn the_core_is_understood() {
    let text = "[rtmp]\nlisten = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
                [[stream]]\nname = \"demo\"\nkey = \"s3cret\"\nprofile = \"small\"\n";
    let config = Config::parse(Path::new("x.toml"), text).unwrap();
    assert_eq!(config.stream[0].name.to_string(), "demo");
    assert_eq!(config.stream[0].key.as_ref().unwrap().expose(), "s3cret");
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn applications_are_understood() {
    let text = include_str!("../../configs/sharpcast.toml");
    let (_, example) = text.split_once("# [[application]]").unwrap();
    let example = example.replace("/var/lib/sharpcast", "/tmp");
    let lines = example.lines().filter_map(|line| line.strip_prefix("# "));
    let keys = lines.filter(|line| line.contains(" = ") || line.starts_with('['));
    let text = format!("[[application]]\n{}\n", keys.collect::<Vec<_>>().join("\n"));
    let config = Config::parse(Path::new("x.toml"), &text).unwrap();
    let app = &config.application[0];
    assert_eq!((app.name.as_str(), app.publish_rules.0.len()), ("live", 2));
    assert_eq!(app.hooks.play.as_ref().unwrap().path(), "/play");
    insta::assert_snapshot!(
        "bad_rule",
        complaint("[[application]]\nname = \"a\"\nplay_rules = [\"allow me\"]\n")
    );
    insta::assert_snapshot!(
        "bad_hook",
        complaint("[[application]]\nname = \"a\"\n[application.hooks]\non_play = \"play.sh\"\n")
    );
    insta::assert_snapshot!("bad_application", complaint("[[application]]\nname = \"a/b\"\n"));
}

#[test]
fn a_key_may_lie_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "from-a-file\n").unwrap();
    let text = format!("[[stream]]\nname = \"demo\"\nkey_file = {file:?}\n");
    let config = Config::parse(Path::new("x.toml"), &text).unwrap();
    assert_eq!(config.stream[0].key.as_ref().unwrap().expose(), "from-a-file");
}

#[test]
fn complaints_name_the_line_the_key_and_what_is_allowed() {
    insta::assert_snapshot!("unknown_key", complaint("[rtmp]\nlisten = \"127.0.0.1:1935\"\nlissten = 1\n"));
    insta::assert_snapshot!("unknown_section", complaint("[rmtp]\n"));
    insta::assert_snapshot!("bad_address", complaint("[http]\nlisten = \"8080\"\n"));
    insta::assert_snapshot!("bad_period", complaint("[hls]\nsegment = \"2 fortnights\"\n"));
    insta::assert_snapshot!("bad_profile", complaint("[enhance]\nprofile = \"huge\"\n"));
    insta::assert_snapshot!("bad_preset", complaint("[encode]\npreset = \"slow\"\n"));
    insta::assert_snapshot!("bad_threads", complaint("[enhance]\nthreads = 0\n"));
    insta::assert_snapshot!("bad_name", complaint("[[stream]]\nname = \"a/b\"\nkey = \"k\"\n"));
    insta::assert_snapshot!("no_key", complaint("[[stream]]\nname = \"a\"\n"));
    insta::assert_snapshot!("part_longer", complaint("[hls]\nsegment = \"1s\"\npart = \"2s\"\n"));
}

#[test]
fn a_key_without_its_quotes_is_not_shown() {
    for line in ["key = 815", "key = [\"815\"]", "keys = \"815\"", "key = \"815"] {
        let complaint = complaint(&format!("[[stream]]\nname = \"a\"\n{line}\n"));
        assert!(complaint.starts_with("sharpcast.toml:") && !complaint.contains("815"), "{complaint}");
    }
}

#[test]
fn names_and_keys_are_unique_and_keys_are_never_shown() {
    let twice = |name: &str, key: &str| {
        complaint(&format!(
            "[[stream]]\nname = \"a\"\nkey = \"hush\"\n\n[[stream]]\nname = \"{name}\"\nkey = \"{key}\"\n"
        ))
    };
    insta::assert_snapshot!("name_twice", twice("a", "other"));
    let complaint = twice("b", "hush");
    assert!(!complaint.contains("hush"), "{complaint}");
    insta::assert_snapshot!("key_twice", complaint);
}
