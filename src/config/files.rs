//! `[application.hls_files]` and `[application.dash_files]`: HLS and DASH on disk.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use api::Invalid;

use super::section::Section;
use super::values::{number, one_of, one_of_or, period, text, yes_or_no};
use crate::out::dash::DashSettings;
use crate::out::files::{FilesSettings, KeySettings, ListType, Naming, Slicing, Variant};

pub(super) fn read(mut section: Section<'_>) -> Result<FilesSettings, Invalid> {
    let place = folder(&mut section)?;
    let mut files = FilesSettings::new(place);
    section.set("nested", &mut files.nested, yes_or_no)?;
    section.set("fragment", &mut files.fragment, period)?;
    section.set("max_fragment", &mut files.max_fragment, period)?;
    section.set("playlist_length", &mut files.playlist_length, period)?;
    section.set("cleanup", &mut files.cleanup, yes_or_no)?;
    let naming =
        [("sequential", Naming::Sequential), ("timestamp", Naming::Timestamp), ("system", Naming::System)];
    section.set("naming", &mut files.naming, one_of(&naming))?;
    section.set("base_url", &mut files.base_url, |value| text(value).map(str::to_owned))?;
    section.set("continuous", &mut files.continuous, yes_or_no)?;
    files.granularity = section.get("granularity", number(1..=i64::MAX))?.and_then(NonZeroU64::new);
    let slicing = [("plain", Slicing::Plain), ("aligned", Slicing::Aligned)];
    section.set("slicing", &mut files.slicing, one_of(&slicing))?;
    section.set("sync", &mut files.sync, one_of_or(&[("off", Duration::ZERO)], period))?;
    for mut keys in section.tables("keys")? {
        let folder = folder(&mut keys)?;
        let mut settings = KeySettings { folder, url: String::new(), fragments: None };
        keys.set("url", &mut settings.url, |value| text(value).map(str::to_owned))?;
        settings.fragments = keys.get("fragments", number(1..=1_000_000))?;
        keys.end()?;
        files.keys = Some(settings);
    }
    let types = [("live", ListType::Live), ("event", ListType::Event)];
    section.set("type", &mut files.list_type, one_of(&types))?;
    for mut variant in section.tables("variant")? {
        let suffix = variant.get("suffix", |value| text(value).map(str::to_owned))?;
        let suffix = suffix.ok_or_else(|| variant.complain("", "missing field `suffix`"))?;
        let arguments = variant.get("arguments", |value| text(value).map(str::to_owned))?;
        variant.end()?;
        files.variants.push(Variant { suffix, arguments: arguments.unwrap_or_default() });
    }
    section.end()?;
    Ok(files)
}

pub(super) fn read_dash(mut section: Section<'_>) -> Result<DashSettings, Invalid> {
    let mut dash = DashSettings::new(folder(&mut section)?);
    section.set("nested", &mut dash.nested, yes_or_no)?;
    section.set("fragment", &mut dash.fragment, period)?;
    section.set("playlist_length", &mut dash.playlist_length, period)?;
    section.set("cleanup", &mut dash.cleanup, yes_or_no)?;
    section.end()?;
    Ok(dash)
}

/// A folder that is not there when the first stream comes would be found out too late.
pub(super) fn folder(section: &mut Section<'_>) -> Result<PathBuf, Invalid> {
    let folder = section.get("folder", |value| text(value).map(PathBuf::from))?;
    let folder = folder.ok_or_else(|| section.complain("", "missing field `folder`: where to write to"))?;
    if !folder.is_dir() {
        let message = format!("there is no folder {}: create it, writable for the server", folder.display());
        return Err(section.complain("folder", &message));
    }
    Ok(folder)
}
