//! How players of an application are treated, in our words.

use nginx_compat::rtmp::Settings;
use rtmp::Notices;

use crate::ingest::PlayerSettings;
use crate::out::broadcast::{Manner, Metadata, Start};

pub(super) fn settings(own: &Settings, server: &Settings) -> PlayerSettings {
    let usual = Manner::default();
    let is_on = |name: &str| own.flag(name) == Some(true);
    let queue = server.size("out_queue").filter(|queue| *queue > 0);
    PlayerSettings {
        manner: Manner {
            start: if own.flag("wait_key") == Some(false) { Start::Now } else { Start::Keyframe },
            sound_waits: is_on("wait_video"),
            metadata: match own.text("meta") {
                Some("copy") => Metadata::Publishers,
                Some("off") => Metadata::None,
                _ => Metadata::Own,
            },
            queue: queue.map_or(usual.queue, |queue| usize::try_from(queue).unwrap_or(usize::MAX)),
        },
        interleave: is_on("interleave"),
        wait: own.flag("idle_streams") != Some(false),
        notices: Notices { play: is_on("play_restart"), publisher: is_on("publish_notify") },
    }
}
