//! The same nginx.conf, run by nginx-rtmp and by us: one FFmpeg pushes to both, and what lies on disk, what hooks hear and what `/stat`
//! says is compared.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail where they stand")]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::ffmpeg::{ffmpeg, probe};
use harness::process::program;
use harness::{Process, wait_for};

/// What a hook has heard: the field `call`, and the names of all fields in their order.
type Heard = Arc<Mutex<Vec<(String, Vec<String>)>>>;

/// A hook that lets everybody in.
fn hook() -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let noted = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            // As much as is announced.
            loop {
                let length = stream.read(&mut buffer).unwrap();
                request.extend(&buffer[..length]);
                let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let announced = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if length == 0 || announced.is_none_or(|length| body.len() >= length.trim().parse().unwrap())
                {
                    break;
                }
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            let body = text.split_once("\r\n\r\n").unwrap().1;
            let fields: Vec<_> = body.split('&').filter_map(|field| field.split_once('=')).collect();
            let call = fields.iter().find(|(name, _)| *name == "call").map_or("", |(_, value)| value);
            let names = fields.iter().map(|(name, _)| (*name).to_owned()).collect();
            noted.lock().unwrap().push((call.to_owned(), names));
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").unwrap();
        }
    });
    (port, heard)
}

/// A server that runs from an nginx.conf.
struct Side {
    process: Process,
    rtmp: u16,
    http: u16,
    folder: tempfile::TempDir,
    heard: Heard,
}

