//! The table.

use super::known::Context::{Application, Http, Main, Recorder, Rtmp, Server};
use super::known::Several::{Added, Here, Replaced};
use super::known::Takes::{Block, Flag, NamedBlock, Number, Size, Text, Texts, Time, TimeOrOff, Word, Words};
use super::known::{Context, Known, MANY, Takes};

const MAIN: &[Context] = &[Main];
const IN_RTMP: &[Context] = &[Rtmp];
const IN_SERVER: &[Context] = &[Server];
const IN_APP: &[Context] = &[Application];
const SERVERS: &[Context] = &[Rtmp, Server];
const ANYWHERE: &[Context] = &[Rtmp, Server, Application];
const RECORDING: &[Context] = &[Rtmp, Server, Application, Recorder];
const HTTP: &[Context] = &[Http];

const fn one(name: &'static str, contexts: &'static [Context], takes: Takes, default: &'static str) -> Known {
    Known { name, contexts, takes, several: Replaced, default }
}

const fn many(name: &'static str, contexts: &'static [Context], takes: Takes) -> Known {
    Known { name, contexts, takes, several: Added, default: "" }
}

const fn own(name: &'static str, contexts: &'static [Context], takes: Takes) -> Known {
    Known { name, contexts, takes, several: Here, default: "" }
}

