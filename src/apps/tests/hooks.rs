//! What hooks decide and hear.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

use super::*;
use crate::hooks::Redirects;

/// A hook that answers by the name that it is asked for, and notes what it is told.
async fn hook(told: Arc<Mutex<Vec<String>>>) -> (Url, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 8192];
            let mut length = 0;
            let body = loop {
                length += stream.read(&mut buffer[length..]).await.unwrap();
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let announced = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                let Some((_, body)) = text.split_once("\r\n\r\n") else { continue };
                if announced.is_none_or(|announced| body.len() >= announced.parse().unwrap()) {
                    break body.to_owned();
                }
            };
            let fields: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            let field = |name: &str| {
                fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
            };
            told.lock().push(format!("{} {}", field("call"), field("name")).trim().to_owned());
            let name = field("name");
            let elsewhere = name
                .strip_prefix("port-")
                .map(|port| format!("302 Found\r\nLocation: rtmp://127.0.0.1:{port}/live/there"));
            let answer = match name.as_str() {
                _ if elsewhere.is_some() => elsewhere.as_deref().unwrap_or_default(),
                "secret" => "302 Found\r\nLocation: shown",
                "closed" => "403 Forbidden",
                _ => "200 OK",
            };
            let answer = format!("HTTP/1.1 {answer}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, serving)
}

async fn eventually(told: &Mutex<Vec<String>>, expected: &[&str]) {
    for _ in 0..200 {
        if *told.lock() == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(*told.lock(), expected);
}

#[tokio::test]
async fn hooks_decide_rename_and_hear_the_end() {
    let told = Arc::default();
    let (url, _serving) = hook(Arc::clone(&told)).await;
    let url = Some(url);
    let hooks = HookSettings {
        connect: url.clone(),
        publish: url.clone(),
        play: url.clone(),
        publish_done: url.clone(),
        done: url,
        ..HookSettings::default()
    };
    let server = Server::start(vec![AppSettings { hooks, ..open("live") }]).await;
    assert_eq!(server.publish("live", "closed").await.unwrap_err(), "NetStream.Publish.Denied");
    let publisher = server.publish("live", "secret").await.unwrap();
    assert_eq!(server.names(), ["demo", "shown"]);
    assert_eq!(server.play("live", "closed").await.unwrap_err(), "NetStream.Play.Failed");
    publisher.close().await.unwrap();
    let expected = [
        "connect",
        "publish closed",
        "connect",
        "publish secret",
        "connect",
        "play closed",
        "publish_done shown",
        "done shown",
    ];
    let sorted = |mut told: Vec<String>| {
        told[6..].sort();
        told
    };
    eventually_sorted(&told, &expected, sorted).await;
}

/// The last two are told at the same time.
async fn eventually_sorted(
    told: &Mutex<Vec<String>>,
    expected: &[&str],
    sorted: impl Fn(Vec<String>) -> Vec<String>,
) {
    for _ in 0..200 {
        let now = told.lock().clone();
        if now.len() == expected.len() {
            let expected = expected.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(sorted(now), sorted(expected));
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{:?}", told.lock());
}

#[tokio::test]
async fn a_hook_that_is_down_lets_nobody_in() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}/", closed.local_addr().unwrap()).parse().unwrap();
    drop(closed);
    let hooks = HookSettings { publish: Some(url), ..HookSettings::default() };
    let server = Server::start(vec![AppSettings { hooks, ..open("live") }]).await;
    assert_eq!(server.publish("live", "one").await.unwrap_err(), "NetStream.Publish.Denied");
}

#[tokio::test]
async fn updates_end_what_they_do_not_want() {
    let told = Arc::default();
    let (url, _serving) = hook(Arc::clone(&told)).await;
    let update_every = Duration::from_millis(50);
    let hooks = HookSettings { update: Some(url), update_every, ..HookSettings::default() };
    let server = Server::start(vec![AppSettings { hooks, ..open("live") }]).await;
    let mut publisher = server.publish("live", "closed").await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), publisher.closed()).await.unwrap();
    assert_eq!(code(ended), "NetStream.Publish.Rejected");
    eventually(&told, &["update_publish closed"]).await;
}

#[tokio::test]
async fn hooks_may_send_streams_to_other_servers_and_fetch_them_from_there() {
    let (url, _serving) = hook(Arc::default()).await;
    let with = |redirects| {
        let url = Some(url.clone());
        HookSettings { publish: url.clone(), play: url, redirects, ..HookSettings::default() }
    };
    let there = Server::start(vec![open("live")]).await;
    let name = format!("port-{}", there.address.port());

    let careful = Server::start(vec![AppSettings { hooks: with(Redirects::Names), ..open("live") }]).await;
    assert_eq!(careful.publish("live", &name).await.unwrap_err(), "NetStream.Publish.Denied");
    assert_eq!(careful.play("live", &name).await.unwrap_err(), "NetStream.Play.StreamNotFound");

    let hooks = with(Redirects::Addresses);
    let here = Server::start(vec![AppSettings { hooks, ..open("live") }]).await;
    let mut publisher = here.publish("live", &name).await.unwrap();
    assert_eq!(here.names(), ["demo", name.as_str()]);
    let arrived = async {
        while there.names().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.unwrap();
    assert_eq!(there.names(), ["demo", "there"]);

    // Somebody else plays it from there, and it has a name of its own here.
    let hooks = with(Redirects::NamedAddresses);
    let third = Server::start(vec![AppSettings { hooks, ..open("live") }]).await;
    let more = async {
        for second in 1.. {
            let body = Bytes::from_static(&[0xaf, 1, 0x21]);
            publisher.send(&Tag { kind: TagKind::Audio, timestamp: second * 100, body }).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let plays = async {
        let mut player = third.play("live", &name).await.unwrap();
        while player.next_tag().await.unwrap().unwrap().kind != TagKind::Audio {}
    };
    tokio::select! {
        () = more => {}
        played = tokio::time::timeout(Duration::from_secs(20), plays) => played.unwrap(),
    }
    assert_eq!(third.names()[1].len(), 32, "{:?}", third.names());
}
