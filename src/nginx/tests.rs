//! nginx.conf to ours.

use std::fs;

use super::support::{ALL, State};
use super::*;
use crate::apps::Publish;
use crate::out::broadcast::{Manner, Metadata, Start};
use crate::out::record::Tracks;

#[test]
fn every_directive_has_its_place_in_the_table() {
    let names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
    let known: Vec<_> = nginx_compat::directives::ALL.iter().map(|known| known.name).collect();
    assert_eq!(names, known);
    assert!(names.is_sorted());
}

/// A file with this text, and the folder that it lies in.
fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nginx.conf");
    fs::write(&file, text).unwrap();
    (folder, file)
}

#[test]
fn the_guide_has_every_directive_with_its_state() {
    let guide = include_str!("../../docs/guide/from-nginx-rtmp.md");
    for (name, state) in ALL {
        let (word, how) = match state {
            State::Met(how) => ("met", how),
            State::Fixed(how) => ("fixed", how),
            State::Refused(how) => ("refused", how),
        };
        let row = format!("| `{name}` | {word} | {how} |\n");
        assert!(
            guide.contains(&row),
            "not in the guide, or otherwise: {row}run scripts/nginx-directives --write"
        );
    }
}

#[test]
fn a_usual_configuration_becomes_ours() {
    let (_folder, file) = written(
        "rtmp { server { listen 127.0.0.1:1935; listen [::1]:1936; chunk_size 4096; on_connect http://127.0.0.1/c;
           application live { live on; allow publish 127.0.0.1; deny publish all; on_publish 127.0.0.1/p;
             hls on; hls_path /tmp/hls; hls_fragment 3s; hls_variant _low BANDWIDTH=1 RESOLUTION=1x1;
             record keyframes; record_path /var/rec; record_suffix -%H.flv; record_interval 1m;
             push backup:1936/app/name pageUrl=http://page; push_reconnect 1s; exec ffmpeg; }
           application vod { play /var/flv; } } }
         http { server { listen 8080; location /stat { rtmp_stat all; } location /control { rtmp_control all; }
           location /hls { root /tmp; } location /other { root /srv; } } }",
    );
    let config = config(&file).unwrap();
    assert_eq!(config.rtmp.listen, "127.0.0.1:1935".parse().unwrap());
    assert_eq!(config.rtmp_also[0].0, "[::1]:1936".parse().unwrap());
    assert_eq!(config.http.listen, "0.0.0.0:8080".parse().unwrap());
    let [live, vod] = &config.application[..] else { panic!() };
    assert_eq!((live.publish, vod.publish, vod.play), (Publish::Open, Publish::Off, true));
    assert_eq!(vod.vod, [crate::apps::VodPlace::Folder("/var/flv".into())]);
    assert!(
        live.publish_rules.allow([127, 0, 0, 1].into()) && !live.publish_rules.allow([10, 0, 0, 1].into())
    );
    assert!(live.play_rules.allow([10, 0, 0, 1].into()));
    assert_eq!(live.hooks.connect.as_ref().unwrap().path(), "/c");
    assert_eq!(live.hooks.publish.as_ref().unwrap().as_str(), "http://127.0.0.1/p");
    let files = live.files.as_ref().unwrap();
    assert_eq!((files.fragment.as_secs(), files.max_fragment.as_secs()), (3, 30));
    assert_eq!(files.variants[0].arguments, "BANDWIDTH=1,RESOLUTION=1x1");
    assert_eq!((live.record[0].tracks, live.record[0].interval.unwrap().as_secs()), (Tracks::Keyframes, 60));
    let push = &live.push[0];
    assert_eq!(
        (push.url.to_string().as_str(), push.introduction.page_url.as_str()),
        ("rtmp://backup:1936/app", "http://page")
    );
    assert_eq!(push.reconnect.as_secs(), 1);
    assert_eq!(config.pages.stat.as_deref(), Some("/stat"));
    assert_eq!(config.pages.folders, [("/hls".to_owned(), "/tmp/hls".into())]);
}

#[test]
fn the_report_says_what_becomes_of_each_line() {
    let (folder, file) = written(
        "rtmp {\n server {\n application a {\n live on;\n exec ffmpeg -i x;\n wait_key off;\n }\n }\n}\nuser www;\n",
    );
    let text = report(&file).unwrap().replace(folder.path().to_str().unwrap(), "");
    insta::assert_snapshot!(text);
}