impl Side {
    fn start(name: &str, command: impl FnOnce(&Path) -> Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [rtmp, http] = [(); 2].map(|()| free_port());
        let (hook, heard) = hook();
        for sub in ["hls", "rec"] {
            std::fs::create_dir(folder.path().join(sub)).unwrap();
        }
        let path = folder.path().to_str().unwrap();
        let text = format!(
            "user root;
            worker_processes 1;
            daemon off;
            master_process off;
            pid {path}/pid;
            error_log {path}/error.log;
            load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
            events {{ worker_connections 64; }}
            rtmp {{ server {{ listen 127.0.0.1:{rtmp};
                on_connect http://127.0.0.1:{hook}/;
                on_disconnect http://127.0.0.1:{hook}/;
                application live {{ live on;
                    hls on; hls_path {path}/hls; hls_fragment 2s; hls_playlist_length 60s;
                    record all; record_path {path}/rec;
                    on_publish http://127.0.0.1:{hook}/;
                    on_publish_done http://127.0.0.1:{hook}/;
                    on_record_done http://127.0.0.1:{hook}/;
                    on_done http://127.0.0.1:{hook}/; }} }} }}
            http {{ access_log off; server {{ listen 127.0.0.1:{http};
                location /stat {{ rtmp_stat all; }}
                location /hls {{ root {path}; }} }} }}\n"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, text).unwrap();
        let process = Process::start(name, &mut command(&file));
        let side = Self { process, rtmp, http, folder, heard };
        wait_for(&format!("{name} to listen"), Duration::from_secs(30), || {
            std::net::TcpStream::connect(("127.0.0.1", side.http)).ok()
        });
        side
    }

    fn nginx() -> Self {
        Self::start("nginx", |file| {
            let mut command = Command::new("/usr/sbin/nginx");
            command.arg("-c").arg(file);
            command
        })
    }

    fn sharpcast() -> Self {
        Self::start("sharpcast", |file| {
            let mut command = Command::new(program("sharpcast"));
            command.args(["serve", "--nginx-conf"]).arg(file).env("RUST_LOG", "info");
            command
        })
    }

    fn url(&self) -> String {
        format!("rtmp://127.0.0.1:{}/live/demo", self.rtmp)
    }

    fn get(&self, path: &str) -> String {
        let url = format!("http://127.0.0.1:{}{path}", self.http);
        let mut answer = ureq::get(&url).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join(folder)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn calls(&self) -> Vec<String> {
        self.heard.lock().unwrap().iter().map(|(call, _)| call.clone()).collect()
    }
}

/// A port that nobody listens on. nginx cannot be told to let the system choose.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Names of elements, with those that they stand in.
fn elements(xml: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut path: Vec<&str> = Vec::new();
    for tag in xml.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(path.pop(), Some(name), "{xml}");
        } else if !tag.starts_with('?') {
            let name = tag.trim_end_matches('/');
            found.insert(format!("{}/{name}", path.join("/")));
            if !tag.ends_with('/') {
                path.push(name);
            }
        }
    }
    assert!(path.is_empty());
    found
}

fn pictures(file: &Path) -> u64 {
    decoded(file, "v")
}

/// Pictures (`v`) or frames of sound (`a`) of a file that FFmpeg decodes.
fn decoded(file: &Path, kind: &str) -> u64 {
    let found = probe(file.to_str().unwrap(), &["-count_frames", "-select_streams", kind, "-show_streams"]);
    found["streams"][0]["nb_read_frames"].as_str().unwrap_or("0").parse().unwrap()
}

#[test]
fn the_same_configuration_does_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.flv");
    let source = source.to_str().unwrap();
    let made = ffmpeg(&[
        "-loglevel",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180:rate=25:duration=9",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=9:sample_rate=48000",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-g",
        "25",
        "-keyint_min",
        "25",
        "-sc_threshold",
        "0",
        "-bf",
        "2",
        "-c:a",
        "aac",
        source,
    ]);
    assert!(made.status.success());

    let sides = [Side::nginx(), Side::sharpcast()];
    let mut push = Command::new("ffmpeg");
    push.args(["-hide_banner", "-loglevel", "warning", "-re", "-i", source]);
    for side in &sides {
        push.args(["-c", "copy", "-f", "flv", &side.url()]);
    }
    let mut push = Process::start("ffmpeg publisher", &mut push);
    let [theirs, ours] = sides.each_ref().map(|side| {
        wait_for("a stream in the statistics", Duration::from_secs(6), || {
            let stat = side.get("/stat");
            (stat.contains("<name>demo</name>") && stat.contains("<sample_rate>48000<")).then_some(stat)
        })
    });
    let ignored = |element: &String| {
        [
            "compiler",
            "built",
            "profile",
            "compat",
            "level",
            "/rtmp/server/application/live/stream/meta/audio/",
            "/stream/meta/video/",
        ]
        .iter()
        .any(|part| element.ends_with(part))
    };
    let missing: Vec<_> =
        elements(&theirs).difference(&elements(&ours)).filter(|name| !ignored(name)).cloned().collect();
    assert!(missing.is_empty(), "elements that nginx-rtmp has and we have not: {missing:?}\n{ours}");
    let more: Vec<_> = elements(&ours).difference(&elements(&theirs)).cloned().collect();
    assert!(more.is_empty(), "elements that nginx-rtmp does not have: {more:?}\n{theirs}");

    assert!(push.wait(Duration::from_secs(30)).success(), "{}", push.stderr());
    for side in &sides {
        wait_for("the last call", Duration::from_secs(10), || {
            let calls = side.calls();
            (calls.contains(&"record_done".to_owned()) && calls.contains(&"disconnect".to_owned()))
                .then_some(())
        });
    }
    let [theirs, ours] = sides.each_ref().map(|side| {
        let mut calls = side.heard.lock().unwrap().clone();
        assert_eq!(calls[0].0, "connect");
        assert_eq!(calls[1].0, "publish");
        calls.sort();
        calls
    });
    assert_eq!(theirs, ours, "the same calls with the same fields in the same order");

    let [theirs, ours] = sides.each_ref().map(|side| side.files("hls"));
    assert_eq!(theirs, ours, "the same names");
    assert_eq!(sides.each_ref().map(|side| side.files("rec")), [["demo.flv"], ["demo.flv"]]);
    let [theirs, ours] = sides.each_ref().map(|side| side.get("/hls/demo.m3u8"));
    let rhythm = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.starts_with("#EXTINF") || !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    };
    let (theirs, ours) = (rhythm(&theirs), rhythm(&ours));
    assert_eq!(theirs[..theirs.len() - 2], ours[..ours.len() - 2], "the same rhythm");
    for name in sides[0].files("hls").iter().filter(|name| name.contains(".ts")) {
        let [theirs, ours] = sides.each_ref().map(|side| pictures(&side.file("hls").join(name)));
        assert!(theirs.abs_diff(ours) <= 1, "{name}: {theirs} and {ours}");
        let [theirs, ours] = sides.each_ref().map(|side| decoded(&side.file("hls").join(name), "a"));
        assert!(ours > 0 && theirs.abs_diff(ours) <= 15, "sound of {name}: {theirs} and {ours}");
    }
    let [theirs, ours] = sides.each_ref().map(|side| pictures(&side.file("rec/demo.flv")));
    assert_eq!((theirs, ours), (225, 225));
    let [theirs, ours] = sides.each_ref().map(|side| decoded(&side.file("rec/demo.flv"), "a"));
    assert!(theirs.abs_diff(ours) <= 2, "sound of the recordings: {theirs} and {ours}");
    drop(sides.map(|side| side.process));
}

#[test]
fn nginx_keeps_its_port_and_pushes_to_us() {
    let ours =
        harness::Server::with("enabled = false", "[[application]]\nname = \"live\"\npublish = \"open\"\n");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let port = free_port();
    let text = format!(
        "user root; daemon off; master_process off; pid {path}/pid; error_log {path}/error.log;
        load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
        events {{ }}
        rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; push {}; }} }} }}\n",
        ours.rtmp_app()
    );
    let file = folder.path().join("nginx.conf");
    std::fs::write(&file, text).unwrap();
    let _nginx = Process::start("nginx", Command::new("/usr/sbin/nginx").arg("-c").arg(&file));
    wait_for("nginx to listen", Duration::from_secs(10), || {
        std::net::TcpStream::connect(("127.0.0.1", port)).ok()
    });
    let _publisher = harness::ffmpeg::Publish::default().to(&format!("rtmp://127.0.0.1:{port}/live/demo3"));
    ours.stream("demo3").wait_playable("source");
    wait_for("pictures", Duration::from_secs(10), || {
        (ours.stream("demo3").count("/video/frames") > 48).then_some(())
    });
}

