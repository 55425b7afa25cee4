//! Which directives are met.

use State::{Fixed, Met, Refused};

/// What becomes of a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It does here what it does there; how it is called here.
    Met(&'static str),
    /// There is one behaviour, whatever is written: which.
    Fixed(&'static str),
    /// It does nothing; what to do instead.
    Refused(&'static str),
}

/// All directives of nginx-rtmp-module 1.2.2, by name.
pub(super) const ALL: &[(&str, State)] = &[
    ("access_log", Met("[application.access_log]; without it there is none")),
    ("ack_window", Met("[rtmp] ack_window")),
    ("allow", Met("publish_rules and play_rules; the first that fits decides")),
    ("application", Met("as there")),
    ("buffer", Fixed("players get everything since the newest keyframe")),
    ("buflen", Met("vod_ahead")),
    ("busy", Met("silent peers are not asked, and dropped after `ping`")),
    ("chunk_size", Met("[rtmp] chunk_size")),
    ("dash", Met("[application.dash_files]")),
    ("dash_cleanup", Met("dash_files: cleanup")),
    ("dash_fragment", Met("dash_files: fragment")),
    ("dash_nested", Met("dash_files: nested")),
    ("dash_path", Met("dash_files: folder")),
    ("dash_playlist_length", Met("dash_files: playlist_length")),
    ("deny", Met("publish_rules and play_rules; the first that fits decides")),
    ("drop_idle_publisher", Met("idle_publisher")),
    (
        "exec",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "exec_kill_signal",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "exec_options",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "exec_play",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "exec_play_done",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "exec_publish",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "exec_publish_done",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "exec_pull",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "exec_push",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "exec_record_done",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "exec_static",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    ("hls", Met("[application.hls_files]")),
    ("hls_audio_buffer_size", Fixed("sound is written as it comes")),
    ("hls_base_url", Met("base_url")),
    ("hls_cleanup", Met("cleanup")),
    ("hls_continuous", Met("continuous")),
    ("hls_fragment", Met("fragment")),
    ("hls_fragment_naming", Met("naming")),
    ("hls_fragment_naming_granularity", Met("granularity")),
    ("hls_fragment_slicing", Met("slicing")),
    ("hls_fragments_per_key", Met("keys: fragments")),
    ("hls_key_path", Met("keys: folder")),
    ("hls_key_url", Met("keys: url")),
    ("hls_keys", Met("[application.hls_files.keys]")),
    ("hls_max_audio_delay", Fixed("sound is written as it comes")),
    ("hls_max_fragment", Met("max_fragment")),
    ("hls_muxdelay", Met("as there, where it is read and does nothing")),
    ("hls_nested", Met("nested")),
    ("hls_path", Met("folder")),
    ("hls_playlist_length", Met("playlist_length")),
    ("hls_sync", Met("sync")),
    ("hls_type", Met("type")),
    ("hls_variant", Met("variant; _source and _enhanced are written by the server itself")),
    ("idle_streams", Met("[application.players] wait")),
    ("interleave", Met("[application.players] interleave")),
    ("listen", Met("every address of every server; options behind it are not needed")),
    ("live", Met("on: any name may be published; off: nobody publishes there")),
    ("log_format", Met("[application.access_log] format")),
    ("max_connections", Met("[rtmp] max_clients; it counts the whole server")),
    ("max_message", Met("[rtmp] max_message")),
    ("max_streams", Met("[rtmp] max_chunk_streams")),
    ("meta", Met("[application.players] metadata")),
    ("netcall_buffer", Fixed("answers are not read beyond their head")),
    ("netcall_timeout", Met("hooks: timeout")),
    ("notify_method", Met("hooks: method")),
    ("notify_relay_redirect", Met("hooks: redirects")),
    ("notify_update_strict", Met("hooks: update_strict")),
    ("notify_update_timeout", Met("hooks: update")),
    ("on_connect", Met("[application.hooks], with the same fields and answers")),
    ("on_disconnect", Met("[application.hooks], with the same fields and answers")),
    ("on_done", Met("[application.hooks], with the same fields and answers")),
    ("on_play", Met("[application.hooks], with the same fields and answers")),
    ("on_play_done", Met("[application.hooks], with the same fields and answers")),
    ("on_publish", Met("[application.hooks], with the same fields and answers")),
    ("on_publish_done", Met("[application.hooks], with the same fields and answers")),
    ("on_record_done", Met("[application.hooks], with the same fields and answers")),
    ("on_update", Met("[application.hooks], with the same fields and answers")),
    ("out_cork", Fixed("limits and sizes fit every stream as they are")),
    ("out_queue", Met("[application.players] queue")),
    ("ping", Met("[rtmp] ping")),
    ("ping_timeout", Met("[rtmp] ping_timeout")),
    ("play", Met("vod; FLV and MP4, from the beginning")),
    ("play_local_path", Refused("no copies are kept; put the files into the folder")),
    ("play_restart", Met("[application.players] notify_play")),
    ("play_temp_path", Met("what comes from a web server is stored nowhere on its way")),
    ("play_time_fix", Fixed("limits and sizes fit every stream as they are")),
    ("publish_notify", Met("[application.players] notify_publisher")),
    ("publish_time_fix", Fixed("limits and sizes fit every stream as they are")),
    ("pull", Met("[[application.pull]]")),
    ("pull_reconnect", Met("reconnect")),
    ("push", Met("[[application.push]]")),
    ("push_reconnect", Met("reconnect")),
    ("record", Met("[[application.record]]: off, all, audio, video, keyframes; manual: start = \"order\"")),
    ("record_append", Met("append")),
    ("record_interval", Met("interval: the next keyframe begins the file")),
    ("record_lock", Met("lock")),
    ("record_max_frames", Met("max_frames")),
    ("record_max_size", Met("max_size")),
    ("record_notify", Met("notify")),
    ("record_path", Met("folder")),
    ("record_suffix", Met("suffix")),
    ("record_unique", Met("unique")),
    ("recorder", Met("as there")),
    ("relay_buffer", Met("as there, where it is read and does nothing")),
    (
        "respawn",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    (
        "respawn_timeout",
        Refused(
            "no programs are started on behalf of peers; have a hook (on_publish, on_record_done, ...) start them",
        ),
    ),
    ("rtmp", Met("as there")),
    ("rtmp_auto_push", Met("every player sees every stream: there is one process")),
    ("rtmp_auto_push_reconnect", Met("every player sees every stream: there is one process")),
    ("rtmp_control", Met("[http] control: record, drop and redirect, from this machine")),
    (
        "rtmp_socket_dir",
        Met("every player sees every stream: there is one process, which needs no sockets between workers"),
    ),
    ("rtmp_stat", Met("the same page at the same path")),
    ("rtmp_stat_stylesheet", Met("named in the page")),
    ("server", Met("as there")),
    ("session_relay", Fixed("a relay lasts as long as its publisher")),
    ("so_keepalive", Met("[rtmp] keepalive")),
    ("stream_buckets", Met("streams are found without it, however many there are")),
    (
        "sync",
        Met(
            "every frame goes out with its absolute time, so that what a slow player does not get shifts nothing",
        ),
    ),
    ("timeout", Met("[rtmp] send_timeout")),
    ("wait_key", Met("[application.players] start; on: with the newest keyframe, not with the next")),
    ("wait_video", Met("[application.players] sound_waits")),
];

pub(super) fn find(name: &str) -> State {
    let found = ALL.binary_search_by_key(&name, |(known, _)| known);
    found.map_or(Refused("unknown"), |index| ALL[index].1)
}
