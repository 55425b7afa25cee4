//! Hooks of every kind: a server that answers what it is told to.

use std::net::IpAddr;

use rtmp::Introduction;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

fn call(kind: Kind) -> Call {
    let peer = Introduction {
        app: "live".to_owned(),
        tc_url: "rtmp://example.org/live".to_owned(),
        flash_version: "FMLE/3.0 (compatible; FMSc/1.0)".to_owned(),
        ..Introduction::default()
    };
    Call::new(kind, "live", &peer, IpAddr::from([192, 0, 2, 7]), 5)
}

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
fn a_call_has_the_fields_of_nginx_rtmp_in_its_order() {
    let publish = call(Kind::Publish).with("name", "a stream").with("type", "live");
    assert_eq!(
        publish.with_arguments(Some("user=me&pass=x y")).form(),
        "app=live&flashver=FMLE%2F3.0+%28compatible%3B+FMSc%2F1.0%29&swfurl=&tcurl=rtmp%3A%2F%2Fexample.org%2Flive\
         &pageurl=&addr=192.0.2.7&clientid=5&call=publish&name=a+stream&type=live&user=me&pass=x+y"
    );
}

#[test]
fn what_a_peer_says_stays_within_its_field() {
    let hostile = "x&call=done\r\nHost: evil";
    let form = call(Kind::Publish).with("name", hostile).with_arguments(Some("a=1\r\n\r\nGET /&b")).form();
    assert!(!form.contains('\r') && !form.contains(' '), "{form}");
    assert!(form.contains("name=x%26call%3Ddone%0D%0AHost%3A+evil"), "{form}");
    let json = call(Kind::Publish).with_arguments(Some("call=done&addr=10.0.0.1")).json();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["call"], &json["addr"]), (&"publish".into(), &"192.0.2.7".into()));
    assert_eq!(json["arguments"]["call"], "done");
}

#[tokio::test]
async fn answers_mean_what_they_mean_there() {
    for (said, meant) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Answer::Allow),
        ("HTTP/1.1 204 No Content\r\n\r\n", Answer::Allow),
        ("HTTP/1.1 302 Found\r\nLocation: other\r\n\r\n", Answer::Redirect(Some("other".to_owned()))),
        ("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n", Answer::Redirect(None)),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Answer::Deny),
        ("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", Answer::Deny),
    ] {
        let (url, asked) = hook(said).await;
        let settings = HookSettings { publish: Some(url), ..HookSettings::default() };
        let answer = Caller::new().ask(&settings, &call(Kind::Publish)).await.unwrap();
        assert_eq!(answer, meant, "{said}");
        let asked = asked.join_all().await.remove(0);
        assert!(asked.starts_with("POST /hook?token=a HTTP/1.1\r\n"), "{asked}");
        assert!(asked.ends_with("&clientid=5&call=publish"), "{asked}");
    }
}

#[tokio::test]
async fn a_hook_may_be_asked_with_get() {
    let (url, asked) = hook("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let settings = HookSettings { play: Some(url), method: Method::Get, ..HookSettings::default() };
    Caller::new().ask(&settings, &call(Kind::Play)).await.unwrap();
    let asked = asked.join_all().await.remove(0);
    assert!(
        asked.starts_with("GET /hook?token=a&app=live&flashver=") && asked.contains("&call=play HTTP/1.1")
    );
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_is_down_or_says_nothing_is_told_apart_from_one_that_refuses() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let down: Url = format!("http://{}/", closed.local_addr().unwrap()).parse().unwrap();
    drop(closed);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mute: Url = format!("http://{}/", silent.local_addr().unwrap()).parse().unwrap();
    for (url, reason) in [(down, "refused"), (mute, "no answer within 10 s")] {
        let settings = HookSettings { publish: Some(url), ..HookSettings::default() };
        let error = Caller::new().ask(&settings, &call(Kind::Publish)).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let nobody = Caller::new().ask(&HookSettings::default(), &call(Kind::Publish)).await;
    assert_eq!(nobody.unwrap(), Answer::Allow);
}