#[test]
fn we_fetch_from_nginx_what_a_player_asks_for() {
    let nginx = Side::nginx();
    let pull = format!(
        "[[application]]\nname = \"live\"\npublish = \"open\"\n[[application.pull]]\nurl = \"rtmp://127.0.0.1:{}/live\"\n",
        nginx.rtmp
    );
    let server = harness::Server::with("enabled = false", &pull);
    let publish = harness::ffmpeg::Publish { gop: 24, ..Default::default() };
    let _publisher = publish.to(&format!("rtmp://127.0.0.1:{}/live/there", nginx.rtmp));
    wait_for("nginx to have it", Duration::from_secs(20), || {
        nginx.folder.path().join("rec/there.flv").exists().then_some(())
    });
    let file = nginx.folder.path().join("fetched.flv");
    let url = format!("{}/there", server.rtmp_app());
    let output = ffmpeg(&["-i", &url, "-t", "4", "-c", "copy", file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!((90..=100).contains(&pictures(&file)), "four seconds at 24 a second: {}", pictures(&file));
}

/// An example from `configs/nginx` that runs here: with these places instead of those that it names.
fn example(name: &str, folder: &Path, places: &[(&str, &str)]) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("configs/nginx").join(name);
    let mut text = std::fs::read_to_string(source).unwrap();
    for (there, here) in places {
        assert!(text.contains(there), "{there} is in {name}");
        text = text.replace(there, here);
    }
    if name.contains(".conf") {
        let path = folder.to_str().unwrap();
        text = format!(
            "user root; daemon off; master_process off; pid {path}/pid; error_log {path}/error.log;\n{text}"
        );
    }
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file
}

/// nginx with a configuration, once it listens.
fn nginx(file: &Path, port: u16) -> Process {
    let process = Process::start("nginx", Command::new("/usr/sbin/nginx").arg("-c").arg(file));
    wait_for("nginx to listen", Duration::from_secs(10), || {
        std::net::TcpStream::connect(("127.0.0.1", port)).ok()
    });
    process
}

#[test]
fn beside_nginx_the_sharp_picture_comes_back_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let [theirs, ours] = [(); 2].map(|()| free_port());
    let config = example(
        "beside.conf",
        folder.path(),
        &[
            ("listen 1935", &format!("listen 127.0.0.1:{theirs}")),
            ("127.0.0.1:1936", &format!("127.0.0.1:{ours}")),
        ],
    );
    let _nginx = nginx(&config, theirs);
    let toml = example(
        "beside.toml",
        folder.path(),
        &[
            ("127.0.0.1:1936", &format!("127.0.0.1:{ours}")),
            ("127.0.0.1:1935", &format!("127.0.0.1:{theirs}")),
        ],
    );
    let mut command = Command::new(program("sharpcast"));
    command.args(["serve", "--http", "127.0.0.1:0", "--config"]).arg(toml).env("RUST_LOG", "info");
    let process = Process::start("sharpcast", &mut command);
    wait_for("sharpcast to listen", Duration::from_secs(60), || {
        process.stdout().contains("ready").then_some(())
    });
    let publish = harness::ffmpeg::Publish { gop: 24, ..Default::default() };
    let _publisher = publish.to(&format!("rtmp://127.0.0.1:{theirs}/live/demo"));
    let file = folder.path().join("sharp.flv");
    let url = format!("rtmp://127.0.0.1:{theirs}/sharp/demo");
    wait_for("the sharp picture in nginx", Duration::from_secs(60), || {
        let output = ffmpeg(&[
            "-y",
            "-rw_timeout",
            "8000000",
            "-i",
            &url,
            "-t",
            "2",
            "-c",
            "copy",
            file.to_str().unwrap(),
        ]);
        (output.status.success() && file.exists()).then_some(())
    });
    let seen = probe(file.to_str().unwrap(), &["-select_streams", "v", "-show_streams"]);
    assert_eq!(seen["streams"][0]["width"].as_u64(), Some(960), "twice as large: {}", process.stderr());
    assert!(pictures(&file) > 20);
}

