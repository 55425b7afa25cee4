//! One application of nginx-rtmp in our words.

use std::time::Duration;

use api::Invalid;
use nginx_compat::Directive;
use nginx_compat::callback::Updates;
use nginx_compat::log::{Format, FormatError};
use nginx_compat::rtmp::{Application, Recorder, Relay, Rule, Settings};
use rtmp::limits::NEVER;
use rtmp::{Introduction, RtmpUrl};
use url::Url;

use super::files;
use super::players;
use crate::apps::rules::From;
use crate::apps::{AccessLogSettings, AppSettings, Publish, PullSettings, Rule as OurRule, Rules, VodPlace};
use crate::hooks::{HookSettings, Method, Redirects};
use crate::out::record::{RecordSettings, Source, Tracks};
use crate::out::relay::{RelaySettings, SecretName};

/// Pause before a relay tries again, there.
const RECONNECT: Duration = Duration::from_secs(3);

pub(super) fn settings(application: &Application, server: &Settings) -> Result<AppSettings, Invalid> {
    let own = &application.settings;
    let mut app = AppSettings::new(&application.name);
    let is_live = own.flag("live") == Some(true);
    // There is no key there: the name makes the stream.
    app.publish = if is_live { Publish::Open } else { Publish::Off };
    app.vod = places(own)?;
    app.vod_ahead = server.time("buflen").unwrap_or(app.vod_ahead);
    app.play = is_live || !app.vod.is_empty();
    let idle = own.time("drop_idle_publisher").filter(|idle| !idle.is_zero());
    app.idle_publisher = Some(idle.unwrap_or(NEVER));
    let rules = own.rules().map_err(invalid)?;
    app.publish_rules = Rules(rules.iter().filter(|rule| rule.publish).map(our_rule).collect());
    app.play_rules = Rules(rules.iter().filter(|rule| rule.play).map(our_rule).collect());
    app.players = players::settings(own, server);
    app.hooks = hooks(own, server)?;
    app.access_log = access_log(own)?;
    app.files = files::settings(own);
    app.dash = files::dash(own);
    app.record = recorders(application)?;
    app.push =
        own.relays("push").map_err(invalid)?.iter().map(|push| relay(push, own)).collect::<Result<_, _>>()?;
    app.pull = own
        .relays("pull")
        .map_err(invalid)?
        .iter()
        .map(|found| pull(found, own))
        .collect::<Result<_, _>>()?;
    Ok(app)
}

/// Folders and addresses of `play`.
fn places(own: &Settings) -> Result<Vec<VodPlace>, Invalid> {
    let all = own.all("play").iter().flat_map(|play| play.arguments.iter().map(move |place| (play, place)));
    let place = |(play, place): (&Directive, &String)| {
        if !place.contains("://") {
            return Ok(VodPlace::Folder(place.into()));
        }
        let address = place.parse::<Url>().ok().filter(|url| url.has_host() && url.scheme() == "http");
        let wrong = || {
            Invalid::new(format!(
                "{}: `{place}` is no address of recordings; write http://HOST/PATH",
                play.at
            ))
        };
        address.map(VodPlace::Address).ok_or_else(wrong)
    };
    all.map(place).collect()
}

fn invalid(error: nginx_compat::Error) -> Invalid {
    Invalid::new(error.to_string())
}

fn our_rule(rule: &Rule) -> OurRule {
    let net = rule.from.and_then(|(address, bits)| ipnet::IpNet::new(address, bits).ok());
    OurRule { allows: rule.allows, from: net.map_or(From::All, From::Net) }
}

fn hooks(own: &Settings, server: &Settings) -> Result<HookSettings, Invalid> {
    let url = |settings: &Settings, name: &str| -> Result<Option<Url>, Invalid> {
        let Some(directive) = settings.get(name) else { return Ok(None) };
        let text = directive.first();
        // There the scheme may be left out.
        let url = settings.hook(name).and_then(|text| text.parse::<Url>().ok()).filter(Url::has_host);
        let url = url.ok_or_else(|| {
            Invalid::new(format!(
                "{}: `{text}` is no address of a hook; write http://HOST[:PORT]/PATH",
                directive.at
            ))
        })?;
        Ok(Some(url))
    };
    let usual = HookSettings::default();
    Ok(HookSettings {
        connect: url(server, "on_connect")?,
        disconnect: url(server, "on_disconnect")?,
        publish: url(own, "on_publish")?,
        play: url(own, "on_play")?,
        publish_done: url(own, "on_publish_done")?,
        play_done: url(own, "on_play_done")?,
        done: url(own, "on_done")?,
        record_done: url(own, "on_record_done")?,
        update: url(own, "on_update")?,
        update_every: own.time("notify_update_timeout").unwrap_or(Duration::from_secs(30)),
        updates: match own.flag("notify_update_strict") {
            Some(true) => Updates::Strict,
            _ => Updates::Lenient,
        },
        redirects: match own.flag("notify_relay_redirect") {
            Some(true) => Redirects::NamedAddresses,
            _ => Redirects::Addresses,
        },
        timeout: server.time("netcall_timeout").filter(|time| !time.is_zero()).unwrap_or(usual.timeout),
        method: if own.has_word("notify_method", "get") { Method::Get } else { Method::Post },
        ..usual
    })
}

