//! Training reports over a socket, as streamers send them.

use std::time::Instant;

use api::control::{
    Problem, QualityLook, TrainingEnd, TrainingReason, TrainingRecord, TrainingState, training,
};
use api::shutdown::Shutdown;
use axum::extract::ConnectInfo;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::abuse::{Connections, WrongKeys};
use crate::http::status::{status, summary};
use crate::http::{AccessSettings, OperatorPages, Parts, Web, record_orders, reload_orders};
use crate::inference::fake::FakeBackend;
use crate::inference::{Library, Profile};
use crate::streams::{Publication, SessionSettings, StreamSettings, Streams};

const KEY: &str = "s3cret";

struct Server {
    app: App,
    streams: Arc<Streams>,
    stream: Arc<Stream>,
    address: SocketAddr,
    _tasks: tokio::task::JoinSet<()>,
}

impl Server {
    async fn start() -> Self {
        let engine = FakeBackend::default().engine();
        let library = Library::start(engine.handle(), None, 2).unwrap();
        let stream =
            StreamSettings { name: "demo".parse().unwrap(), key: Some(KEY.parse().unwrap()), profile: None };
        let settings = SessionSettings::passthrough();
        let streams = Arc::new(Streams::new(Profile::Plain, settings));
        let stream = streams.add(stream).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Connections::new(100);
        let keys = Arc::new(WrongKeys::default());
        let access = Arc::new(AccessSettings::default());
        let app = App::new(Parts {
            streams: Arc::clone(&streams),
            library: library.handle(),
            keys,
            connections: Arc::clone(&connections),
            clients: Arc::default(),
            pages: OperatorPages::default(),
            access: Arc::clone(&access),
            reload: reload_orders().0,
            record: record_orders().0,
        });
        let router = super::super::router(app.clone());
        let mut tasks = tokio::task::JoinSet::new();
        let web = Web { router, connections, access };
        tasks.spawn(super::super::serve(listener, None, web, Shutdown::new()));
        Self { app, streams, stream, address, _tasks: tasks }
    }

    fn publish(&self) -> Publication {
        self.stream.publish().unwrap()
    }

    /// What the stream's state says of training.
    fn kept(&self) -> Option<TrainingReport> {
        status(&self.stream, Instant::now()).0.training
    }

    async fn put(&self, body: &[u8]) -> (u16, String) {
        self.ask("PUT", "/api/v1/streams/demo/training", &format!("Bearer {KEY}"), body).await
    }

    async fn put_report(&self, report: &TrainingReport) -> (u16, String) {
        self.put(&serde_json::to_vec(report).unwrap()).await
    }

    async fn ask(&self, method: &str, path: &str, authorization: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: {authorization}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // A server that refuses by the length alone may close before it has all.
        let _ = stream.write_all(body).await;
        answer(stream).await
    }
}

async fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

/// With full lists and every digit that a number can have.
fn full() -> TrainingReport {
    let third = 1.0 / 3.0;
    let look = |index| QualityLook {
        at_s: 36_000.0 + f64::from(index) * third,
        plain_db: 30.0 + third,
        net_db: 31.0 + third,
        smoothed_gain_db: -third,
    };
    let training = |index| TrainingRecord {
        from_s: 36_000.0 + f64::from(index) * third,
        to_s: Some(36_000.0 + third),
        reason: TrainingReason::Decline,
        pairs: 123_456,
        steps: 123_456,
        seconds: 30.0 + third,
        before_db: 30.0 + third,
        gain_db: -third,
        goal_db: Some(third),
        predicted_db: Some(third),
        remembered: false,
        end: Some(TrainingEnd::Overtaken),
    };
    TrainingReport {
        state: TrainingState::TooSlow,
        looks: (0..training::MOST_LOOKS as u32).map(look).collect(),
        trainings: (0..training::MOST_TRAININGS as u32).map(training).collect(),
        trainings_total: 1234,
        seconds_total: 36_000.0 + third,
    }
}

#[tokio::test]
async fn a_full_report_is_shown_and_the_next_one_adds_to_it() {
    let server = Server::start().await;
    let _publication = server.publish();
    let sent = full();
    assert!(serde_json::to_vec(&sent).unwrap().len() * 3 / 2 < MAX_REPORT_BYTES);
    assert_eq!(server.put_report(&sent).await, (204, String::new()));
    let (status, body) = server.ask("GET", "/api/v1/streams/demo", "", b"").await;
    let shown: api::control::StreamStatus = serde_json::from_str(&body).unwrap();
    assert_eq!((status, shown.training), (200, Some(sent.clone())));
    let next = TrainingReport { state: TrainingState::Resting, ..TrainingReport::default() };
    assert_eq!(server.put_report(&next).await.0, 204);
    let added = TrainingReport { looks: sent.looks, trainings: sent.trainings, ..next };
    assert_eq!(server.kept(), Some(added));
    let (_, list) = server.ask("GET", "/api/v1/streams", "", b"").await;
    assert!(list.contains("\"training\":\"resting\""), "{list}");
}