#[test]
fn behind_a_cache_viewers_cost_one_request_for_each_segment() {
    let ours = harness::Server::set_up(&harness::server::Setup {
        http: "trusted_proxies = [\"127.0.0.1\"]",
        ..Default::default()
    });
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = example(
        "cache.conf",
        folder.path(),
        &[
            ("listen 80", &format!("listen 127.0.0.1:{port}")),
            ("server 127.0.0.1:8080", &format!("server {}", ours.address("http"))),
            ("/var/cache/nginx/sharpcast", folder.path().join("cache").to_str().unwrap()),
        ],
    );
    let _nginx = nginx(&config, port);
    let _publisher =
        harness::ffmpeg::Publish { gop: 24, ..Default::default() }.to(&ours.rtmp(harness::server::KEY));
    ours.demo().wait_playable("source");
    let get = |path: &str| {
        let mut answer = ureq::get(&format!("http://127.0.0.1:{port}{path}")).call().unwrap();
        let cache = answer.headers()["x-cache"].to_str().unwrap().to_owned();
        (cache, answer.body_mut().read_to_string().unwrap_or_default())
    };
    let (_, master) = get("/hls/demo/index.m3u8");
    assert!(master.contains("#EXT-X-STREAM-INF"), "{master}");
    let list = "/hls/demo/source/index.m3u8";
    // Everybody waits for the same part.
    let (_, text) = get(list);
    let number =
        |tag: &str| text.lines().find_map(|line| line.strip_prefix(tag)).unwrap().parse::<u64>().unwrap();
    let segments = text.lines().filter(|line| line.starts_with("#EXTINF")).count() as u64;
    let next = number("#EXT-X-MEDIA-SEQUENCE:") + segments + 1;
    let wanted = format!("{list}?_HLS_msn={next}&_HLS_part=0");
    let waiting: Vec<_> = std::thread::scope(|scope| {
        let viewers: Vec<_> = (0..4).map(|_| scope.spawn(|| get(&wanted))).collect();
        viewers.into_iter().map(|viewer| viewer.join().unwrap()).collect()
    });
    for (_, text) in &waiting {
        assert!(text.contains("#EXT-X-PART"), "{text}");
        assert_eq!(*text, waiting[0].1, "all have the same");
    }
    let missed = waiting.iter().filter(|(cache, _)| cache == "MISS").count();
    assert_eq!(missed, 1, "one of them asked: {waiting:?}");
    // A segment is fetched once.
    let segment = waiting[0].1.lines().find(|line| !line.is_empty() && !line.starts_with('#')).unwrap();
    let segment = format!("/hls/demo/source/{segment}");
    let seen: Vec<_> = (0..3).map(|_| get(&segment).0).collect();
    assert_eq!(seen, ["MISS", "HIT", "HIT"]);
}
