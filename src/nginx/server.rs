//! How connections to one server of nginx-rtmp are treated, in our words.

use std::time::Duration;

use nginx_compat::rtmp::Settings;
use rtmp::Limits;
use rtmp::limits::NEVER;

use crate::ingest::IngestSettings;

/// What holds there when only one of the two is written.
const PING: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(30);

/// What is not written, is as we have it.
pub(super) fn ingest(own: &Settings) -> IngestSettings {
    let mut ingest = IngestSettings::default();
    ingest.max_clients = own.number("max_connections").filter(|most| *most > 0).map(saturating);
    ingest.keepalive = own.flag("so_keepalive") == Some(true);
    ingest.limits = limits(own, ingest.limits);
    ingest
}

fn limits(own: &Settings, usual: Limits) -> Limits {
    let mut limits = usual;
    let ping = own.time("ping");
    let patience = own.time("ping_timeout");
    if ping.is_some() || patience.is_some() {
        // Without pings a silent peer is left alone.
        let silence = ping.map_or(PING, |ping| if ping.is_zero() { NEVER } else { ping });
        limits = limits.asking_after(silence, patience.unwrap_or(PING_TIMEOUT));
    }
    if own.flag("busy") == Some(true) {
        // Nobody is asked: who says nothing for so long is gone.
        limits.ping_after = NEVER;
        limits.read_timeout = ping.filter(|ping| !ping.is_zero()).unwrap_or(PING);
    }
    if let Some(timeout) = own.time("timeout").filter(|timeout| !timeout.is_zero()) {
        limits.write_timeout = timeout;
        limits.handshake_timeout = timeout;
    }
    if let Some(most) = own.size("max_message").filter(|most| *most > 0) {
        limits = limits.with_messages(saturating(most));
    }
    limits.chunk_size = own.number("chunk_size").map_or(limits.chunk_size, |size| saturating(size).max(1));
    let window = own.number("ack_window").filter(|window| *window > 0);
    limits.window = window.map_or(limits.window, |window| u32::try_from(window).unwrap_or(u32::MAX));
    limits.chunk_streams = own.number("max_streams").map_or(limits.chunk_streams, saturating);
    limits
}

fn saturating(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
