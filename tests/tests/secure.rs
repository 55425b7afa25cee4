//! TLS with FFmpeg as publisher and player, a certificate that changes meanwhile, relays over TLS, and orders with the admin key.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail where they stand")]

use std::path::Path;
use std::time::Duration;

use harness::ffmpeg::{Publish, ffmpeg};
use harness::server::Setup;
use harness::{Server, wait_for};
use serde_json::{Value, json};

/// Writes a new certificate for `localhost` that vouches for itself.
fn certify(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("certificate.pem"), made.cert.pem()).unwrap();
}

/// A server with an open application that listens for RTMP and HTTP over TLS, too.
fn secure_server(folder: &Path) -> Server {
    let folder = folder.display();
    let tls = format!("[tls]\ncertificate = \"{folder}/certificate.pem\"\nkey = \"{folder}/key.pem\"\n");
    let listen = "listen_tls = \"127.0.0.1:0\"";
    Server::set_up(&Setup {
        rtmp: listen,
        http: listen,
        more: &format!("{tls}{APPLICATION}"),
        ..Setup::default()
    })
}

const APPLICATION: &str = "[[application]]\nname = \"live\"\npublish = \"open\"\n";

/// What FFmpeg counts of a playlist that it reads over HTTPS for two seconds, trusting one authority.
fn pictures(url: &str, trusted: &Path) -> u64 {
    let trusted = trusted.to_str().unwrap();
    let checked = ["-v", "error", "-tls_verify", "1", "-ca_file", trusted, "-i", url, "-t", "2"];
    let output =
        ffmpeg(&[&checked[..], &["-progress", "pipe:1", "-map", "0:v:0", "-f", "null", "-"]].concat());
    let told = String::from_utf8(output.stdout).unwrap();
    let frames = told.lines().filter_map(|line| line.strip_prefix("frame=")).next_back();
    frames.map_or(0, |frames| frames.trim().parse().unwrap())
}

#[test]
fn rtmp_and_hls_go_over_tls_and_a_new_certificate_disturbs_nobody() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    let first = folder.path().join("first.pem");
    std::fs::copy(folder.path().join("certificate.pem"), &first).unwrap();
    let server = secure_server(folder.path());
    let publish = Publish { seconds: 25, ..Publish::default() };
    let url = format!("rtmps://localhost:{}/live/safe", server.port("rtmps"));
    let mut publisher = publish.to(&url);
    server.stream("safe").wait_playable("source");
    let playlist = format!("https://localhost:{}/hls/safe/index.m3u8", server.port("https"));
    assert!(pictures(&playlist, &first) >= 40, "{}", publisher.stderr());

    certify(folder.path());
    let second = folder.path().join("certificate.pem");
    wait_for("the new certificate", Duration::from_secs(15), || {
        (pictures(&playlist, &second) >= 40).then_some(())
    });
    assert_eq!(pictures(&playlist, &first), 0, "the old certificate is shown no more");
    assert!(publisher.wait(Duration::from_secs(30)).success(), "{}", publisher.stderr());
    let (_, status) = server.get("/api/v1/streams/safe");
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["discontinuities"], 0);
    assert_eq!(status["video"]["frames"], 25 * 24, "{status}");
}

#[test]
fn relays_go_over_tls_to_whom_the_system_trusts() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    let far = secure_server(folder.path());
    let push = |host: &str| {
        let url = format!("rtmps://{host}:{}/live", far.port("rtmps"));
        format!("[[application.push]]\nurl = \"{url}\"\nreconnect = \"1s\"\n")
    };
    let trusted = folder.path().join("certificate.pem");
    let environment = [("SSL_CERT_FILE", trusted.to_str().unwrap())];
    let more = format!("{APPLICATION}{}", push("localhost"));
    let near = Server::set_up(&Setup { more: &more, environment: &environment, ..Setup::default() });
    let mut publisher =
        Publish { seconds: 8, ..Publish::default() }.to(&format!("{}/relayed", near.rtmp_app()));
    far.stream("relayed").wait_playable("source");
    assert!(publisher.wait(Duration::from_secs(20)).success(), "{}", publisher.stderr());

    // The certificate is not of this name.
    let more = format!("{APPLICATION}{}", push("127.0.0.1"));
    let near = Server::set_up(&Setup { more: &more, environment: &environment, ..Setup::default() });
    let _publisher =
        Publish { seconds: 20, ..Publish::default() }.to(&format!("{}/misnamed", near.rtmp_app()));
    wait_for("the reason in the log", Duration::from_secs(15), || {
        near.process.stderr().contains("certificate").then_some(())
    });
}

