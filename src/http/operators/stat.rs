//! The statistics as nginx-rtmp's page has them.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use media::VideoConfig;
use media::codec::{AudioCodec, VideoCodec};
use nginx_compat::stat::{
    Application, Audio, Client as ClientStat, Stat, Stream as StreamStat, Traffic, Video,
};

use crate::clients::{Client, Role};
use crate::http::app::App;
use crate::streams::{Presence, Stream};

pub(super) async fn page(State(app): State<App>) -> impl IntoResponse {
    let stylesheet = app.pages.stylesheet.as_deref();
    ([(header::CONTENT_TYPE, "text/xml"), (header::CACHE_CONTROL, "no-store")], stat(&app).to_xml(stylesheet))
}

fn stat(app: &App) -> Stat {
    let now = Instant::now();
    let clients = app.clients.all();
    let mut applications: Vec<Application> = Vec::new();
    for stream in app.streams() {
        let own: Vec<_> = clients.iter().filter(|client| is_about(client, &stream)).collect();
        let is_live = stream.look(|presence, _| matches!(presence, Presence::Live { .. }));
        if !is_live && own.is_empty() {
            continue;
        }
        let name = own.first().and_then(|client| application(client)).unwrap_or_default();
        let index = applications.iter().position(|app| app.name == name).unwrap_or_else(|| {
            applications.push(Application { name: name.clone(), streams: Vec::new() });
            applications.len() - 1
        });
        applications[index].streams.push(described(&stream, &name, &own, now));
    }
    let mut traffic = Traffic::default();
    for stream in applications.iter().flat_map(|app| &app.streams) {
        traffic.bandwidth_in += stream.traffic.bandwidth_in;
        traffic.bytes_in += stream.traffic.bytes_in;
        traffic.bandwidth_out += stream.traffic.bandwidth_out;
        traffic.bytes_out += stream.traffic.bytes_out;
    }
    Stat {
        version: concat!("sharpcast ", env!("CARGO_PKG_VERSION")).to_owned(),
        pid: std::process::id(),
        uptime: app.started.elapsed(),
        accepted: app.clients.accepted(),
        traffic,
        applications,
        ..Stat::default()
    }
}

fn is_about(client: &Client, stream: &Stream) -> bool {
    match client.role() {
        Role::Waits => false,
        Role::Publishes(name) | Role::Plays(name) => name == *stream.name(),
    }
}

/// The application that a client has named.
fn application(client: &Client) -> Option<String> {
    let app = &client.introduction()?.app;
    Some(app.split('?').next().unwrap_or_default().trim_matches('/').to_owned())
}

fn described(stream: &Stream, app: &str, clients: &[&Arc<Client>], now: Instant) -> StreamStat {
    let public = stream.name().as_str();
    let name = public.strip_prefix(app).and_then(|name| name.strip_prefix('.')).unwrap_or(public);
    stream.look(|presence, session| {
        let video = session.and_then(|session| session.video.as_ref());
        let audio = session.and_then(|session| session.audio.as_ref());
        let bandwidth_video = video.map_or(0, |video| video.meter.bits(now) as u64);
        let bandwidth_audio = audio.map_or(0, |audio| audio.meter.bits(now) as u64);
        let time = match presence {
            Presence::Live { since } => now.saturating_duration_since(since),
            _ => std::time::Duration::ZERO,
        };
        let is_published = matches!(presence, Presence::Live { .. });
        let timestamp = video.map_or(0, |video| video.newest.as_millis().max(0) as u64);
        let players = clients.iter().filter(|client| matches!(client.role(), Role::Plays(_))).count() as u64;
        StreamStat {
            name: name.to_owned(),
            time,
            traffic: Traffic {
                bandwidth_in: bandwidth_video + bandwidth_audio,
                bytes_in: clients.iter().map(|client| client.traffic().received).sum(),
                bandwidth_out: (bandwidth_video + bandwidth_audio) * players,
                bytes_out: clients.iter().map(|client| client.traffic().sent).sum(),
            },
            bandwidth_audio,
            bandwidth_video,
            clients: clients.iter().map(|client| client_stat(client, now, timestamp)).collect(),
            video: video.map(|video| video_stat(&video.config, video.meter.packets(now))),
            audio: audio.map(|audio| Audio {
                codec: match audio.config.codec() {
                    AudioCodec::Aac => "AAC".to_owned(),
                    AudioCodec::Opus => "Opus".to_owned(),
                },
                channels: audio.config.channels(),
                sample_rate: audio.config.sample_rate(),
                ..Audio::default()
            }),
            is_published,
        }
    })
}

fn video_stat(config: &VideoConfig, frame_rate: f64) -> Video {
    let codec = match config.codec() {
        VideoCodec::Avc => "H264",
        VideoCodec::Hevc => "H265",
        VideoCodec::Av1 => "AV1",
    };
    let size = config.size();
    Video { width: size.width, height: size.height, frame_rate, codec: codec.to_owned(), ..Video::default() }
}

fn client_stat(client: &Client, now: Instant, timestamp: u64) -> ClientStat {
    let said = client.introduction().cloned().unwrap_or_default();
    ClientStat {
        id: client.id,
        address: client.address.clone(),
        time: now.saturating_duration_since(client.since),
        flash_version: said.flash_version,
        page_url: said.page_url,
        swf_url: said.swf_url,
        dropped: client.dropped(),
        timestamp,
        publishes: matches!(client.role(), Role::Publishes(_)),
        ..ClientStat::default()
    }
}
