//! Configurations as operators have them.

use std::path::Path;
use std::time::Duration;

use super::*;

fn parse(text: &str) -> Configuration {
    Configuration::parse(Path::new("nginx.conf"), text).unwrap()
}

fn complaint(text: &str) -> String {
    Configuration::parse(Path::new("nginx.conf"), text).unwrap_err().to_string()
}

const USUAL: &str = r#"
worker_processes auto;
rtmp_auto_push on;
events { worker_connections 1024; }
rtmp {
    chunk_size 4096;
    hls_fragment 3s;
    server {
        listen 1935;
        listen [::]:1935 ipv6only=on;
        on_connect http://127.0.0.1/connect;
        application live {
            live on;
            allow publish 10.0.0.0/8;
            deny publish all;
            allow play all;
            on_publish http://127.0.0.1:8080/publish;   # who is it?
            hls on;
            hls_path /tmp/hls;
            hls_variant _low BANDWIDTH=288000;
            hls_variant _hi  BANDWIDTH=2048000 RESOLUTION=1280x720;
            push rtmp://backup.example.org/live name=copy tcUrl=rtmp://backup.example.org/live;
            recorder all { record all manual; record_path /var/rec; record_suffix "-%d-%b-%y.flv"; record_max_size 128M; }
        }
        application vod { play /var/flvs; }
    }
}
http {
    server {
        listen 8080;
        root /srv/www;
        location /stat { rtmp_stat all; rtmp_stat_stylesheet stat.xsl; }
        location = /control { rtmp_control drop record; }
        location /hls { types { application/vnd.apple.mpegurl m3u8; } root /tmp; add_header Cache-Control no-cache; }
        location ~ \.php$ { fastcgi_pass unix:/run/php.sock; }
    }
}
"#;

#[test]
fn a_usual_configuration_is_understood() {
    let all = parse(USUAL);
    let server = &all.servers[0];
    assert_eq!(server.listen, ["0.0.0.0:1935".parse().unwrap(), "[::]:1935".parse().unwrap()]);
    assert_eq!(server.settings.text("on_connect"), Some("http://127.0.0.1/connect"));
    let live = &server.applications[0];
    assert_eq!((live.name.as_str(), live.settings.flag("live")), ("live", Some(true)));
    assert_eq!(live.settings.time("hls_fragment"), Some(Duration::from_secs(3)), "inherited");
    let rules = live.settings.rules().unwrap();
    assert_eq!(rules.len(), 3);
    assert_eq!(
        rules[0],
        Rule { allows: true, publish: true, play: false, from: Some(("10.0.0.0".parse().unwrap(), 8)) }
    );
    assert_eq!((rules[1].allows, rules[1].from), (false, None));
    let push = &live.settings.relays("push").unwrap()[0];
    assert_eq!((push.url.as_str(), push.name.as_deref()), ("rtmp://backup.example.org/live", Some("copy")));
    let recorder = &live.recorders[0];
    assert_eq!((recorder.name.as_str(), recorder.settings.size("record_max_size")), ("all", Some(128 << 20)));
    assert!(recorder.settings.has_word("record", "manual"));
    assert_eq!(live.settings.variants()[1].arguments, ["BANDWIDTH=2048000", "RESOLUTION=1280x720"]);
    assert_eq!(server.applications[1].settings.flag("live"), None, "nothing is inherited from a neighbour");
}

#[test]
fn of_http_only_what_belongs_to_rtmp_is_taken() {
    let all = parse(USUAL);
    let [stat, control, hls, php] = &all.locations[..] else { panic!("{:?}", all.locations) };
    assert_eq!(
        (stat.path.as_str(), stat.stat, stat.stylesheet.as_deref()),
        ("/stat", true, Some("stat.xsl"))
    );
    assert_eq!(
        (control.path.as_str(), &control.control[..]),
        ("/control", &["drop".to_owned(), "record".to_owned()][..])
    );
    assert_eq!(hls.folder, Some(Folder::Root("/tmp".into())));
    assert_eq!(php.folder, Some(Folder::Root("/srv/www".into())), "that of its server");
    assert_eq!(hls.listen, ["0.0.0.0:8080".parse().unwrap()]);
    let others: Vec<_> = all.other.iter().map(|directive| directive.name.as_str()).collect();
    assert!(others.contains(&"worker_processes") && others.contains(&"fastcgi_pass"), "{others:?}");
    assert!(all.used.iter().any(|directive| directive.name == "rtmp_auto_push"));
}

