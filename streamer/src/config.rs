//! What the arguments mean: every text becomes a type here, once, before anything is started.

mod policy;
pub mod quantity;
mod source;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use api::names::{StreamKey, StreamName};
use api::{Bitrate, Invalid, files};
use media::Size;
use nets::Device;
use rtmp::RtmpUrl;
use url::Url;

use crate::cli::{CodingArgs, KeyArgs, PushArgs};
use crate::coder::Coding;
use crate::upload::UploadTarget;

pub use policy::PolicyChoice;
pub use quantity::codable;
pub use source::SourceSpec;

/// Uploads stay below this part of the video's bitrate, unless told otherwise.
const UPLOAD_SHARE: u32 = 10;
/// Port of the server's HTTP interface, unless told otherwise.
const HTTP_PORT: u16 = 8080;

/// `streamer push`, understood.
#[derive(Debug)]
pub struct PushConfig {
    pub source: SourceSpec,
    pub to: RtmpUrl,
    pub key: StreamKey,
    /// Size of the sent video, if it was given.
    pub size: Option<Size>,
    pub bitrate: Bitrate,
    pub coding: Coding,
    /// Training and uploads; none with `--no-train`.
    pub training: Option<TrainingConfig>,
    /// When to stop by itself.
    pub duration: Option<Duration>,
}

/// Where and how fast trained networks go.
#[derive(Debug, Clone)]
pub struct TrainingConfig {
    pub target: UploadTarget,
    /// Bitrate that uploads stay below.
    pub upload_rate: Bitrate,
    /// Least time between two uploads of one training.
    pub upload_every: Duration,
    pub policy: PolicyChoice,
    pub device: Device,
    /// Where what trainings gained is remembered, if there is such a place.
    pub state: Option<PathBuf>,
}

impl PushConfig {
    /// Understands the arguments; reads the key's file.
    pub fn from_args(args: PushArgs) -> Result<Self, Invalid> {
        let source = SourceSpec::parse(&args.source, args.looping)?;
        let to: RtmpUrl = args.to.parse().map_err(|error| {
            Invalid::new(format!("--to {}: {error}; write it as rtmp://HOST/live", args.to))
        })?;
        let key = stream_key(args.key)?;
        let mut config = Self {
            source,
            to,
            key,
            size: args.size,
            bitrate: args.bitrate,
            coding: args.coding.into(),
            training: None,
            duration: args.duration,
        };
        // A device that is not there is no reason to refuse who does not train.
        if !args.no_train {
            let server = args.server.map_or_else(|| beside(config.to.host()), http_url)?;
            config.training = Some(TrainingConfig {
                target: UploadTarget { server, name: args.name, key: config.key.clone() },
                upload_rate: args.upload_rate.unwrap_or_else(|| args.bitrate.divided_by(UPLOAD_SHARE)),
                upload_every: args.upload_every,
                policy: args.train,
                device: args.device.resolve().map_err(|error| Invalid::new(error.to_string()))?,
                state: args.state_dir.or_else(files::state_folder),
            });
        }
        Ok(config)
    }
}

impl From<CodingArgs> for Coding {
    fn from(CodingArgs { codec, effort, latency }: CodingArgs) -> Self {
        Self { codec, effort, latency }
    }
}

impl UploadTarget {
    /// Understands the arguments of `streamer upload`; reads the key's file.
    pub fn from_args(server: String, name: StreamName, key: KeyArgs) -> Result<Self, Invalid> {
        Ok(Self { server: http_url(server)?, name, key: stream_key(key)? })
    }
}

/// The key that was given, in whichever way.
fn stream_key(args: KeyArgs) -> Result<StreamKey, Invalid> {
    match (args.key, args.key_file) {
        (Some(key), _) => key.parse().map_err(|error| {
            Invalid::new(format!(
                "the stream key is not acceptable ({error}); copy it from the server's configuration"
            ))
        }),
        (None, Some(file)) => files::read_key(&file),
        (None, None) => {
            Err(Invalid::new("no stream key: give --key-file FILE, set SHARPCAST_KEY, or give --key KEY"))
        }
    }
}

fn http_url(given: String) -> Result<Url, Invalid> {
    match Url::parse(&given) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(Invalid::new(format!(
            "--server {given}: write the server's HTTP address as http://HOST:8080"
        ))),
    }
}

/// The HTTP address of a server, from its RTMP host.
fn beside(host: &str) -> Result<Url, Invalid> {
    // An IPv6 address has colons of its own; only brackets tell the port from them.
    let text = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => format!("http://[{address}]:{HTTP_PORT}"),
        _ => format!("http://{host}:{HTTP_PORT}"),
    };
    http_url(text)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn push(more: &[&str]) -> Result<PushConfig, Invalid> {
        let line = ["streamer", "push", "test:", "--to", "rtmp://example.org/live"].iter().chain(more);
        match Cli::try_parse_from(line).unwrap().command {
            Command::Push(args) => PushConfig::from_args(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn defaults_follow_from_what_was_given() {
        let config = push(&["--key", "s3cret", "--bitrate", "800k"]).unwrap();
        let training = config.training.unwrap();
        assert_eq!(training.target.server.as_str(), "http://example.org:8080/");
        assert_eq!(training.target.name.to_string(), "live");
        assert_eq!(training.upload_rate.bits_per_second(), 80_000);
        assert!(push(&["--key", "s3cret", "--no-train"]).unwrap().training.is_none());
    }

    #[test]
    fn a_key_comes_from_the_first_line_of_a_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "s3cret\nnote to self").unwrap();
        let config = push(&["--key-file", file.path().to_str().unwrap()]).unwrap();
        assert_eq!(config.key.expose(), "s3cret");
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn what_cannot_be_followed_says_what_to_change() {
        let messages: Vec<_> = [
            push(&[]),
            push(&["--key-file", "/nowhere/key"]),
            push(&["--key", "two words\n"]),
            push(&["--key", "k", "--server", "example.org"]),
        ]
        .into_iter()
        .map(|result| result.unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(messages.join("\n"));
    }
}