/// All directives, by name.
pub const ALL: &[Known] = &[
    one("access_log", ANYWHERE, Texts(1, 2), ""),
    one("ack_window", SERVERS, Number, "5000000"),
    many("allow", ANYWHERE, Texts(1, 2)),
    many("application", IN_SERVER, NamedBlock),
    one("buffer", ANYWHERE, Time, "0"),
    one("buflen", SERVERS, Time, "1s"),
    one("busy", SERVERS, Flag, "off"),
    one("chunk_size", SERVERS, Number, "4096"),
    one("dash", ANYWHERE, Flag, "off"),
    one("dash_cleanup", ANYWHERE, Flag, "on"),
    one("dash_fragment", ANYWHERE, Time, "5s"),
    one("dash_nested", ANYWHERE, Flag, "off"),
    one("dash_path", ANYWHERE, Text, ""),
    one("dash_playlist_length", ANYWHERE, Time, "30s"),
    many("deny", ANYWHERE, Texts(1, 2)),
    one("drop_idle_publisher", ANYWHERE, TimeOrOff, "off"),
    many("exec", ANYWHERE, Texts(1, MANY)),
    one("exec_kill_signal", ANYWHERE, Text, "kill"),
    one("exec_options", ANYWHERE, Flag, "off"),
    many("exec_play", ANYWHERE, Texts(1, MANY)),
    many("exec_play_done", ANYWHERE, Texts(1, MANY)),
    many("exec_publish", ANYWHERE, Texts(1, MANY)),
    many("exec_publish_done", ANYWHERE, Texts(1, MANY)),
    many("exec_pull", ANYWHERE, Texts(1, MANY)),
    many("exec_push", ANYWHERE, Texts(1, MANY)),
    many("exec_record_done", RECORDING, Texts(1, MANY)),
    many("exec_static", ANYWHERE, Texts(1, MANY)),
    one("hls", ANYWHERE, Flag, "off"),
    one("hls_audio_buffer_size", ANYWHERE, Size, "1m"),
    one("hls_base_url", ANYWHERE, Text, ""),
    one("hls_cleanup", ANYWHERE, Flag, "on"),
    one("hls_continuous", ANYWHERE, Flag, "on"),
    one("hls_fragment", ANYWHERE, Time, "5s"),
    one("hls_fragment_naming", ANYWHERE, Word(&["sequential", "timestamp", "system"]), "sequential"),
    one("hls_fragment_naming_granularity", ANYWHERE, Number, "0"),
    one("hls_fragment_slicing", ANYWHERE, Word(&["plain", "aligned"]), "plain"),
    one("hls_fragments_per_key", ANYWHERE, Number, "0"),
    one("hls_key_path", ANYWHERE, Text, ""),
    one("hls_key_url", ANYWHERE, Text, ""),
    one("hls_keys", ANYWHERE, Flag, "off"),
    one("hls_max_audio_delay", ANYWHERE, Time, "300ms"),
    one("hls_max_fragment", ANYWHERE, Time, ""),
    one("hls_muxdelay", ANYWHERE, Time, "700ms"),
    one("hls_nested", ANYWHERE, Flag, "off"),
    one("hls_path", ANYWHERE, Text, ""),
    one("hls_playlist_length", ANYWHERE, Time, "30s"),
    one("hls_sync", ANYWHERE, Time, "2ms"),
    one("hls_type", ANYWHERE, Word(&["live", "event"]), "live"),
    own("hls_variant", ANYWHERE, Texts(1, MANY)),
    one("idle_streams", ANYWHERE, Flag, "on"),
    one("interleave", ANYWHERE, Flag, "off"),
    many("listen", IN_SERVER, Texts(1, 2)),
    one("live", ANYWHERE, Flag, "off"),
    many("log_format", ANYWHERE, Texts(2, MANY)),
    one("max_connections", ANYWHERE, Number, ""),
    one("max_message", SERVERS, Size, "1m"),
    one("max_streams", SERVERS, Number, "32"),
    one("meta", ANYWHERE, Word(&["on", "copy", "off"]), "on"),
    one("netcall_buffer", SERVERS, Size, "1k"),
    one("netcall_timeout", SERVERS, Time, "10s"),
    one("notify_method", ANYWHERE, Word(&["get", "post"]), "post"),
    one("notify_relay_redirect", ANYWHERE, Flag, "off"),
    one("notify_update_strict", ANYWHERE, Flag, "off"),
    one("notify_update_timeout", ANYWHERE, Time, "30s"),
    one("on_connect", SERVERS, Text, ""),
    one("on_disconnect", SERVERS, Text, ""),
    one("on_done", ANYWHERE, Text, ""),
    one("on_play", ANYWHERE, Text, ""),
    one("on_play_done", ANYWHERE, Text, ""),
    one("on_publish", ANYWHERE, Text, ""),
    one("on_publish_done", ANYWHERE, Text, ""),
    one("on_record_done", RECORDING, Text, ""),
    one("on_update", ANYWHERE, Text, ""),
    one("out_cork", SERVERS, Size, "32"),
    one("out_queue", SERVERS, Size, "256"),
    one("ping", SERVERS, Time, "1m"),
    one("ping_timeout", SERVERS, Time, "30s"),
    many("play", ANYWHERE, Texts(1, MANY)),
    one("play_local_path", ANYWHERE, Text, ""),
    one("play_restart", ANYWHERE, Flag, "off"),
    one("play_temp_path", ANYWHERE, Text, "/tmp"),
    one("play_time_fix", ANYWHERE, Flag, "on"),
    one("publish_notify", ANYWHERE, Flag, "off"),
    one("publish_time_fix", ANYWHERE, Flag, "on"),
    many("pull", IN_APP, Texts(1, MANY)),
    one("pull_reconnect", ANYWHERE, Time, "3s"),
    many("push", IN_APP, Texts(1, MANY)),
    one("push_reconnect", ANYWHERE, Time, "3s"),
    one("record", RECORDING, Words(&["off", "all", "audio", "video", "keyframes", "manual"]), "off"),
    one("record_append", RECORDING, Flag, "off"),
    one("record_interval", RECORDING, Time, ""),
    one("record_lock", RECORDING, Flag, "off"),
    one("record_max_frames", RECORDING, Size, ""),
    one("record_max_size", RECORDING, Size, ""),
    one("record_notify", RECORDING, Flag, "off"),
    one("record_path", RECORDING, Text, ""),
    one("record_suffix", RECORDING, Text, ".flv"),
    one("record_unique", RECORDING, Flag, "off"),
    many("recorder", IN_APP, NamedBlock),
    one("relay_buffer", SERVERS, Time, "5s"),
    one("respawn", ANYWHERE, Flag, "on"),
    one("respawn_timeout", ANYWHERE, Time, "5s"),
    one("rtmp", MAIN, Block, ""),
    one("rtmp_auto_push", MAIN, Flag, "off"),
    one("rtmp_auto_push_reconnect", MAIN, Time, "100ms"),
    one("rtmp_control", HTTP, Words(&["all", "record", "drop", "redirect"]), ""),
    one("rtmp_socket_dir", MAIN, Text, "/tmp"),
    one("rtmp_stat", HTTP, Words(&["all", "global", "live", "clients", "play"]), ""),
    one("rtmp_stat_stylesheet", HTTP, Text, ""),
    many("server", IN_RTMP, Block),
    one("session_relay", ANYWHERE, Flag, "off"),
    one("so_keepalive", SERVERS, Flag, "off"),
    one("stream_buckets", ANYWHERE, Text, "1024"),
    one("sync", ANYWHERE, TimeOrOff, "300ms"),
    one("timeout", SERVERS, Time, "1m"),
    one("wait_key", ANYWHERE, Flag, "on"),
    one("wait_video", ANYWHERE, Flag, "off"),
];

/// The directive of this name.
pub fn find(name: &str) -> Option<&'static Known> {
    ALL.iter().find(|known| known.name == name)
}
