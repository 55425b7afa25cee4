//! Where things are on the server. Paths carry public stream names only; keys travel in headers.

use crate::names::StreamName;

pub const STREAMS: &str = "/api/v1/streams";

pub fn stream(name: &StreamName) -> String {
    format!("{STREAMS}/{name}")
}

/// What to train for a stream, and where the streamer says how that stands (needs the key).
pub fn training(name: &StreamName) -> String {
    format!("{STREAMS}/{name}/training")
}

/// Where a model package is put (needs the key).
pub fn model(name: &StreamName) -> String {
    format!("{STREAMS}/{name}/model")
}

pub fn playlist(name: &StreamName) -> String {
    format!("/hls/{name}/index.m3u8")
}

pub fn watch(name: &StreamName) -> String {
    format!("/watch/{name}")
}
