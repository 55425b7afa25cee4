//! `sharpcast serve` under test.

use std::process::Command;
use std::time::Duration;

use api::control::TrainingReport;
use serde_json::Value;

use crate::process::{Process, program};
use crate::wait_for;

/// Key of the stream `demo`.
pub const KEY: &str = "s3cret-demo";
/// Key of the stream `other`.
pub const OTHER_KEY: &str = "s3cret-other";

/// A running server.
pub struct Server {
    /// The process itself.
    pub process: Process,
    ready: String,
    folder: tempfile::TempDir,
}

/// What its configuration says, table by table, and what is in its environment.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    pub rtmp: &'a str,
    pub http: &'a str,
    pub enhance: &'a str,
    /// Further tables.
    pub more: &'a str,
    pub environment: &'a [(&'a str, &'a str)],
}

impl Default for Setup<'_> {
    /// Without an enhanced rendition.
    fn default() -> Self {
        Self { rtmp: "", http: "", enhance: "enabled = false", more: "", environment: &[] }
    }
}

/// One stream of a server, by name.
pub struct Stream<'a> {
    server: &'a Server,
    name: &'a str,
}

impl Server {
    /// With the streams `demo` and `other`, the smallest net, no second stage and a grace period of 5 s.
    pub fn start() -> Self {
        Self::with("profile = \"nano\"\ntemporal = \"off\"", "")
    }

    /// `enhance` are lines for the `[enhance]` table, `more` is anything else that a configuration may have.
    pub fn with(enhance: &str, more: &str) -> Self {
        Self::set_up(&Setup { enhance, more, ..Setup::default() })
    }

    pub fn set_up(setup: &Setup<'_>) -> Self {
        let Setup { rtmp, http, enhance, more, environment } = setup;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sharpcast.toml");
        let text = format!(
            "[rtmp]\nlisten = \"127.0.0.1:0\"\ngrace = \"5s\"\n{rtmp}\n\
             [http]\nlisten = \"127.0.0.1:0\"\n{http}\n[enhance]\n{enhance}\n[[stream]]\nname = \"demo\"\nkey = \"{KEY}\"\n\
             [[stream]]\nname = \"other\"\nkey = \"{OTHER_KEY}\"\n{more}\n"
        );
        std::fs::write(&path, text).unwrap();
        let mut command = Command::new(program("sharpcast"));
        command.arg("serve").arg("--config").arg(&path).env("RUST_LOG", "info");
        command.envs(environment.iter().copied());
        let mut process = Process::start("sharpcast", &mut command);
        let ready = wait_for("the server's ready line", Duration::from_secs(40), || {
            assert!(process.running(), "the server ended at once:\n{}", process.stderr());
            process.stdout().lines().find(|line| line.starts_with("ready ")).map(str::to_owned)
        });
        Self { process, ready, folder }
    }

    /// Where it listens for `rtmp`, `http`, `rtmps` or `https`.
    pub fn address(&self, what: &str) -> &str {
        let fields = self.ready.split(' ').filter_map(|field| field.split_once('='));
        let found = fields.into_iter().find_map(|(name, address)| (name == what).then_some(address));
        found.unwrap_or_else(|| panic!("no {what} in {:?}", self.ready))
    }

    /// The port of that address.
    pub fn port(&self, what: &str) -> &str {
        self.address(what).rsplit(':').next().unwrap_or_default()
    }

