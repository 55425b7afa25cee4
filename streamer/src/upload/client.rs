//! The server's control API, as a streamer uses it.

use std::io::Read;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use api::control::model::PATCH_CONTENT_TYPE;
use api::control::{ModelReport, Problem, TrainingOrder, TrainingReport, routes};
use api::names::{StreamKey, StreamName};
use models::Fingerprint;
use serde::de::DeserializeOwned;
use thiserror::Error;
use ureq::http::Response;
use ureq::{Agent, Body, SendBody};
use url::{Host, Url};

/// For resolving and connecting, each. Neither can be interrupted, and the program should end within five seconds.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
/// For the answer after the whole request was sent: the server builds and proves a network before it answers.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);
/// For the word that a patch is welcome, before it is sent all the same.
const CONSENT_PATIENCE: Duration = Duration::from_secs(5);
/// Answers are small documents; more than this is not from the server that we mean.
const LARGEST_ANSWER: u64 = 256 << 10;

/// A stream on a server, and the right to change its network.
#[derive(Debug, Clone)]
pub struct UploadTarget {
    pub server: Url,
    pub name: StreamName,
    pub key: StreamKey,
}

/// A request that did not do what it should; the message says what to do.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The server understood and said no.
    #[error("{detail} (HTTP {status}){advice}")]
    Refused {
        status: u16,
        detail: String,
        /// What to do, with its punctuation; empty if the server's words say it all.
        advice: &'static str,
    },
    /// The server cannot do it now.
    #[error("the server is busy or failing (HTTP {status}): {detail}")]
    Unavailable { status: u16, detail: String },
    /// The server did not answer.
    #[error("no answer from the server: {0}; check that it runs and that --server is its HTTP address")]
    Network(#[source] Box<ureq::Error>),
    /// Something answered that is not this server.
    #[error("the answer cannot be understood ({0}); is --server the HTTP address of a sharpcast server?")]
    Answer(String),
}

impl ApiError {
    /// Whether the same request may succeed later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Network(_))
    }

    /// Whether a patch was refused as a patch: the server does not have what it starts from, or does not know patches.
    pub fn asks_for_the_whole(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 404 | 405 | 412 | 415 | 428),
            Self::Unavailable { status, .. } => *status == 501,
            Self::Network(_) | Self::Answer(_) => false,
        }
    }
}

/// Speaks to one stream's control API. Requests block; [`Self::hang_up`] ends them from another thread.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    /// Taken and shut down by [`Self::hang_up`].
    hang_up: Mutex<Option<Agent>>,
    target: UploadTarget,
    /// The package that the server has, as it said last.
    on_server: Mutex<Option<Fingerprint>>,
}

impl Client {
    pub fn new(target: UploadTarget) -> Self {
        let loopback = match target.server.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let mut config = Agent::config_builder()
            // An answer that says no has a body that says why.
            .http_status_as_error(false)
            .max_redirects(0) // the key goes to the address that was typed, nowhere else
            .timeout_resolve(Some(CONNECT_PATIENCE))
            .timeout_connect(Some(CONNECT_PATIENCE))
            .timeout_await_100(Some(CONSENT_PATIENCE))
            .timeout_recv_response(Some(ANSWER_PATIENCE))
            .timeout_recv_body(Some(ANSWER_PATIENCE))
            .user_agent(concat!("sharpcast-streamer/", env!("CARGO_PKG_VERSION")));
        // A proxy would look for the server on its own machine.
        if loopback {
            config = config.proxy(None);
        }
        let agent: Agent = config.build().into();
        Self { hang_up: Mutex::new(Some(agent.clone())), agent, target, on_server: Mutex::default() }
    }

    pub fn target(&self) -> &UploadTarget {
        &self.target
    }

    /// Asks what to train.
    pub fn training_order(&self) -> Result<TrainingOrder, ApiError> {
        let request = self.agent.get(self.url(&routes::training(&self.target.name)));
        let answer = request.header("authorization", self.authorization()).call();
        let order: TrainingOrder = understand(answer)?;
        self.learn(order.in_use.as_deref());
        Ok(order)
    }

