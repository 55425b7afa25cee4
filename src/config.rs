//! The configuration file: TOML in, one typed value out. `configs/sharpcast.toml` documents every key.
//!
//! Every key has a default and every section may be left out. Foreign text becomes a type here, once; nothing behind
//! this module parses text. What a key means is for the stage to say that is configured: the types are theirs. Errors name
//! the file, the line, the key and what is allowed.

mod application;
mod files;
pub mod identity;
mod ingest;
mod players;
mod section;
mod values;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use api::Invalid;
use media::picture::Size;
use nets::device::DeviceChoice;
use toml::de::DeTable;
use tracing::Level;

use crate::apps::AppSettings;
use crate::http::{AccessSettings, OperatorPages};
use crate::inference::Profile;
use crate::ingest::IngestSettings;
use crate::out::EncodeSettings;
use crate::out::hls::PackagerSettings;
use crate::streams::StreamSettings;
use crate::telemetry::LogSettings;
use crate::tls::TlsSettings;
use section::{Section, Source};
use values::{
    address, file, media_period, networks, number, one_of, parsed, path, period, quality, yes_or_no,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where publishers and players come in.
    pub rtmp: ListenSettings,
    pub ingest: IngestSettings,
    /// Further addresses for RTMP.
    pub rtmp_also: Vec<(SocketAddr, IngestSettings)>,
    /// RTMP players at the same time.
    pub max_players: usize,
    /// A publisher who comes back within this time continues the same playlist.
    pub grace: Duration,
    /// Whether a publisher with the same key takes the place of the one that is there.
    pub takeover: bool,
    /// Where viewers and streamers come in.
    pub http: ListenSettings,
    /// Connections over HTTP at the same time; more wait to be accepted.
    pub http_connections: usize,
    /// Of what RTMP and HTTP over TLS show.
    pub tls: Option<TlsSettings>,
    pub access: AccessSettings,
    /// What operators of nginx-rtmp know.
    pub pages: OperatorPages,
    pub hls: PackagerSettings,
    pub enhance: EnhanceSettings,
    pub encode: EncodeSettings,
    pub log: LogSettings,
    /// Whose rules hold where; empty means that every application name will do.
    pub application: Vec<AppSettings>,
    /// Who may publish; empty means one stream named `live` with a key of its own ([`identity`]).
    pub stream: Vec<StreamSettings>,
}

/// Addresses of `[rtmp]` and `[http]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListenSettings {
    /// Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The same over TLS.
    pub listen_tls: Option<SocketAddr>,
}

/// `[enhance]`
#[derive(Debug, Clone, PartialEq)]
pub struct EnhanceSettings {
    /// Whether there is an upscaled rendition at all.
    pub enabled: bool,
    pub device: DeviceChoice,
    /// For streams that do not choose their own.
    pub profile: Profile,
    /// Whether the second stage refines as many pictures as there is time for.
    pub temporal: bool,
    /// Threads of one net on the CPU.
    pub threads: u32,
    /// Whether the net computes only what has changed in a picture.
    pub reuse: bool,
    /// Largest upscaled picture. A stream that would exceed it is handed out as received only.
    pub max_size: Size,
}

impl Default for Config {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            rtmp: ListenSettings { listen: loopback(1935), listen_tls: None },
            ingest: IngestSettings::default(),
            rtmp_also: Vec::new(),
            max_players: 1000,
            grace: Duration::from_secs(30),
            takeover: true,
            http: ListenSettings { listen: loopback(8080), listen_tls: None },
            http_connections: 1024,
            tls: None,
            access: AccessSettings::default(),
            pages: OperatorPages::default(),
            hls: PackagerSettings::default(),
            enhance: EnhanceSettings {
                enabled: true,
                device: DeviceChoice::Auto,
                profile: Profile::Auto,
                temporal: true,
                threads: 1,
                reuse: true,
                max_size: Size { width: 1920, height: 1080 },
            },
            encode: EncodeSettings::default(),
            log: LogSettings { json: false, level: Level::INFO },
            application: Vec::new(),
            stream: Vec::new(),
        }
    }
}

