//! The uploader against servers that say what a test wants them to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread;

use models::{Preset, stock};

use super::*;
use crate::upload::UploadTarget;

/// What a request was.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    method: String,
    body: usize,
}

/// Answers requests, one after the other, with these statuses; a 200 tells of `fingerprint`, as the server with `in_use`.
fn serve(statuses: Vec<u16>, on_server: &Package) -> (UploadTarget, thread::JoinHandle<Vec<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let target = UploadTarget { server, name: "demo".parse().unwrap(), key: "s3cret".parse().unwrap() };
    let fingerprint = on_server.fingerprint().to_hex();
    let peer = thread::spawn(move || {
        statuses.into_iter().map(|status| answer(&listener, status, &fingerprint)).collect()
    });
    (target, peer)
}

fn answer(listener: &TcpListener, status: u16, fingerprint: &str) -> Seen {
    let mut reader = BufReader::new(listener.accept().unwrap().0);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0);
    }
    let method = head.split(' ').next().unwrap().to_owned();
    let length = head
        .split_once("content-length: ")
        .map_or(0, |(_, rest)| rest.split("\r\n").next().unwrap().parse().unwrap());
    let asks = head.contains("expect: 100-continue");
    if asks && status == 200 {
        reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    let mut body = vec![0; if asks && status != 200 { 0 } else { length }];
    reader.read_exact(&mut body).unwrap();
    let answer = match (status, method.as_str()) {
        (200, "GET") => format!(
            r#"{{"architecture":"f-edsr","preset":"nano","channels":8,"blocks":2,"scale":2,"max_bytes":99999,"in_use":"{fingerprint}"}}"#
        ),
        (200, _) => format!(r#"{{"version":4,"fingerprint":"{fingerprint}","outcome":"live"}}"#),
        _ => String::new(),
    };
    let length = answer.len();
    let stream = reader.get_mut();
    write!(stream, "HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}")
        .unwrap();
    Seen { method, body: body.len() }
}

/// The stock net, changed a little.
fn trained() -> Package {
    let stock = stock::package(Preset::Nano).unwrap();
    let weights: Vec<Vec<f32>> =
        stock.weights().iter().map(|tensor| tensor.iter().map(|weight| weight * 1.01).collect()).collect();
    Package::write(stock.metadata(), &weights).unwrap()
}

fn uploader(target: UploadTarget) -> Uploader {
    Uploader {
        client: Arc::new(Client::new(target)),
        newest: Arc::default(),
        shelf: Shelf::default(),
        accepted: Arc::default(),
        rate: 100_000_000,
        counters: Arc::default(),
        stop: Shutdown::new(),
    }
}

fn seen(method: &str, body: usize) -> Seen {
    Seen { method: method.to_owned(), body }
}

#[test]
fn the_difference_goes_where_the_server_has_what_we_have() {
    let (stock, new) = (stock::package(Preset::Nano).unwrap(), trained());
    let (target, peer) = serve(vec![200, 200], &stock);
    let mut uploader = uploader(target);
    uploader.client.training_order().unwrap();
    uploader.upload(&new, 0).unwrap();
    let patch = Patch::between(&stock, &new).unwrap().bytes().len();
    assert!(patch * 2 < new.bytes().len());
    assert_eq!(peer.join().unwrap(), [seen("GET", 0), seen("PATCH", patch)]);
    assert_eq!(uploader.counters.upload_bytes.get(), patch as u64);
    assert_eq!(*uploader.accepted.lock(), Some(new));
}

#[test]
fn a_server_that_does_not_take_the_difference_gets_the_whole() {
    let (stock, new) = (stock::package(Preset::Nano).unwrap(), trained());
    for status in [404, 405, 412, 415, 428] {
        let (target, peer) = serve(vec![200, status, 200], &stock);
        let mut uploader = uploader(target);
        uploader.client.training_order().unwrap();
        uploader.upload(&new, 0).unwrap();
        let whole = new.bytes().len();
        assert_eq!(peer.join().unwrap(), [seen("GET", 0), seen("PATCH", 0), seen("PUT", whole)], "{status}");
        assert_eq!(uploader.counters.upload_bytes.get(), whole as u64);
        assert_eq!(*uploader.counters.upload.lock(), UploadState::Live);
    }
}

#[test]
fn the_whole_goes_where_nothing_is_known_and_where_patches_break_off() {
    let (stock, new) = (stock::package(Preset::Nano).unwrap(), trained());
    let (target, peer) = serve(vec![200], &stock);
    uploader(target).upload(&new, 0).unwrap();
    assert_eq!(peer.join().unwrap(), [seen("PUT", new.bytes().len())], "nobody said what the server has");

    let (target, peer) = serve(vec![200, 200], &stock);
    let mut uploader = uploader(target);
    uploader.client.training_order().unwrap();
    uploader.upload(&new, PATCH_TRIES).unwrap();
    assert_eq!(peer.join().unwrap()[1], seen("PUT", new.bytes().len()));
}

#[test]
fn a_server_that_is_busy_is_tried_again() {
    let (stock, new) = (stock::package(Preset::Nano).unwrap(), trained());
    let (target, peer) = serve(vec![503, 200], &stock);
    let uploader = uploader(target);
    let (newest, counters) = (uploader.newest.clone(), uploader.counters.clone());
    newest.put(new);
    let thread = thread::spawn(move || uploader.run());
    assert_eq!(peer.join().unwrap().len(), 2);
    newest.close();
    thread.join().unwrap();
    assert_eq!((counters.uploads.get(), *counters.upload.lock()), (1, UploadState::Live));
}

#[test]
fn what_the_server_had_before_is_named_and_not_sent() {
    let (stock, new) = (stock::package(Preset::Nano).unwrap(), trained());
    let (target, peer) = serve(vec![200, 200, 200, 412, 200, 200], &stock);
    let mut uploader = uploader(target);
    uploader.client.training_order().unwrap();
    for package in [&new, &stock, &new, &new] {
        uploader.upload(package, 0).unwrap();
    }
    let requests = peer.join().unwrap();
    let from_stock = Patch::between(&stock, &new).unwrap().bytes().len();
    assert_eq!(requests[4], seen("PATCH", from_stock), "of all that it had, stock is left");
    for named in [2, 5] {
        assert_eq!(requests[named].method, "PATCH");
        assert!(requests[named].body < 200, "{requests:?}");
    }
}
