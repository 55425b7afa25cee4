//! The configuration file: TOML in, one typed value out. `configs/sharpcast.toml` documents every key.
//!
//! Every key has a default and every section may be left out. Foreign text becomes a type here, once; nothing
//! behind this module parses text. Errors name the file, the line, the key and what is allowed.

mod error;
pub mod identity;
pub mod values;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::names::{StreamKey, StreamName};
use api::{Bitrate, files};
use media::picture::Size;
use nets::device::DeviceChoice;
use serde::Deserialize;
use values::parsed;

pub use error::ConfigError;
pub use values::{EncoderPreset, LogFormat, LogLevel, Period, Profile, Temporal};

/// Everything that can be configured.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where publishers come in.
    pub rtmp: RtmpSettings,
    /// Where viewers and streamers come in.
    pub http: HttpSettings,
    /// How the output is cut.
    pub hls: HlsSettings,
    /// Which net runs, and on what.
    pub enhance: EnhanceSettings,
    /// How the enhanced rendition is coded.
    pub encode: EncodeSettings,
    /// What is logged, and how.
    pub log: LogSettings,
    /// Who may publish; empty means one stream named `live` with a key of its own ([`identity`]).
    pub stream: Vec<StreamSettings>,
}

/// `[rtmp]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RtmpSettings {
    /// Address to listen on; port 0 lets the system choose.
    #[serde(deserialize_with = "values::address")]
    pub listen: SocketAddr,
    /// Connections that wait to publish; when more come, the oldest of them is closed.
    #[serde(deserialize_with = "values::at_least_one")]
    pub max_connections: usize,
    /// A publisher who comes back within this time continues the same playlist.
    pub grace: Period,
}

impl Default for RtmpSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 1935)),
            max_connections: 64,
            grace: Period(Duration::from_secs(30)),
        }
    }
}

/// `[http]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSettings {
    /// Address to listen on; port 0 lets the system choose.
    #[serde(deserialize_with = "values::address")]
    pub listen: SocketAddr,
    /// Connections at the same time; more wait to be accepted.
    #[serde(deserialize_with = "values::at_least_one")]
    pub max_connections: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)), max_connections: 1024 }
    }
}

/// `[hls]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HlsSettings {
    /// Length of a segment; segments are cut at the publisher's keyframes.
    pub segment: Period,
    /// Length of a part, what low-latency players fetch.
    pub part: Period,
    /// Segments that stay in memory and in the playlist.
    #[serde(deserialize_with = "values::window")]
    pub window: usize,
}

impl Default for HlsSettings {
    fn default() -> Self {
        Self { segment: Period(Duration::from_secs(2)), part: Period(Duration::from_millis(500)), window: 8 }
    }
}

/// `[enhance]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnhanceSettings {
    /// Whether there is an enhanced rendition at all.
    pub enabled: bool,
    /// What runs the nets: `auto`, `cpu`, `cuda`, `cuda:N`.
    #[serde(deserialize_with = "parsed")]
    pub device: DeviceChoice,
    /// Which net: `auto` measures the machine, or a preset's name, or `plain` for none.
    #[serde(deserialize_with = "parsed")]
    pub profile: Profile,
    /// Whether selected pictures are refined by the second stage.
    pub temporal: Temporal,
    /// Threads of one net on the CPU.
    #[serde(deserialize_with = "values::threads")]
    pub threads: u32,
    /// Largest enhanced picture; a larger one would be, the stream is handed out as received only.
    #[serde(deserialize_with = "parsed")]
    pub max_size: Size,
}

impl Default for EnhanceSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            device: DeviceChoice::Auto,
            profile: Profile::Auto,
            temporal: Temporal::Auto,
            threads: 1,
            max_size: Size { width: 1920, height: 1080 },
        }
    }
}

/// `[encode]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EncodeSettings {
    /// x264's preset.
    pub preset: EncoderPreset,
    /// x264's constant quality; lower is better and larger.
    #[serde(deserialize_with = "values::quality")]
    pub quality: f32,
    /// Upper bound of the bitrate.
    pub max_bitrate: Bitrate,
    /// Threads of one encoder.
    #[serde(deserialize_with = "values::threads")]
    pub threads: u32,
}

impl Default for EncodeSettings {
    fn default() -> Self {
        Self {
            preset: EncoderPreset::Superfast,
            quality: 21.0,
            max_bitrate: Bitrate::new(8_000_000),
            threads: 1,
        }
    }
}

/// `[log]`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// Text for people or JSON for machines.
    pub format: LogFormat,
    /// Least important message that is written.
    pub level: LogLevel,
}

/// `[[stream]]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "StreamEntry")]
pub struct StreamSettings {
    /// Public name.
    pub name: StreamName,
    /// What the publisher has as stream key; secret.
    pub key: StreamKey,
    /// Which net, if not what `[enhance]` says.
    pub profile: Option<Profile>,
}