#[tokio::test]
async fn who_has_no_key_or_no_stream_is_told() {
    let server = Server::start().await;
    let _publication = server.publish();
    let (path, other) = ("/api/v1/streams/demo/training", "/api/v1/streams/other/training");
    let right = format!("Bearer {KEY}");
    for (path, authorization, status, kind) in [
        (path, "", 401, "key-missing"),
        (path, "Basic s3cret", 401, "key-missing"),
        (path, "Bearer wrong", 401, "key-wrong"),
        (other, right.as_str(), 404, "no-such-stream"),
    ] {
        let (found, body) = server.ask("PUT", path, authorization, b"{}").await;
        let problem: Problem = serde_json::from_str(&body).unwrap();
        assert_eq!((found, problem.kind), (status, format!("/problems/{kind}")), "{authorization:?}");
    }
    assert_eq!(server.kept(), None);
}

#[tokio::test]
async fn who_guesses_keys_has_to_wait() {
    let server = Server::start().await;
    let _publication = server.publish();
    let ask = |peer: [u8; 4], key: &str| {
        let request = axum::http::Request::builder()
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .extension(ConnectInfo(SocketAddr::from((peer, 1))));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let found = authorise(&server.app, "demo", &parts);
        found.map_or_else(|error| error.into_response().status().as_u16(), |_| 200)
    };
    let guesser = [203, 0, 113, 7];
    assert_eq!(ask(guesser, KEY), 200);
    for _ in 0..10 {
        assert_eq!(ask(guesser, "wrong"), 401);
    }
    assert_eq!(ask(guesser, "wrong"), 429);
    assert_eq!(ask(guesser, KEY), 429, "or the answer would tell that it is right");
    assert_eq!(ask([203, 0, 113, 8], KEY), 200);
    let (_, metrics) = server.ask("GET", "/metrics", "", b"").await;
    assert!(metrics.contains("sharpcast_keys_refused_total{reason=\"too-many\"} 2"), "{metrics}");
}

#[tokio::test]
async fn a_bad_report_is_explained_and_replaces_nothing() {
    let server = Server::start().await;
    let _publication = server.publish();
    let good = full();
    assert_eq!(server.put_report(&good).await.0, 204);
    let text = serde_json::to_string(&good).unwrap();
    let spoilt = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
    let third = "\"plain_db\":30.333333333333332";
    let mut looks = good.clone();
    looks.looks.push(looks.looks[0]);
    let mut trainings = good.clone();
    trainings.trainings.push(trainings.trainings[0].clone());
    let many = |report| serde_json::to_vec(report).unwrap();
    for (body, status, kind, says) in [
        (b"".to_vec(), 400, "bad-request", "EOF"),
        (b"not JSON".to_vec(), 400, "bad-request", "JSON"),
        (vec![0xff; 100], 400, "bad-request", "JSON"),
        (vec![b'['; 60_000], 400, "bad-request", "expected value"),
        (format!("{{\"x\":{}", "[".repeat(60_000)).into_bytes(), 400, "bad-request", "EOF"),
        (text.as_bytes()[..text.len() - 1].to_vec(), 400, "bad-request", "EOF"),
        (b"{}".to_vec(), 422, "report-rejected", "missing field `state`"),
        (spoilt(third, "\"plain_db\":NaN"), 400, "bad-request", "looks[0].plain_db"),
        (spoilt(third, "\"plain_db\":1e999"), 400, "bad-request", "looks[0].plain_db"),
        (spoilt(third, "\"plain_db\":null"), 422, "report-rejected", "looks[0].plain_db"),
        (spoilt(third, "\"plain_db\":1e300"), 422, "report-rejected", "looks[0].plain_db is 1e300; 0 to 120"),
        (spoilt("\"steps\":123456", "\"steps\":-1"), 422, "report-rejected", "trainings[0].steps"),
        (spoilt("too-slow", "dancing"), 422, "report-rejected", "unknown variant `dancing`"),
        (many(&looks), 422, "report-rejected", "looks has 241 entries"),
        (many(&trainings), 422, "report-rejected", "trainings has 33 entries"),
        (vec![b' '; MAX_REPORT_BYTES + 1], 413, "report-too-large", "65536 bytes"),
    ] {
        let (found, answer) = server.put(&body).await;
        let problem: Problem = serde_json::from_str(&answer).unwrap();
        assert_eq!((found, problem.kind), (status, format!("/problems/{kind}")), "{}", problem.detail);
        assert!(problem.detail.contains(says), "{says:?} is not in {:?}", problem.detail);
        assert_eq!(server.kept().as_ref(), Some(&good), "{says}");
    }
}

