//! `[[application]]`: who may publish and play at which address, and whom to ask.

use std::time::Duration;

use api::Invalid;
use nginx_compat::callback::Updates;
use nginx_compat::log::Format;
use rtmp::Introduction;
use rtmp::limits::NEVER;
use toml::de::DeValue;
use url::Url;

use super::files;
use super::players;
use super::section::Section;
use super::values::{file, number, one_of, one_of_or, parsed, period, text, yes_or_no};
use crate::apps::{AccessLogSettings, AppSettings, Publish, PullSettings, Rule, Rules, VodPlace};
use crate::hooks::{self, HookSettings, Method, Redirects};
use crate::out::record::{Container, RecordSettings, Source, Tracks};
use crate::out::relay::{RelaySettings, SecretName};

/// Pause before a relay tries again.
const RECONNECT: Duration = Duration::from_secs(3);

/// Peers wait for their hooks.
const MOST_HOOK_TIMEOUT: Duration = Duration::from_secs(60);

/// Longest name of an application; it stands in front of the names of its streams.
const MAX_NAME: usize = 32;

pub(super) fn read(all: &mut Vec<AppSettings>, mut section: Section<'_>) -> Result<(), Invalid> {
    let name = section.get("name", name)?;
    let name =
        name.ok_or_else(|| section.complain("", "missing field `name`; every application needs one"))?;
    if all.iter().any(|other| other.name == name) {
        let message =
            format!("application `{name}` is there already; every application needs a name of its own");
        return Err(section.complain("name", &message));
    }
    let mut app = AppSettings::new(&name);
    let publish = [("keys", Publish::Keys), ("open", Publish::Open), ("off", Publish::Off)];
    section.set("publish", &mut app.publish, one_of(&publish))?;
    section.set("publish_rules", &mut app.publish_rules, rules)?;
    app.idle_publisher = section.get("idle_publisher", one_of_or(&[("off", NEVER)], period))?;
    section.set("play", &mut app.play, yes_or_no)?;
    section.set("play_rules", &mut app.play_rules, rules)?;
    section.set("vod", &mut app.vod, places)?;
    section.set("vod_ahead", &mut app.vod_ahead, period)?;
    for section in section.tables("players")? {
        players::read(&mut app.players, section)?;
    }
    for section in section.tables("hooks")? {
        read_hooks(&mut app.hooks, section)?;
    }
    for section in section.tables("access_log")? {
        app.access_log = Some(read_access_log(section)?);
    }
    for section in section.tables("hls_files")? {
        app.files = Some(files::read(section)?);
    }
    for section in section.tables("dash_files")? {
        app.dash = Some(files::read_dash(section)?);
    }
    for section in section.tables("record")? {
        read_record(&mut app.record, section)?;
    }
    for section in section.tables("push")? {
        read_push(&mut app.push, section)?;
    }
    for section in section.tables("pull")? {
        read_pull(&mut app.pull, section)?;
    }
    section.end()?;
    all.push(app);
    Ok(())
}

fn read_access_log(mut section: Section<'_>) -> Result<AccessLogSettings, Invalid> {
    let file = section.get("file", file)?;
    let file = file.ok_or_else(|| section.complain("", "missing field `file`: where to write to"))?;
    let mut format = Format::default();
    section.set("format", &mut format, parsed)?;
    section.end()?;
    Ok(AccessLogSettings { file, format })
}

fn read_hooks(hooks: &mut HookSettings, mut section: Section<'_>) -> Result<(), Invalid> {
    let places: [(&str, &mut Option<Url>); 9] = [
        ("on_connect", &mut hooks.connect),
        ("on_disconnect", &mut hooks.disconnect),
        ("on_publish", &mut hooks.publish),
        ("on_play", &mut hooks.play),
        ("on_publish_done", &mut hooks.publish_done),
        ("on_play_done", &mut hooks.play_done),
        ("on_done", &mut hooks.done),
        ("on_record_done", &mut hooks.record_done),
        ("on_update", &mut hooks.update),
    ];
    for (key, place) in places {
        *place = section.get(key, url)?;
    }
    section.set("update", &mut hooks.update_every, period)?;
    let redirects = [
        ("names", Redirects::Names),
        ("addresses", Redirects::Addresses),
        ("named-addresses", Redirects::NamedAddresses),
    ];
    section.set("redirects", &mut hooks.redirects, one_of(&redirects))?;
    section.set("timeout", &mut hooks.timeout, period)?;
    if hooks.timeout > MOST_HOOK_TIMEOUT {
        return Err(section.complain("timeout", "no encoder waits longer than 60s for an answer"));
    }
    if section.get("update_strict", yes_or_no)? == Some(true) {
        hooks.updates = Updates::Strict;
    }
    section.set("method", &mut hooks.method, one_of(&[("post", Method::Post), ("get", Method::Get)]))?;
    section.set(
        "format",
        &mut hooks.format,
        one_of(&[("form", hooks::Format::Form), ("json", hooks::Format::Json)]),
    )?;
    section.end()
}

const RENDITIONS: [(&str, Source); 2] = [("received", Source::Received), ("enhanced", Source::Enhanced)];