    /// The text of its configuration.
    pub fn configuration(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("sharpcast.toml")).unwrap()
    }

    /// Gives it another one, while it runs.
    pub fn configure(&mut self, text: &str) {
        self.write(text);
        self.process.signal("HUP");
    }

    /// The same, and it is not told.
    pub fn write(&self, text: &str) {
        std::fs::write(self.folder.path().join("sharpcast.toml"), text).unwrap();
    }

    /// Status and body of an order with the admin key.
    pub fn order(&self, method: &str, path: &str, key: &str, body: &str) -> (u16, String) {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.http()));
        let request = request.header("authorization", format!("Bearer {key}"));
        let request = request.header("content-type", "application/json").body(body.to_owned()).unwrap();
        let agent: ureq::Agent = agent();
        let mut answer =
            agent.run(agent.configure_request(request).allow_non_standard_methods(true).build()).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// `rtmp://127.0.0.1:PORT/live/KEY`
    pub fn rtmp(&self, key: &str) -> String {
        format!("rtmp://{}/live/{key}", self.rtmp_address())
    }

    /// `rtmp://127.0.0.1:PORT/live`
    pub fn rtmp_app(&self) -> String {
        format!("rtmp://{}/live", self.rtmp_address())
    }

    /// Address of the RTMP port.
    pub fn rtmp_address(&self) -> &str {
        self.address("rtmp")
    }

    /// `http://127.0.0.1:PORT`
    pub fn http(&self) -> String {
        format!("http://{}", self.address("http"))
    }

    /// The stream `demo`.
    pub fn demo(&self) -> Stream<'_> {
        self.stream("demo")
    }

    /// A stream by its public name.
    pub fn stream<'a>(&'a self, name: &'a str) -> Stream<'a> {
        Stream { server: self, name }
    }

    /// Status and body of a request without a body.
    pub fn get(&self, path: &str) -> (u16, String) {
        let (status, body) = self.get_bytes(path);
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// Status and body of a request without a body.
    pub fn get_bytes(&self, path: &str) -> (u16, Vec<u8>) {
        let mut answer = agent().get(format!("{}{path}", self.http())).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_vec().unwrap())
    }
}

impl Stream<'_> {
    /// `GET /api/v1/streams/NAME`
    pub fn status(&self) -> Value {
        let (status, body) = self.server.get(&format!("/api/v1/streams/{}", self.name));
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// One number of the status, by JSON pointer; 0 while it is not there.
    pub fn number(&self, pointer: &str) -> f64 {
        self.status().pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0)
    }

    /// One counter of the status, by JSON pointer; 0 while it is not there.
    pub fn count(&self, pointer: &str) -> u64 {
        self.status().pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
    }

    /// URL of the multivariant playlist.
    pub fn playlist_url(&self) -> String {
        format!("{}/hls/{}/index.m3u8", self.server.http(), self.name)
    }

    /// URL of a rendition's playlist.
    pub fn rendition_url(&self, rendition: &str) -> String {
        format!("{}/hls/{}/{rendition}/index.m3u8", self.server.http(), self.name)
    }

    /// A rendition's playlist as text; none while there is none.
    pub fn playlist(&self, rendition: &str) -> Option<String> {
        let (status, body) = self.server.get(&format!("/hls/{}/{rendition}/index.m3u8", self.name));
        (status == 200).then_some(body)
    }

    /// Waits until a rendition can be played.
    pub fn wait_playable(&self, rendition: &str) -> String {
        wait_for(&format!("{} {rendition} playlist", self.name), Duration::from_secs(30), || {
            self.playlist(rendition)
        })
    }

    /// Waits until `frames` pictures have left the enhanced lane.
    pub fn wait_enhanced(&self, frames: u64) {
        wait_for(&format!("{frames} enhanced pictures"), Duration::from_secs(60), || {
            (self.count("/enhance/f_edsr") + self.count("/enhance/plain") >= frames).then_some(())
        });
    }

    /// `PUT` of a training report: status and body.
    pub fn put_training(&self, key: &str, report: &TrainingReport) -> (u16, String) {
        let url = format!("{}/api/v1/streams/{}/training", self.server.http(), self.name);
        let request = agent().put(&url).header("authorization", format!("Bearer {key}"));
        let mut answer = request.send_json(report).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// `PATCH` of a model package with these headers beside the key: status and body.
    pub fn patch_model(&self, key: &str, headers: &[(&str, &str)], patch: &[u8]) -> (u16, String) {
        let url = format!("{}/api/v1/streams/{}/model", self.server.http(), self.name);
        let request = agent().patch(&url).header("authorization", format!("Bearer {key}"));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut answer = request.send(patch).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// `PUT` of a model package: status and body.
    pub fn put_model(&self, key: &str, package: &[u8]) -> (u16, String) {
        let url = format!("{}/api/v1/streams/{}/model", self.server.http(), self.name);
        let request = agent().put(&url).header("authorization", format!("Bearer {key}"));
        match request.send(package) {
            // Packages are taken at a bounded rate, wrong ones included; a client waits as it is told.
            Ok(answer) if answer.status() == 429 => {
                std::thread::sleep(Duration::from_secs(1));
                self.put_model(key, package)
            }
            Ok(mut answer) => (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap()),
            // A server that refuses a large body may close before all of it is written.
            Err(ureq::Error::Io(error)) => (0, error.to_string()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// HTTP client that hands out 4xx and 5xx as answers.
pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(15)))
        .build()
        .into()
}