#[tokio::test]
async fn a_report_of_unknown_length_is_bounded_as_well() {
    let server = Server::start().await;
    let _publication = server.publish();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "PUT /api/v1/streams/demo/training HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
         Authorization: Bearer {KEY}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("{MAX_REPORT_BYTES:x}\r\n{}\r\n1\r\n \r\n", " ".repeat(MAX_REPORT_BYTES));
    let _ = stream.write_all(chunk.as_bytes()).await;
    assert_eq!(answer(stream).await.0, 413);
}

#[tokio::test]
async fn a_report_lives_as_long_as_its_publisher() {
    let server = Server::start().await;
    let stream = &server.stream;
    let report = TrainingReport::default();
    let (status, body) = server.put_report(&report).await;
    let problem: Problem = serde_json::from_str(&body).unwrap();
    assert_eq!((status, problem.kind.as_str()), (409, "/problems/not-published"));
    assert!(problem.detail.contains("publish first"), "{}", problem.detail);

    let publication = server.publish();
    assert_eq!(server.kept(), None);
    assert_eq!(server.put_report(&report).await.0, 204);
    drop(publication);
    assert_eq!(server.kept(), Some(report.clone()), "it stays while the publisher is waited for");
    assert_eq!(server.put_report(&report).await.0, 204, "and new ones come then, too");

    let publication = server.publish();
    assert_eq!(server.kept(), None, "whoever publishes next has said nothing yet");
    assert_eq!(server.put_report(&report).await.0, 204);
    server.streams.end().await;
    assert_eq!((server.kept(), summary(stream).training), (None, None));
    assert_eq!(server.put_report(&report).await.0, 409);
    drop(publication);
}

#[tokio::test]
async fn metrics_say_how_training_stands() {
    let server = Server::start().await;
    let _publication = server.publish();
    let (_, before) = server.ask("GET", "/metrics", "", b"").await;
    assert!(!before.contains("sharpcast_training_state{"), "{before}");
    let mut report = full();
    report.trainings[31].end = None;
    assert_eq!(server.put_report(&report).await.0, 204);
    let (_, after) = server.ask("GET", "/metrics", "", b"").await;
    for line in [
        "sharpcast_training_state{stream=\"demo\",state=\"too-slow\"} 1",
        "sharpcast_training_state{stream=\"demo\",state=\"resting\"} 0",
        "sharpcast_trainings_total{stream=\"demo\"} 1234",
        "sharpcast_trainings_latest{stream=\"demo\",reason=\"decline\",end=\"overtaken\"} 31",
        "sharpcast_trainings_latest{stream=\"demo\",reason=\"decline\",end=\"none\"} 1",
        "sharpcast_training_seconds_total{stream=\"demo\"} 36000.333333333336",
        "sharpcast_training_gain_decibels{stream=\"demo\"} -0.3333333333333333",
    ] {
        assert!(after.contains(&format!("\n{line}\n")), "{line} is not in\n{after}");
    }
}

#[tokio::test]
async fn streams_come_and_go_while_the_server_runs() {
    let server = Server::start().await;
    let added = StreamSettings {
        name: "late".parse().unwrap(),
        key: Some("late-key".parse().unwrap()),
        profile: None,
    };
    assert_eq!(server.ask("GET", "/api/v1/streams/late", "", b"").await.0, 404);
    let stream = server.streams.add(added).unwrap();
    let publication = stream.publish().unwrap();

    let (_, list) = server.ask("GET", "/api/v1/streams", "", b"").await;
    let list: Vec<api::control::StreamSummary> = serde_json::from_str(&list).unwrap();
    let names: Vec<_> = list.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(names, ["demo", "late"]);
    let (_, metrics) = server.ask("GET", "/metrics", "", b"").await;
    assert!(metrics.contains("\nsharpcast_publisher_connected{stream=\"late\"} 1.0\n"), "{metrics}");
    let report = serde_json::to_vec(&TrainingReport::default()).unwrap();
    let path = "/api/v1/streams/late/training";
    assert_eq!(server.ask("PUT", path, "Bearer late-key", &report).await.0, 204);
    let package = server.ask("PUT", "/api/v1/streams/late/model", "Bearer late-key", b"no package").await;
    assert_ne!(package.0, 404, "{}", package.1);

    server.streams.remove(stream.name()).await.unwrap();
    for path in ["/api/v1/streams/late", "/hls/late/index.m3u8", "/watch/late"] {
        assert_eq!(server.ask("GET", path, "", b"").await.0, 404, "{path}");
    }
    assert_eq!(server.ask("PUT", path, "Bearer late-key", &report).await.0, 404);
    let (_, metrics) = server.ask("GET", "/metrics", "", b"").await;
    assert!(!metrics.contains("\"late\""), "{metrics}");
    drop(publication);
}
