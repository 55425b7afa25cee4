//! HLS and DASH on disk, in our words.

use std::num::NonZeroU64;
use std::path::PathBuf;

use nginx_compat::rtmp::Settings;

use crate::out::dash::DashSettings;
use crate::out::files::{FilesSettings, KeySettings, ListType, Naming, Slicing, Variant};

/// Where HLS files go, if they are wanted.
pub(super) fn settings(own: &Settings) -> Option<FilesSettings> {
    if own.flag("hls") != Some(true) {
        return None;
    }
    let mut files = FilesSettings::new(own.text("hls_path")?.into());
    files.nested = own.flag("hls_nested").unwrap_or(false);
    files.fragment = own.time("hls_fragment").unwrap_or(files.fragment);
    files.max_fragment = own.time("hls_max_fragment").unwrap_or(files.fragment * 10);
    files.playlist_length = own.time("hls_playlist_length").unwrap_or(files.playlist_length);
    files.cleanup = own.flag("hls_cleanup").unwrap_or(true);
    files.continuous = own.flag("hls_continuous").unwrap_or(true);
    own.text("hls_base_url").unwrap_or_default().clone_into(&mut files.base_url);
    files.naming = match own.text("hls_fragment_naming") {
        Some("timestamp") => Naming::Timestamp,
        Some("system") => Naming::System,
        _ => Naming::Sequential,
    };
    files.granularity = own.number("hls_fragment_naming_granularity").and_then(NonZeroU64::new);
    if own.text("hls_fragment_slicing") == Some("aligned") {
        files.slicing = Slicing::Aligned;
    }
    files.sync = own.time("hls_sync").unwrap_or(files.sync);
    if own.flag("hls_keys") == Some(true) {
        files.keys = Some(KeySettings {
            folder: own.text("hls_key_path").map_or_else(|| files.folder.clone(), PathBuf::from),
            url: own.text("hls_key_url").unwrap_or_default().to_owned(),
            fragments: own
                .number("hls_fragments_per_key")
                .filter(|most| *most > 0)
                .map(|most| u32::try_from(most).unwrap_or(u32::MAX)),
        });
    }
    if own.text("hls_type") == Some("event") {
        files.list_type = ListType::Event;
    }
    let variants = own.variants().into_iter();
    files.variants = variants
        .map(|variant| Variant { suffix: variant.suffix, arguments: variant.arguments.join(",") })
        .collect();
    Some(files)
}

pub(super) fn dash(own: &Settings) -> Option<DashSettings> {
    if own.flag("dash") != Some(true) {
        return None;
    }
    let mut dash = DashSettings::new(own.text("dash_path")?.into());
    dash.nested = own.flag("dash_nested").unwrap_or(false);
    dash.fragment = own.time("dash_fragment").unwrap_or(dash.fragment);
    dash.playlist_length = own.time("dash_playlist_length").unwrap_or(dash.playlist_length);
    dash.cleanup = own.flag("dash_cleanup").unwrap_or(true);
    Some(dash)
}