/// One that is written: there is one for every application there, at a place that was compiled in.
fn access_log(own: &Settings) -> Result<Option<AccessLogSettings>, Invalid> {
    let Some(log) = own.get("access_log").filter(|log| log.first() != "off") else { return Ok(None) };
    let invalid = |why: String| Invalid::new(format!("{}: {why}", log.at));
    let name = log.arguments.get(1).map_or("combined", String::as_str);
    let written = own.all("log_format").iter().find(|format| format.first() == name);
    let format = match written {
        Some(written) => {
            let text = written.arguments[1..].concat();
            text.parse().map_err(|error: FormatError| Invalid::new(format!("{}: {error}", written.at)))?
        }
        None if name == "combined" => Format::default(),
        None => return Err(invalid(format!("there is no `log_format {name}`; write one in front of it"))),
    };
    Ok(Some(AccessLogSettings { file: log.first().into(), format }))
}

fn recorders(application: &Application) -> Result<Vec<RecordSettings>, Invalid> {
    let unnamed = record("", &application.settings)?;
    // A recorder inherits where to, and has to say itself that it records.
    let named = application.recorders.iter().filter(|recorder| says_itself(recorder));
    let named =
        named.map(|recorder| record(&recorder.name, &recorder.settings)).collect::<Result<Vec<_>, _>>()?;
    Ok(unnamed.into_iter().chain(named.into_iter().flatten()).collect())
}

fn says_itself(recorder: &Recorder) -> bool {
    recorder.settings.get("record").is_some()
}

fn record(name: &str, own: &Settings) -> Result<Option<RecordSettings>, Invalid> {
    let has = |word: &str| own.has_word("record", word);
    let tracks = match (has("all"), has("audio"), has("video"), has("keyframes")) {
        (true, ..) | (_, true, true, _) => Tracks::All,
        (_, _, _, true) => Tracks::Keyframes,
        (_, true, ..) => Tracks::Audio,
        (_, _, true, _) => Tracks::Video,
        _ => return Ok(None),
    };
    if has("off") {
        return Ok(None);
    }
    let Some(folder) = own.text("record_path") else { return Ok(None) };
    let mut record = RecordSettings::new(name, folder.into());
    record.tracks = tracks;
    record.by_order = has("manual");
    record.lock = own.flag("record_lock").unwrap_or(false);
    record.notify = own.flag("record_notify").unwrap_or(false);
    if let Some(suffix) = own.get("record_suffix") {
        record.suffix = suffix
            .first()
            .parse()
            .map_err(|error: Invalid| Invalid::new(format!("{}: {error}", suffix.at)))?;
    }
    record.unique = own.flag("record_unique").unwrap_or(false);
    record.append = own.flag("record_append").unwrap_or(false);
    record.interval = own.time("record_interval").filter(|interval| !interval.is_zero());
    record.max_size = own.size("record_max_size").filter(|size| *size > 0);
    record.max_frames = own.number("record_max_frames").filter(|frames| *frames > 0);
    Ok(Some(record))
}

fn relay(push: &Relay, own: &Settings) -> Result<RelaySettings, Invalid> {
    let Place { url, path } = place(push, "push")?;
    Ok(RelaySettings {
        url,
        name: path.map(|name| SecretName(name.into())),
        rendition: Source::Received,
        introduction: introduction(push),
        reconnect: own.time("push_reconnect").unwrap_or(RECONNECT),
    })
}

fn pull(pull: &Relay, own: &Settings) -> Result<PullSettings, Invalid> {
    let Place { url, path } = place(pull, "pull")?;
    Ok(PullSettings {
        url,
        path,
        name: pull.name.clone(),
        always: pull.is_static,
        introduction: introduction(pull),
        reconnect: own.time("pull_reconnect").unwrap_or(RECONNECT),
    })
}

/// Where a relay goes, and what the stream is called there.
struct Place {
    url: RtmpUrl,
    path: Option<String>,
}

fn introduction(relay: &Relay) -> Introduction {
    Introduction {
        tc_url: relay.tc_url.clone().unwrap_or_default(),
        page_url: relay.page_url.clone().unwrap_or_default(),
        swf_url: relay.swf_url.clone().unwrap_or_default(),
        flash_version: relay.flash_version.clone().unwrap_or_default(),
        ..Introduction::default()
    }
}

fn place(relay: &Relay, directive: &str) -> Result<Place, Invalid> {
    // There the scheme may be left out, and what stands behind the application is the name.
    let text = if relay.url.contains("://") { relay.url.clone() } else { format!("rtmp://{}", relay.url) };
    let wrong = |why: String| Invalid::new(format!("{directive} {}: {why}", relay.url));
    let parsed: Url = text.parse().map_err(|error: url::ParseError| wrong(error.to_string()))?;
    let mut parts = parsed.path().trim_matches('/').splitn(2, '/').filter(|part| !part.is_empty());
    let app = relay.app.clone().or_else(|| parts.next().map(str::to_owned));
    let behind = parts.next().map(str::to_owned);
    let app = app.ok_or_else(|| wrong("say the application: rtmp://HOST/APP".to_owned()))?;
    let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
    let url = format!("{}://{}{port}/{app}", parsed.scheme(), parsed.host_str().unwrap_or_default());
    let url = url.parse().map_err(|error: rtmp::Error| wrong(error.to_string()))?;
    Ok(Place { url, path: relay.play_path.clone().or(behind) })
}