#[test]
fn who_has_the_admin_key_makes_streams_and_ends_connections() {
    let key = "the-admins-s3cret";
    let server = Server::set_up(&Setup { http: &format!("admin_key = \"{key}\""), ..Setup::default() });
    let ask = |server: &Server, method: &str, path: &str, key: &str, body: &str| {
        let (status, body) = server.order(method, path, key, body);
        (status, serde_json::from_str::<Value>(&body).unwrap_or(Value::Null))
    };
    let body = json!({ "name": "event" }).to_string();
    let (status, problem) = ask(&server, "POST", "/api/v1/streams", "wrong", &body);
    assert_eq!(status, 401, "{problem}");
    let (status, problem) = ask(&server, "POST", "/api/v1/streams", harness::server::KEY, &body);
    assert_eq!(status, 401, "a stream's key gives no orders: {problem}");
    let (status, made) = ask(&server, "POST", "/api/v1/streams", key, &body);
    assert_eq!(status, 201, "{made}");
    let stream_key = made["key"].as_str().unwrap().to_owned();
    assert_eq!(ask(&server, "POST", "/api/v1/streams", key, &body).0, 409, "the name is taken");
    let nonsense = ask(&server, "POST", "/api/v1/streams", key, "{\"name\":\"../x\"}");
    assert_eq!(nonsense.0, 400, "{}", nonsense.1);

    let mut publisher = Publish::default().to(&server.rtmp(&stream_key));
    server.stream("event").wait_playable("source");
    let (_, clients) = ask(&server, "GET", "/api/v1/clients", key, "");
    assert_eq!(clients[0]["doing"], "publishes", "{clients}");
    assert_eq!(clients[0]["stream"], "event");
    let path = format!("/api/v1/clients/{}", clients[0]["id"]);
    assert_eq!(ask(&server, "DELETE", &path, key, "").0, 204);
    assert!(!publisher.wait(Duration::from_secs(10)).success(), "the publisher was dropped");

    // A configuration that is read again changes what it names, and nothing that orders have made.
    let text = server.configuration();
    server.write(&text.replace("name = \"other\"", "name = \"another\""));
    let (status, report) = ask(&server, "POST", "/api/v1/reload", key, "");
    assert_eq!((status, &report["needs_restart"]), (200, &json!([])), "{report}");
    assert_eq!(server.get("/api/v1/streams/another").0, 200);
    assert_eq!(server.get("/api/v1/streams/event").0, 200);
    server.write("[rmtp]");
    let (status, problem) = ask(&server, "POST", "/api/v1/reload", key, "");
    assert_eq!(status, 400);
    assert!(problem["detail"].as_str().unwrap().contains("rmtp"), "{problem}");

    let (status, renewed) = ask(&server, "POST", "/api/v1/streams/event/key", key, "");
    assert_eq!(status, 200);
    assert_ne!(renewed["key"], made["key"]);
    assert_eq!(ask(&server, "DELETE", "/api/v1/streams/event", key, "").0, 204);
    assert_eq!(server.get("/api/v1/streams/event").0, 404);
}

#[test]
fn without_an_admin_key_nobody_gives_orders() {
    let server = Server::with("enabled = false", "");
    let (status, problem) = server.order("GET", "/api/v1/clients", "", "");
    assert_eq!(status, 403);
    assert!(problem.contains("admin_key"), "{problem}");
}
