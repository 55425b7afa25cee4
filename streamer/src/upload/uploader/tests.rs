//! The uploader against servers that say what a test wants them to.

use std::thread;

use models::{Preset, stock};

use super::*;
use crate::upload::UploadTarget;
use crate::upload::peer::{seen, serve, trained};

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