#[test]
fn inner_blocks_override_outer_ones() {
    let all = parse(
        "rtmp { allow play 10.0.0.1; deny play all; wait_key on;
         server { application a { } application b { allow play 10.0.0.2; wait_key off; } } }",
    );
    let [a, b] = &all.servers[0].applications[..] else { panic!() };
    assert_eq!((a.settings.rules().unwrap().len(), a.settings.flag("wait_key")), (2, Some(true)));
    assert_eq!(b.settings.flag("wait_key"), Some(false));
    let allowed: Vec<_> = b.settings.all("allow").iter().map(|allow| allow.arguments[1].as_str()).collect();
    assert_eq!(allowed, ["10.0.0.2", "10.0.0.1"], "its own first");
    assert_eq!(all.servers[0].listen, ["0.0.0.0:1935".parse().unwrap()], "as there, if nothing is said");
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_to_do() {
    let table = [
        (
            "rtmp {\n server {\n aplication live { } } }",
            "nginx.conf:3: `aplication` is no directive of nginx-rtmp",
        ),
        ("rtmp {\n live yes; }", "nginx.conf:2: `live`: `yes` is neither `on` nor `off`"),
        (
            "rtmp {\n application a { } }",
            "nginx.conf:2: `application` does not belong here; it stands in rtmp's server",
        ),
        ("rtmp { server {\n live on } }", "nginx.conf:2: `live on` has no `;` behind it"),
        ("rtmp {\n server {\n live on;\n }", "nginx.conf:1: the block of `rtmp` is not closed"),
        ("}\n", "nginx.conf:1: this `}` closes nothing"),
        (
            "rtmp { server { application a {\n hls_fragment 5 parsecs; } } }",
            "`hls_fragment` takes 1 argument(s), not 2",
        ),
        (
            "rtmp { server { application a {\n hls_fragment long; } } }",
            "nginx.conf:2: `hls_fragment`: `long` is no time",
        ),
        ("rtmp { server { listen\n x; } }", "is no address to listen on"),
        ("rtmp { server { application a {\n record most; } } }", "`most` is none of off, all, audio"),
        ("rtmp { server { application a { } application a { } } }", "application `a` is there already"),
        ("rtmp { hls_path \"/tmp\n; }", "the quote \" is not closed"),
        ("rtmp;", "`rtmp` needs a block in braces"),
    ];
    for (text, expected) in table {
        let complaint = complaint(text);
        assert!(complaint.contains(expected), "{text}\n  {complaint}\n  {expected}");
    }
}

#[test]
fn rules_and_relays_are_checked_when_they_are_asked_for() {
    let all = parse(
        "rtmp { server { application a {\n allow watch all;\n deny 300.0.0.1;\n push rtmp://x/a speed=2; } } }",
    );
    let settings = &all.servers[0].applications[0].settings;
    assert!(settings.rules().unwrap_err().to_string().contains("`watch` is neither `publish` nor `play`"));
    assert!(
        settings
            .relays("push")
            .unwrap_err()
            .to_string()
            .contains("nginx.conf:4: `push`: there is no option `speed`")
    );
}

#[test]
fn what_several_directives_mean_is_as_there() {
    let all = parse(
        "rtmp { exec_push outer; play /outer; hls_variant _outer; on_play http://outer; record all; record_suffix -1.flv;
         server { application a { exec_push inner; play /inner; on_play http://inner; hls_variant _a A=1; hls_variant _b;
           recorder r { record_suffix -2.flv; } } application b { } } }",
    );
    let [a, b] = &all.servers[0].applications[..] else { panic!() };
    let texts = |of: &Settings, name: &str| -> Vec<String> {
        of.all(name).iter().map(|directive| directive.first().to_owned()).collect()
    };
    assert_eq!(texts(&a.settings, "exec_push"), ["inner", "outer"]);
    assert_eq!(texts(&a.settings, "play"), ["/inner", "/outer"]);
    assert_eq!(texts(&a.settings, "on_play"), ["http://inner"]);
    assert_eq!(texts(&a.settings, "hls_variant"), ["_a", "_b"]);
    assert_eq!(texts(&b.settings, "hls_variant"), [""; 0], "nothing inherits it");
    assert_eq!(texts(&a.recorders[0].settings, "record"), ["all"]);
    assert_eq!(texts(&a.recorders[0].settings, "record_suffix"), ["-2.flv"]);
}