#[test]
fn how_connections_and_players_are_treated() {
    let (_folder, file) = written(
        "rtmp { server { chunk_size 8192; ack_window 1000000; max_message 2M; max_streams 16; ping 30s; ping_timeout 5s; timeout 20s;
           so_keepalive on; max_connections 100; out_queue 512; netcall_timeout 3s; on_connect http://127.0.0.1/c;
           application a { live on; drop_idle_publisher 7s; idle_streams off; wait_key off; wait_video on; interleave on; meta copy;
             play_restart on; publish_notify on; }
           application b { live on; dash on; dash_path /tmp/dash; dash_fragment 3s; dash_nested on; access_log /var/log/rtmp.log mine; } log_format mine '$name ' ${command}; }
         server { listen 1936; ping 0; } server { listen 1937; ping 20s; busy on; } }
         http { server { location /dash { root /tmp; } location /other { root /srv; } } }",
    );
    let config = config(&file).unwrap();
    let limits = &config.ingest.limits;
    assert_eq!((limits.chunk_size, limits.window, limits.chunk_streams), (8192, 1_000_000, 16));
    assert_eq!((limits.video_message, limits.audio_message), (2 << 20, 256 << 10));
    assert_eq!((limits.ping_after.as_secs(), limits.read_timeout.as_secs()), (30, 35));
    assert_eq!((limits.write_timeout.as_secs(), limits.handshake_timeout.as_secs()), (20, 20));
    assert_eq!((config.ingest.keepalive, config.ingest.max_clients), (true, Some(100)));
    let (_, other) = &config.rtmp_also[0];
    assert!(other.limits.read_timeout > std::time::Duration::from_secs(24 * 3600) && !other.keepalive);
    assert_eq!(other.limits.chunk_size, 4096);
    let (_, busy) = &config.rtmp_also[1];
    assert_eq!(busy.limits.read_timeout.as_secs(), 20);

    let [a, b] = &config.application[..] else { panic!() };
    assert_eq!(a.idle_publisher.unwrap().as_secs(), 7);
    assert!(b.idle_publisher.unwrap() > std::time::Duration::from_secs(24 * 3600), "off, as there");
    assert_eq!(a.hooks.timeout.as_secs(), 3);
    let manner = a.players.manner;
    assert_eq!((manner.start, manner.sound_waits, manner.metadata), (Start::Now, true, Metadata::Publishers));
    assert_eq!((manner.queue, a.players.interleave, a.players.wait), (512, true, false));
    assert_eq!((a.players.notices.play, a.players.notices.publisher), (true, true));
    assert_eq!(b.players.manner, Manner { queue: 512, ..Manner::default() });
    assert!(b.players.wait && !b.players.interleave);
    let dash = b.dash.as_ref().unwrap();
    assert_eq!((dash.fragment.as_secs(), dash.nested, dash.cleanup), (3, true, true));
    assert_eq!(config.pages.folders, [("/dash".to_owned(), "/tmp/dash".into())]);
    let log = b.access_log.as_ref().unwrap();
    assert_eq!(log.file, Path::new("/var/log/rtmp.log"));
    assert_eq!(log.format, "$name $command".parse().unwrap());
    assert_eq!(a.access_log, None);
}

#[test]
fn what_makes_no_server_is_told() {
    let (_folder, file) = written("events { }");
    assert!(config(&file).unwrap_err().to_string().contains("no rtmp server"));
    let (_folder, file) = written("rtmp { server { application a { live on; on_play http://:; } } }");
    assert!(
        config(&file).unwrap_err().to_string().contains("nginx.conf:1: `http://:` is no address of a hook")
    );
    for (log, told) in
        [("access_log x mine;", "no `log_format mine`"), ("log_format m $x; access_log x m;", "`$x` is no")]
    {
        let (_folder, file) = written(&format!("rtmp {{ server {{ application a {{ live on; {log} }} }} }}"));
        let error = config(&file).unwrap_err().to_string();
        assert!(error.contains(told) && error.contains("nginx.conf:1"), "{error}");
    }
    let missing = Path::new("/nowhere/nginx.conf");
    assert!(config(missing).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn most_directives_are_met_or_have_the_only_sensible_behaviour() {
    let refused = ALL.iter().filter(|(_, state)| matches!(state, State::Refused(_))).count();
    assert!(refused * 100 < ALL.len() * 35, "{refused} of {}", ALL.len());
}
