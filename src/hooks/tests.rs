//! Hooks of every kind: a server that answers what it is told to.

use nginx_compat::callback::{Answer, Call, Event, Peer};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::json::json;
use super::*;

/// A call about a peer. `arguments`: what it has put behind its `?`.
fn call<'a>(event: Event<'a>, arguments: &'a str) -> Call<'a> {
    let peer = Peer {
        app: "live",
        flash_version: "FMLE/3.0 (compatible; FMSc/1.0)",
        tc_url: "rtmp://example.org/live",
        address: "192.0.2.7",
        client: 5,
        ..Peer::default()
    };
    Call { peer, event, arguments }
}

const PUBLISH: Event<'_> = Event::Publish { name: "one", kind: "live" };

/// A hook that answers once; what it was asked comes back.
async fn hook(answer: &'static str) -> (Url, JoinSet<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?token=a", listener.local_addr().unwrap()).parse().unwrap();
    let mut asked = JoinSet::new();
    asked.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 4096];
        let length = stream.read(&mut buffer).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    });
    (url, asked)
}

#[test]
fn what_a_peer_says_stays_apart_from_our_own_fields() {
    let publish = Event::Publish { name: "x&call=done", kind: "live" };
    let json: Value =
        serde_json::from_str(&json(&call(publish, "call=done&addr=10.0.0.1&a+b=%C3%A4"))).unwrap();
    assert_eq!((&json["call"], &json["addr"]), (&"publish".into(), &"192.0.2.7".into()));
    assert_eq!((&json["name"], &json["clientid"]), (&"x&call=done".into(), &"5".into()));
    assert_eq!((&json["arguments"]["call"], &json["arguments"]["a b"]), (&"done".into(), &"ä".into()));
}

#[tokio::test]
async fn answers_mean_what_they_mean_there() {
    for (said, meant) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Answer::Allow),
        ("HTTP/1.1 204 No Content\r\n\r\n", Answer::Allow),
        ("HTTP/1.1 302 Found\r\nLocation: other\r\n\r\n", Answer::Rename("other".to_owned())),
        ("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n", Answer::Allow),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Answer::Deny),
        ("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", Answer::Deny),
    ] {
        let (url, asked) = hook(said).await;
        let settings = HookSettings { publish: Some(url), ..HookSettings::default() };
        let answer = Caller::new().ask(&settings, &call(PUBLISH, "")).await.unwrap();
        assert_eq!(answer, meant, "{said}");
        let asked = asked.join_all().await.remove(0);
        assert!(asked.starts_with("POST /hook?token=a HTTP/1.1\r\n"), "{asked}");
        assert!(asked.ends_with("&clientid=5&call=publish&name=one&type=live"), "{asked}");
    }
}

#[tokio::test]
async fn a_hook_may_be_asked_with_get() {
    let (url, asked) = hook("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let settings = HookSettings { play: Some(url), method: Method::Get, ..HookSettings::default() };
    Caller::new()
        .ask(&settings, &call(Event::Play { name: "one", start: 0, duration: 0, reset: false }, ""))
        .await
        .unwrap();
    let asked = asked.join_all().await.remove(0);
    assert!(
        asked.starts_with("GET /hook?token=a&app=live&flashver=")
            && asked.contains("&call=play&name=one&start=0&duration=0&reset=0 HTTP/1.1")
    );
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_is_down_or_says_nothing_is_told_apart_from_one_that_refuses() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let down: Url = format!("http://{}/?token=a", closed.local_addr().unwrap()).parse().unwrap();
    drop(closed);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mute: Url = format!("http://{}/", silent.local_addr().unwrap()).parse().unwrap();
    for (url, reason) in [(down, "refused"), (mute, "no answer within 10s")] {
        let settings = HookSettings { publish: Some(url), ..HookSettings::default() };
        let error = Caller::new().ask(&settings, &call(PUBLISH, "")).await.unwrap_err().to_string();
        assert!(error.contains(reason) && !error.contains("token"), "{error}");
    }
    let nobody = Caller::new().ask(&HookSettings::default(), &call(PUBLISH, "")).await;
    assert_eq!(nobody.unwrap(), Answer::Allow);
}