    /// The package that the server has, as it said last: asked what to train, or given a package.
    pub fn on_server(&self) -> Option<Fingerprint> {
        *self.on_server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a model package of `length` bytes, as fast as `body` gives them.
    pub fn upload(&self, length: usize, body: &mut dyn Read) -> Result<ModelReport, ApiError> {
        let request = self.agent.put(self.url(&routes::model(&self.target.name)));
        let answer = request
            .header("authorization", self.authorization())
            .header("content-type", "application/octet-stream")
            .header("content-length", length.to_string())
            .send(SendBody::from_reader(body));
        self.reported(answer)
    }

    /// Sends a patch of `length` bytes to the package `base`, as fast as `body` gives them, once the server has said
    /// that it wants it.
    pub fn upload_patch(
        &self,
        base: Fingerprint,
        length: usize,
        body: &mut dyn Read,
    ) -> Result<ModelReport, ApiError> {
        let request = self.agent.patch(self.url(&routes::model(&self.target.name)));
        let answer = request
            .header("authorization", self.authorization())
            .header("content-type", PATCH_CONTENT_TYPE)
            .header("delta-base", format!("\"{}\"", base.to_hex()))
            .header("expect", "100-continue")
            .header("content-length", length.to_string())
            .send(SendBody::from_reader(body));
        self.reported(answer)
    }

    fn reported(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<ModelReport, ApiError> {
        let report: ModelReport = understand(answer)?;
        self.learn(Some(&report.fingerprint));
        Ok(report)
    }

    /// Text that is no fingerprint names nothing that we could have.
    fn learn(&self, fingerprint: Option<&str>) {
        let fingerprint = fingerprint.and_then(|text| text.parse().ok());
        *self.on_server.lock().unwrap_or_else(PoisonError::into_inner) = fingerprint;
    }

    /// Says how training stands.
    pub fn report(&self, report: &TrainingReport) -> Result<(), ApiError> {
        let request = self.agent.put(self.url(&routes::training(&self.target.name)));
        let answer = request.header("authorization", self.authorization()).send_json(report);
        accepted(answer).map(drop)
    }

    /// Ends what is going on, and everything after it.
    pub fn hang_up(&self) {
        if let Some(agent) = self.hang_up.lock().unwrap_or_else(PoisonError::into_inner).take() {
            agent.shutdown();
        }
    }

    fn url(&self, route: &str) -> String {
        format!("{}{route}", self.target.server.as_str().trim_end_matches('/'))
    }

    fn authorization(&self) -> String {
        format!("Bearer {}", self.target.key.expose())
    }
}

fn understand<T: DeserializeOwned>(answer: Result<Response<Body>, ureq::Error>) -> Result<T, ApiError> {
    serde_json::from_str(&accepted(answer)?).map_err(|error| ApiError::Answer(error.to_string()))
}

/// The body of an answer that says yes.
fn accepted(answer: Result<Response<Body>, ureq::Error>) -> Result<String, ApiError> {
    let mut answer = answer.map_err(|error| ApiError::Network(Box::new(error)))?;
    let status = answer.status();
    let text = answer.body_mut().with_config().limit(LARGEST_ANSWER).read_to_string();
    let text = text.map_err(|error| ApiError::Network(Box::new(error)))?;
    if status.is_success() {
        return Ok(text);
    }
    let detail = serde_json::from_str::<Problem>(&text).map_or_else(
        |_| status.canonical_reason().unwrap_or("no reason given").to_owned(),
        |problem| problem.detail,
    );
    let status = status.as_u16();
    match status {
        // These may pass by themselves; all others stay until somebody changes the command.
        408 | 425 | 429 | 500.. => Err(ApiError::Unavailable { status, detail }),
        _ => Err(ApiError::Refused { status, detail, advice: advice(status) }),
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => {
            "; the key does not belong to this name: give the stream's key, and its public name with --name"
        }
        404 => "; the server has no stream of this name: give its public name with --name",
        300..=399 => "; give the final address with --server",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;

    /// Answers one request with `answer`; gives the request's head and body.
    fn serve(answer: impl Into<String>) -> (UploadTarget, thread::JoinHandle<(String, Vec<u8>)>) {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}/prefix/", listener.local_addr().unwrap()).parse().unwrap();
        let target = UploadTarget { server, name: "demo".parse().unwrap(), key: "s3cret".parse().unwrap() };
        let peer = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let (mut head, mut body) = (String::new(), Vec::new());
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(reader.read_line(&mut head).unwrap(), 0);
            }
            let length = head
                .to_ascii_lowercase()
                .split_once("content-length: ")
                .map_or(0, |(_, rest)| rest.split("\r\n").next().unwrap().parse().unwrap());
            if head.contains("expect: 100-continue") && answer.starts_with("200") {
                reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
            }
            let expected = !head.contains("expect:") || answer.starts_with("200");
            body.resize(if expected { length } else { 0 }, 0);
            reader.read_exact(&mut body).unwrap();
            let stream: &mut TcpStream = reader.get_mut();
            write!(stream, "HTTP/1.1 {answer}").unwrap();
            (head, body)
        });
        (target, peer)
    }

    #[test]
    fn sends_a_package_whole_and_reads_the_report() {
        let report = r#"{"version":3,"fingerprint":"ab","outcome":"live"}"#;
        let answer = format!("200 OK\r\ncontent-length: {}\r\n\r\n{report}", report.len());
        let (target, peer) = serve(answer);
        let package = vec![9; 3000];
        let report = Client::new(target).upload(package.len(), &mut &package[..]).unwrap();
        assert_eq!((report.version, report.outcome), (3, api::control::Outcome::Live));
        let (head, body) = peer.join().unwrap();
        assert!(head.starts_with("PUT /prefix/api/v1/streams/demo/model HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("authorization: Bearer s3cret\r\n"), "{head}");
        assert_eq!(body, package);
    }

    #[test]
    fn sends_a_patch_to_what_the_server_has() {
        let base = Fingerprint::of(b"base");
        let report = format!(r#"{{"version":3,"fingerprint":"{}","outcome":"live"}}"#, base.to_hex());
        let (target, peer) = serve(format!("200 OK\r\ncontent-length: {}\r\n\r\n{report}", report.len()));
        let client = Client::new(target);
        assert_eq!(client.on_server(), None);
        client.upload_patch(base, 3, &mut &b"abc"[..]).unwrap();
        assert_eq!(client.on_server(), Some(base), "a package that it has taken is one that it has");
        let (head, body) = peer.join().unwrap();
        assert!(head.starts_with("PATCH /prefix/api/v1/streams/demo/model HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/vnd.sharpcast.patch\r\n"), "{head}");
        assert!(head.contains(&format!("delta-base: \"{}\"\r\n", base.to_hex())), "{head}");
        assert_eq!(body, b"abc");
    }

    #[test]
    fn a_patch_that_is_not_wanted_is_not_sent() {
        for (status, whole) in [
            (404, true),
            (405, true),
            (412, true),
            (415, true),
            (428, true),
            (501, true),
            (401, false),
            (503, false),
        ] {
            let (target, peer) = serve(format!("{status} No\r\ncontent-length: 0\r\n\r\n"));
            let mut body = &[7_u8; 3000][..];
            let refused =
                Client::new(target).upload_patch(Fingerprint::of(b""), body.len(), &mut body).unwrap_err();
            assert_eq!(refused.asks_for_the_whole(), whole, "{refused}");
            assert_eq!(body.len(), 3000, "nothing of it was read");
            peer.join().unwrap();
        }
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let (target, peer) = serve("404 Not Found\r\ncontent-length: 0\r\n\r\n");
        let error = Client::new(target).training_order().unwrap_err();
        assert!(!error.is_temporary());
        assert!(error.to_string().contains("--name"), "{error}");
        peer.join().unwrap();
    }

    #[test]
    fn a_busy_server_is_asked_again_and_a_stranger_is_not() {
        for (answer, temporary) in [
            ("503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", true),
            ("200 OK\r\ncontent-length: 5\r\n\r\nhello", false),
        ] {
            let (target, peer) = serve(answer);
            assert_eq!(
                Client::new(target).training_order().unwrap_err().is_temporary(),
                temporary,
                "{answer}"
            );
            peer.join().unwrap();
        }
    }

    #[test]
    fn hanging_up_ends_a_request_that_waits() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let target = UploadTarget { server, name: "demo".parse().unwrap(), key: "s3cret".parse().unwrap() };
        let client = Client::new(target);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| client.training_order());
            let (_silent, _) = listener.accept().unwrap();
            client.hang_up();
            assert!(waiting.join().unwrap().is_err());
            assert!(client.training_order().is_err());
        });
    }
}
