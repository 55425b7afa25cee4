//! The table.

use super::known::Context::{Application, Location, Main, Recorder, Rtmp, Server};
use super::known::Takes::{Block, Flag, NamedBlock, Number, Size, Text, Texts, Time, Word, Words};
use super::known::{Context, Known, Takes};

const MAIN: &[Context] = &[Main];
const IN_RTMP: &[Context] = &[Rtmp];
const IN_SERVER: &[Context] = &[Server];
const IN_APP: &[Context] = &[Application];
const SERVERS: &[Context] = &[Rtmp, Server];
const APPS: &[Context] = &[Application];
const ANYWHERE: &[Context] = &[Rtmp, Server, Application];
const RECORDING: &[Context] = &[Rtmp, Server, Application, Recorder];
const LOCATION: &[Context] = &[Location];

const fn one(name: &'static str, contexts: &'static [Context], takes: Takes) -> Known {
    Known { name, contexts, takes, repeats: false }
}

const fn many(name: &'static str, contexts: &'static [Context], takes: Takes) -> Known {
    Known { name, contexts, takes, repeats: true }
}

/// All directives, by name.
pub const ALL: &[Known] = &[
    one("access_log", ANYWHERE, Texts(1, 2)),
    one("ack_window", SERVERS, Number),
    many("allow", ANYWHERE, Texts(1, 2)),
    many("application", IN_SERVER, NamedBlock),
    one("buffer", ANYWHERE, Time),
    one("buflen", SERVERS, Time),
    one("busy", SERVERS, Flag),
    one("chunk_size", SERVERS, Number),
    one("dash", ANYWHERE, Flag),
    one("dash_cleanup", ANYWHERE, Flag),
    one("dash_fragment", ANYWHERE, Time),
    one("dash_nested", ANYWHERE, Flag),
    one("dash_path", ANYWHERE, Text),
    one("dash_playlist_length", ANYWHERE, Time),
    many("deny", ANYWHERE, Texts(1, 2)),
    one("drop_idle_publisher", ANYWHERE, Time),
    many("exec", ANYWHERE, Texts(1, 64)),
    one("exec_kill_signal", ANYWHERE, Text),
    one("exec_options", ANYWHERE, Flag),
    many("exec_play", ANYWHERE, Texts(1, 64)),
    many("exec_play_done", ANYWHERE, Texts(1, 64)),
    many("exec_publish", ANYWHERE, Texts(1, 64)),
    many("exec_publish_done", ANYWHERE, Texts(1, 64)),
    many("exec_pull", ANYWHERE, Texts(1, 64)),
    many("exec_push", ANYWHERE, Texts(1, 64)),
    many("exec_record_done", RECORDING, Texts(1, 64)),
    many("exec_static", ANYWHERE, Texts(1, 64)),
    one("hls", ANYWHERE, Flag),
    one("hls_audio_buffer_size", ANYWHERE, Size),
    one("hls_base_url", ANYWHERE, Text),
    one("hls_cleanup", ANYWHERE, Flag),
    one("hls_continuous", ANYWHERE, Flag),
    one("hls_fragment", ANYWHERE, Time),
    one("hls_fragment_naming", ANYWHERE, Word(&["sequential", "timestamp", "system"])),
    one("hls_fragment_naming_granularity", ANYWHERE, Number),
    one("hls_fragment_slicing", ANYWHERE, Word(&["plain", "aligned"])),
    one("hls_fragments_per_key", ANYWHERE, Number),
    one("hls_key_path", ANYWHERE, Text),
    one("hls_key_url", ANYWHERE, Text),
    one("hls_keys", ANYWHERE, Flag),
    one("hls_max_audio_delay", ANYWHERE, Time),
    one("hls_max_fragment", ANYWHERE, Time),
    one("hls_muxdelay", ANYWHERE, Time),
    one("hls_nested", ANYWHERE, Flag),
    one("hls_path", ANYWHERE, Text),
    one("hls_playlist_length", ANYWHERE, Time),
    one("hls_sync", ANYWHERE, Time),
    one("hls_type", ANYWHERE, Word(&["live", "event"])),
    many("hls_variant", ANYWHERE, Texts(1, 16)),
    one("idle_streams", ANYWHERE, Flag),
    one("interleave", ANYWHERE, Flag),
    many("listen", IN_SERVER, Texts(1, 8)),
    one("live", ANYWHERE, Flag),
    many("log_format", IN_RTMP, Texts(2, 64)),
    one("max_connections", ANYWHERE, Number),
    one("max_message", SERVERS, Size),
    one("max_streams", SERVERS, Number),
    one("meta", ANYWHERE, Word(&["on", "copy", "off"])),
    one("netcall_buffer", ANYWHERE, Size),
    one("netcall_timeout", ANYWHERE, Time),
    one("notify_method", ANYWHERE, Word(&["get", "post"])),
    one("notify_relay_redirect", ANYWHERE, Flag),
    one("notify_update_strict", ANYWHERE, Flag),
    one("notify_update_timeout", ANYWHERE, Time),
    one("on_connect", SERVERS, Text),
    one("on_disconnect", SERVERS, Text),
    one("on_done", ANYWHERE, Text),
    one("on_play", ANYWHERE, Text),
    one("on_play_done", ANYWHERE, Text),
    one("on_publish", ANYWHERE, Text),
    one("on_publish_done", ANYWHERE, Text),
    one("on_record_done", RECORDING, Text),
    one("on_update", ANYWHERE, Text),
    one("out_cork", SERVERS, Number),
    one("out_queue", SERVERS, Number),
    one("ping", SERVERS, Time),
    one("ping_timeout", SERVERS, Time),
    many("play", ANYWHERE, Texts(1, 64)),
    one("play_local_path", ANYWHERE, Text),
    one("play_restart", ANYWHERE, Flag),
    one("play_temp_path", ANYWHERE, Text),
    one("play_time_fix", ANYWHERE, Flag),
    one("publish_notify", ANYWHERE, Flag),
    one("publish_time_fix", ANYWHERE, Flag),
    many("pull", APPS, Texts(1, 16)),
    one("pull_reconnect", ANYWHERE, Time),
    many("push", APPS, Texts(1, 16)),
    one("push_reconnect", ANYWHERE, Time),
    one("record", RECORDING, Words(&["off", "all", "audio", "video", "keyframes", "manual"])),
    one("record_append", RECORDING, Flag),
    one("record_interval", RECORDING, Time),
    one("record_lock", RECORDING, Flag),
    one("record_max_frames", RECORDING, Number),
    one("record_max_size", RECORDING, Size),
    one("record_notify", RECORDING, Flag),
    one("record_path", RECORDING, Text),
    one("record_suffix", RECORDING, Text),
    one("record_unique", RECORDING, Flag),
    many("recorder", IN_APP, NamedBlock),
    one("relay_buffer", ANYWHERE, Time),
    one("respawn", ANYWHERE, Flag),
    one("respawn_timeout", ANYWHERE, Time),
    one("rtmp", MAIN, Block),
    one("rtmp_auto_push", MAIN, Flag),
    one("rtmp_auto_push_reconnect", MAIN, Time),
    one("rtmp_control", LOCATION, Words(&["all", "record", "drop", "redirect"])),
    one("rtmp_socket_dir", MAIN, Text),
    one("rtmp_stat", LOCATION, Words(&["all", "global", "live", "clients", "play"])),
    one("rtmp_stat_stylesheet", LOCATION, Text),
    many("server", IN_RTMP, Block),
    one("session_relay", ANYWHERE, Flag),
    one("stream_buckets", ANYWHERE, Number),
    one("sync", ANYWHERE, Time),
    one("timeout", SERVERS, Time),
    one("wait_key", ANYWHERE, Flag),
    one("wait_video", ANYWHERE, Flag),
];

/// The directive of this name.
pub fn find(name: &str) -> Option<&'static Known> {
    ALL.iter().find(|known| known.name == name)
}