impl Config {
    /// Reads a configuration file.
    pub fn read(file: &Path) -> Result<Self, Invalid> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            let name = file.display();
            Invalid::new(format!(
                "cannot read the configuration: {name}: {error}; name a file that can be read"
            ))
        })?;
        Self::parse(file, &text)
    }

    /// Understands a configuration file's text; `file` only serves the error messages.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Invalid> {
        let source = Source { file, text };
        let table = DeTable::parse(text)
            .map_err(|error| source.complain(error.span().unwrap_or(0..0), error.message()))?;
        let mut root = Section::new(source, table.get_ref(), 0..0);
        let mut config = Self::default();
        for section in root.tables("rtmp")? {
            config.read_rtmp(section)?;
        }
        for mut section in root.tables("http")? {
            config.http.read(&mut section)?;
            section.set("max_connections", &mut config.http_connections, number(1..=100_000))?;
            config.read_access(&mut section)?;
            config.pages.stat = section.get("stat", path)?;
            config.pages.stylesheet =
                section.get("stylesheet", |value| values::text(value).map(str::to_owned))?;
            config.pages.control = section.get("control", path)?;
            config.pages.check().map_err(|why| section.complain("", &why))?;
            section.end()?;
        }
        for section in root.tables("tls")? {
            config.tls = Some(read_tls(section)?);
        }
        if config.tls.is_none() && (config.rtmp.listen_tls.is_some() || config.http.listen_tls.is_some()) {
            let message = "`listen_tls` needs a certificate: add [tls] with `certificate` and `key`";
            return Err(root.complain("tls", message));
        }
        for section in root.tables("hls")? {
            read_hls(&mut config.hls, section)?;
        }
        for section in root.tables("enhance")? {
            config.enhance.read(section)?;
        }
        for section in root.tables("encode")? {
            read_encode(&mut config.encode, section)?;
        }
        for section in root.tables("log")? {
            read_log(&mut config.log, section)?;
        }
        for section in root.tables("application")? {
            application::read(&mut config.application, section)?;
        }
        for section in root.tables("stream")? {
            config.read_stream(section)?;
        }
        root.end()?;
        Ok(config)
    }

    fn read_rtmp(&mut self, mut section: Section<'_>) -> Result<(), Invalid> {
        self.rtmp.read(&mut section)?;
        ingest::read(&mut self.ingest, &mut section)?;
        section.set("max_players", &mut self.max_players, number(0..=100_000))?;
        section.set("grace", &mut self.grace, period)?;
        section.set("takeover", &mut self.takeover, yes_or_no)?;
        section.end()
    }

    fn read_access(&mut self, section: &mut Section<'_>) -> Result<(), Invalid> {
        section.set("trusted_proxies", &mut self.access.trusted_proxies, networks)?;
        let key = section.get("admin_key", parsed)?;
        let key_file = section.get("admin_key_file", file)?;
        self.access.admin_key = match (key, key_file) {
            (Some(_), Some(_)) => {
                let message = "there is `admin_key` already; leave one of the two out";
                return Err(section.complain("admin_key_file", message));
            }
            (None, Some(file)) => Some(api::files::read_key(&file).map_err(|error| {
                section.complain("admin_key_file", &format!("`admin_key_file`: {error}"))
            })?),
            (key, None) => key,
        };
        Ok(())
    }

    fn read_stream(&mut self, mut section: Section<'_>) -> Result<(), Invalid> {
        let name = section.get("name", parsed)?;
        let name =
            name.ok_or_else(|| section.complain("", "missing field `name`; every stream needs one"))?;
        let key = section.get("key", parsed)?;
        let key_file = section.get("key_file", file)?;
        let profile = section.get("profile", parsed)?;
        let key = match (key, key_file) {
            (Some(key), None) => key,
            (None, Some(file)) => api::files::read_key(&file)
                .map_err(|error| section.complain("key_file", &format!("`key_file`: {error}")))?,
            _ => {
                let message = format!("stream `{name}` needs either `key` or `key_file`");
                return Err(section.complain("", &message));
            }
        };
        // By name and by key a stream is found, so both have to be unique. The complaint never repeats the key.
        let stream = StreamSettings { name, key: Some(key), profile };
        let name = &stream.name;
        if self.stream.iter().any(|other| other.name == *name) {
            let message = format!("stream name `{name}` is taken; every stream needs a name of its own");
            return Err(section.complain("name", &message));
        }
        if self.stream.iter().any(|other| other.key == stream.key) {
            let message =
                format!("stream `{name}` has another stream's key; every stream needs a key of its own");
            return Err(section.complain("key", &message));
        }
        self.stream.push(stream);
        section.end()
    }
}

impl ListenSettings {
    fn read(&mut self, section: &mut Section<'_>) -> Result<(), Invalid> {
        section.set("listen", &mut self.listen, address)?;
        self.listen_tls = section.get("listen_tls", address)?;
        Ok(())
    }
}

impl EnhanceSettings {
    fn read(&mut self, mut section: Section<'_>) -> Result<(), Invalid> {
        section.set("enabled", &mut self.enabled, yes_or_no)?;
        section.set("device", &mut self.device, parsed)?;
        section.set("profile", &mut self.profile, parsed)?;
        section.set("temporal", &mut self.temporal, one_of(&[("auto", true), ("off", false)]))?;
        section.set("threads", &mut self.threads, number(1..=64))?;
        section.set("reuse", &mut self.reuse, yes_or_no)?;
        section.set("max_size", &mut self.max_size, parsed)?;
        section.end()
    }
}

fn read_tls(mut section: Section<'_>) -> Result<TlsSettings, Invalid> {
    let certificate = section.get("certificate", file)?;
    let key = section.get("key", file)?;
    let settings = certificate.zip(key).map(|(certificate, key)| TlsSettings { certificate, key });
    let incomplete = || section.complain("", "[tls] needs both `certificate` and `key`, files in PEM");
    let settings = settings.ok_or_else(incomplete)?;
    section.end()?;
    Ok(settings)
}

fn read_hls(hls: &mut PackagerSettings, mut section: Section<'_>) -> Result<(), Invalid> {
    section.set("segment", &mut hls.target_duration, media_period)?;
    section.set("part", &mut hls.part_target, media_period)?;
    // Fewer than 4 segments leave players nothing to start from; more than 64 is a recording, held in memory.
    section.set("window", &mut hls.window_segments, number(4..=64))?;
    if hls.part_target > hls.target_duration {
        let key = if section.get("part", media_period)?.is_some() { "part" } else { "segment" };
        let message = "`part` is longer than `segment`; parts are pieces of segments";
        return Err(section.complain(key, message));
    }
    section.end()
}

fn read_encode(encode: &mut EncodeSettings, mut section: Section<'_>) -> Result<(), Invalid> {
    section.set("preset", &mut encode.preset, one_of(&values::ENCODER_PRESETS))?;
    section.set("quality", &mut encode.quality, quality)?;
    section.set("max_bitrate", &mut encode.max_bitrate, parsed)?;
    section.set("threads", &mut encode.threads, number(1..=64))?;
    section.end()
}

fn read_log(log: &mut LogSettings, mut section: Section<'_>) -> Result<(), Invalid> {
    let levels = [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    section.set("format", &mut log.json, one_of(&[("text", false), ("json", true)]))?;
    section.set("level", &mut log.level, one_of(&levels))?;
    section.end()
}

#[cfg(test)]
mod tests;