/// `[[stream]]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamEntry {
    #[serde(deserialize_with = "parsed")]
    name: StreamName,
    #[serde(default, deserialize_with = "values::maybe_parsed")]
    key: Option<StreamKey>,
    #[serde(default)]
    key_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "values::maybe_parsed")]
    profile: Option<Profile>,
}

impl TryFrom<StreamEntry> for StreamSettings {
    type Error = String;

    fn try_from(entry: StreamEntry) -> Result<Self, String> {
        let key = match (entry.key, entry.key_file) {
            (Some(key), None) => key,
            (None, Some(file)) => files::read_key(&file).map_err(|error| format!("`key_file`: {error}"))?,
            _ => return Err(format!("stream `{}` needs either `key` or `key_file`", entry.name)),
        };
        Ok(Self { name: entry.name, key, profile: entry.profile })
    }
}

impl Config {
    /// Reads a configuration file.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ConfigError::Unreadable { file: file.to_owned(), source })?;
        Self::parse(file, &text)
    }

    /// Understands a configuration file's text; `file` only serves the error messages.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::invalid(file, text, &error))?;
        error::check_across_keys(&config, file, text)?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> String {
        Config::parse(Path::new("sharpcast.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn the_documented_file_says_what_the_defaults_are() {
        let text = include_str!("../configs/sharpcast.toml");
        assert_eq!(Config::parse(Path::new("configs/sharpcast.toml"), text).unwrap(), Config::default());
    }

    #[test]
    fn every_key_is_documented() {
        let text = include_str!("../configs/sharpcast.toml");
        let documented: Vec<&str> = text
            .lines()
            .filter_map(|line| line.trim_start_matches("# ").split_once(" = "))
            .map(|(key, _)| key.trim())
            .collect();
        let keys = "listen max_connections grace segment part window enabled device profile temporal threads max_size \
                    preset quality max_bitrate format level name key key_file";
        for key in keys.split_whitespace() {
            assert!(documented.contains(&key), "`{key}` is not in configs/sharpcast.toml");
        }
    }

    #[test]
    fn the_core_is_understood() {
        let text = "[rtmp]\nlisten = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n\
                    [[stream]]\nname = \"demo\"\nkey = \"s3cret\"\nprofile = \"small\"\n";
        let config = Config::parse(Path::new("x.toml"), text).unwrap();
        assert_eq!(config.stream[0].name.to_string(), "demo");
        assert_eq!(config.stream[0].key.expose(), "s3cret");
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn a_key_may_lie_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "from-a-file\n").unwrap();
        let text = format!("[[stream]]\nname = \"demo\"\nkey_file = {file:?}\n");
        let config = Config::parse(Path::new("x.toml"), &text).unwrap();
        assert_eq!(config.stream[0].key.expose(), "from-a-file");
    }

    #[test]
    fn complaints_name_the_line_the_key_and_what_is_allowed() {
        insta::assert_snapshot!(
            "unknown_key",
            complaint("[rtmp]\nlisten = \"127.0.0.1:1935\"\nlissten = 1\n")
        );
        insta::assert_snapshot!("unknown_section", complaint("[rmtp]\n"));
        insta::assert_snapshot!("bad_address", complaint("[http]\nlisten = \"8080\"\n"));
        insta::assert_snapshot!("bad_period", complaint("[hls]\nsegment = \"2 fortnights\"\n"));
        insta::assert_snapshot!("bad_profile", complaint("[enhance]\nprofile = \"huge\"\n"));
        insta::assert_snapshot!("bad_preset", complaint("[encode]\npreset = \"slow\"\n"));
        insta::assert_snapshot!("bad_threads", complaint("[enhance]\nthreads = 0\n"));
        insta::assert_snapshot!("bad_name", complaint("[[stream]]\nname = \"a/b\"\nkey = \"k\"\n"));
        insta::assert_snapshot!("no_key", complaint("[[stream]]\nname = \"a\"\n"));
        insta::assert_snapshot!("part_longer", complaint("[hls]\nsegment = \"1s\"\npart = \"2s\"\n"));
    }

    #[test]
    fn names_and_keys_are_unique_and_keys_are_never_shown() {
        let twice = |name: &str, key: &str| {
            complaint(&format!(
                "[[stream]]\nname = \"a\"\nkey = \"hush\"\n\n[[stream]]\nname = \"{name}\"\nkey = \"{key}\"\n"
            ))
        };
        insta::assert_snapshot!("name_twice", twice("a", "other"));
        let complaint = twice("b", "hush");
        assert!(!complaint.contains("hush"), "{complaint}");
        insta::assert_snapshot!("key_twice", complaint);
    }
}