#[test]
fn values_are_read_as_nginx_reads_them() {
    let all = parse(
        "rtmp { server { application a { hls ON; hls_fragment 3; hls_playlist_length 60; sync OFF; hls_type Event;
           record Video Keyframes; record_max_frames 2k; on_publish localhost:8080/auth; on_play HTTP://h/p; } } }",
    );
    let settings = &all.servers[0].applications[0].settings;
    assert_eq!(settings.flag("hls"), Some(true));
    assert_eq!(settings.time("hls_fragment"), Some(Duration::from_secs(3)), "as most guides write it");
    assert_eq!(settings.time("hls_playlist_length"), Some(Duration::from_secs(60)));
    assert_eq!(settings.time("sync"), Some(Duration::ZERO));
    assert_eq!(settings.time("hls_muxdelay"), None);
    assert_eq!(settings.text_or_default("hls_muxdelay"), "700ms");
    assert_eq!(settings.text("hls_type"), Some("event"));
    assert!(settings.has_word("record", "keyframes"));
    assert_eq!(settings.number("record_max_frames"), Some(2048));
    assert_eq!(settings.hook("on_publish").as_deref(), Some("http://localhost:8080/auth"));
    assert_eq!(settings.hook("on_play").as_deref(), Some("http://h/p"));
    assert_eq!(settings.hook("on_done"), None);
}

#[test]
fn command_lines_may_be_long() {
    let words = " -x".repeat(300);
    let all = parse(&format!("rtmp {{ server {{ application a {{ exec ffmpeg{words}; }} }} }}"));
    assert_eq!(all.servers[0].applications[0].settings.get("exec").unwrap().arguments.len(), 301);
}

#[test]
fn relays_have_options() {
    let all = parse(
        "rtmp { server { application a { pull rtmp://h/a name=x STATIC live=1 start=-2 stop=x playpath=p; push h:1936; } } }",
    );
    let settings = &all.servers[0].applications[0].settings;
    let pull = &settings.relays("pull").unwrap()[0];
    assert!(pull.is_static);
    assert_eq!(
        (pull.live, pull.start, pull.stop, pull.play_path.as_deref()),
        (Some(1), Some(-2), None, Some("p"))
    );
    assert_eq!(settings.relays("push").unwrap()[0].url, "h:1936");
    for (text, expected) in [
        ("push h static", "only `pull` can be static"),
        ("pull h static", "write name=STREAM"),
        ("pull h name=x static=0", "`static` takes nothing"),
    ] {
        let all = parse(&format!("rtmp {{ server {{ application a {{ {text}; }} }} }}"));
        let settings = &all.servers[0].applications[0].settings;
        let error = settings.relays(&text[..4]).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn locations_have_what_stands_around_them() {
    let all = parse(
        "http { root /http; rtmp_stat_stylesheet all.xsl; rtmp_stat all;
         server { listen 127.0.0.1; rtmp_stat live; location /a { location /a/b { rtmp_control ALL; } alias /x; } root /server; }
         server { listen 81; location /stat { rtmp_stat all; rtmp_stat_stylesheet own.xsl; } } }",
    );
    let found: Vec<_> = all.locations.iter().map(|location| location.path.as_str()).collect();
    assert_eq!(found, ["/", "/a", "/a/b", "/stat"]);
    let [server, a, b, stat] = &all.locations[..] else { panic!() };
    assert!(server.stat && !a.stat && stat.stat);
    assert_eq!(server.folder, Some(Folder::Root("/server".into())));
    assert_eq!(
        (&a.folder, &b.folder),
        (&Some(Folder::Alias("/x".into())), &Some(Folder::Alias("/x".into())))
    );
    assert_eq!(stat.folder, Some(Folder::Root("/http".into())));
    assert_eq!(b.control, ["record", "drop", "redirect"]);
    assert_eq!(
        (server.stylesheet.as_deref(), stat.stylesheet.as_deref()),
        (Some("all.xsl"), Some("own.xsl"))
    );
    assert_eq!(b.listen, ["127.0.0.1:80".parse().unwrap()]);
    let used = all.used.iter().filter(|directive| directive.name.starts_with("rtmp_")).count();
    assert_eq!(used, 6);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z \\n{};\"'\\\\#$]{0,200}") {
        let _ = Configuration::parse(Path::new("x"), &text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(0_u8..=255, 0..300)) {
        let _ = Configuration::parse(Path::new("x"), &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_directive_is_read_or_refused(
        index in 0..crate::directives::ALL.len(),
        arguments in "[a-z0-9 =/.:]{0,30}",
    ) {
        let name = crate::directives::ALL[index].name;
        let text = format!("rtmp {{ server {{ application a {{ {name} {arguments}; }} }} }}");
        if let Ok(all) = Configuration::parse(Path::new("x"), &text) {
            let settings = &all.servers[0].applications[0].settings;
            let _ = (settings.rules(), settings.relays("push"), settings.relays("pull"), settings.variants());
            let _ = (settings.time(name), settings.number(name), settings.flag(name), settings.hook(name));
        }
    }

    #[test]
    fn any_nesting_is_read_or_refused(open in 0_usize..200, text in "\\PC{0,50}") {
        let text = format!("{}{text}", "a { ".repeat(open));
        let _ = Configuration::parse(Path::new("x"), &text);
    }
}