fn read_record(all: &mut Vec<RecordSettings>, mut section: Section<'_>) -> Result<(), Invalid> {
    let folder = files::folder(&mut section)?;
    let mut record = RecordSettings::new("", folder);
    // A publisher must not overwrite what an earlier one has left.
    record.unique = true;
    section.set("name", &mut record.name, |value| text(value).map(str::to_owned))?;
    let tracks = [
        ("all", Tracks::All),
        ("audio", Tracks::Audio),
        ("video", Tracks::Video),
        ("keyframes", Tracks::Keyframes),
    ];
    section.set("tracks", &mut record.tracks, one_of(&tracks))?;
    section.set("rendition", &mut record.rendition, one_of(&RENDITIONS))?;
    section.set("start", &mut record.by_order, one_of(&[("publish", false), ("order", true)]))?;
    section.set("lock", &mut record.lock, yes_or_no)?;
    section.set("notify", &mut record.notify, yes_or_no)?;
    section.set(
        "format",
        &mut record.container,
        one_of(&[("flv", Container::Flv), ("mp4", Container::Mp4)]),
    )?;
    if record.container == Container::Mp4 {
        record.suffix = ".mp4".parse()?;
    }
    section.set("suffix", &mut record.suffix, parsed)?;
    section.set("unique", &mut record.unique, yes_or_no)?;
    section.set("append", &mut record.append, yes_or_no)?;
    if record.append && record.container == Container::Mp4 {
        return Err(section.complain(
            "append",
            "nothing can be appended to MP4: leave out `append`, or say format = \"flv\"",
        ));
    }
    record.interval = section.get("interval", period)?;
    record.max_size = section.get("max_size", number(1..=i64::MAX))?;
    record.max_frames = section.get("max_frames", number(1..=i64::MAX))?;
    section.end()?;
    all.push(record);
    Ok(())
}

fn read_push(all: &mut Vec<RelaySettings>, mut section: Section<'_>) -> Result<(), Invalid> {
    let url = section.get("url", parsed)?;
    let url = url.ok_or_else(|| section.complain("", "missing field `url`: rtmp://HOST/APP"))?;
    let mut relay = RelaySettings {
        url,
        name: section.get("key", |value| text(value).map(|key| SecretName(key.into())))?,
        rendition: Source::Received,
        introduction: Introduction::default(),
        reconnect: RECONNECT,
    };
    section.set("rendition", &mut relay.rendition, one_of(&RENDITIONS))?;
    section.set("reconnect", &mut relay.reconnect, period)?;
    section.end()?;
    all.push(relay);
    Ok(())
}

fn read_pull(all: &mut Vec<PullSettings>, mut section: Section<'_>) -> Result<(), Invalid> {
    let url = section.get("url", parsed)?;
    let url = url.ok_or_else(|| section.complain("", "missing field `url`: rtmp://HOST/APP"))?;
    let mut pull = PullSettings {
        url,
        path: section.get("path", |value| text(value).map(str::to_owned))?,
        name: section.get("name", |value| text(value).map(str::to_owned))?,
        always: false,
        introduction: Introduction::default(),
        reconnect: RECONNECT,
    };
    section.set("always", &mut pull.always, yes_or_no)?;
    section.set("reconnect", &mut pull.reconnect, period)?;
    if pull.always && pull.name.is_none() {
        let message = "`always` needs a `name`: which stream is to be fetched before anybody asks for one?";
        return Err(section.complain("always", message));
    }
    section.end()?;
    all.push(pull);
    Ok(())
}

fn name(value: &DeValue<'_>) -> Result<String, String> {
    let name = text(value)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !(1..=MAX_NAME).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(format!(
            "`{name}` is no application name; write 1 to {MAX_NAME} letters, digits, `_` and `-`"
        ));
    }
    Ok(name.to_owned())
}

/// Folders and addresses.
fn places(value: &DeValue<'_>) -> Result<Vec<VodPlace>, String> {
    let wrong = || {
        "a list of folders and addresses is expected here: [\"/var/lib/videos\", \"http://HOST/videos\"]"
            .to_owned()
    };
    let place = |value: &DeValue<'_>| {
        let text = text(value)?;
        match url(value) {
            Ok(address) => Ok(VodPlace::Address(address)),
            Err(_) if text.contains("://") => Err(format!("`{text}` is no address; write http://HOST/PATH")),
            Err(_) => Ok(VodPlace::Folder(text.into())),
        }
    };
    value.as_array().ok_or_else(wrong)?.iter().map(|value| place(value.get_ref())).collect()
}

fn rules(value: &DeValue<'_>) -> Result<Rules, String> {
    let wrong = || "a list of rules is expected here: [\"allow 10.0.0.0/8\", \"deny all\"]".to_owned();
    let rules = value.as_array().ok_or_else(wrong)?.iter().map(|rule| parsed::<Rule>(rule.get_ref()));
    rules.collect::<Result<_, _>>().map(Rules)
}

fn url(value: &DeValue<'_>) -> Result<Url, String> {
    let text = text(value)?;
    let url = text
        .parse::<Url>()
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
    url.ok_or_else(|| format!("`{text}` is no address of a hook; write http://HOST[:PORT]/PATH"))
}
