//! Which source a text names.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use api::Invalid;
use api::names::StreamKey;
use url::{Host, Url};

/// Where the pictures come from.
#[derive(Debug)]
pub enum SourceSpec {
    /// A file, played at the speed of life.
    File { path: PathBuf, repeats: bool },
    /// A publisher such as OBS pushes to us, at this address. Without a key every key is accepted, on loopback only.
    Listen { address: SocketAddr, key: Option<StreamKey> },
    /// Generated pictures.
    Synthetic,
}

impl SourceSpec {
    /// The source that `text` names; `repeats` says whether it is to be played again and again.
    pub fn parse(text: &str, repeats: bool) -> Result<Self, Invalid> {
        let endless = |spec| {
            if repeats {
                return Err(Invalid::new(format!("--loop plays a file again; {text} does not end")));
            }
            Ok(spec)
        };
        match text.split_once(':') {
            Some(("test", "")) => endless(Self::Synthetic),
            Some(("rtmp", _)) => endless(Self::listen(text)?),
            _ if text.starts_with("/dev/") => Err(Invalid::new(format!(
                "capture devices such as {text} are not supported yet; let OBS capture it and push to \
                 rtmp://127.0.0.1:1936/live, and give that as the source"
            ))),
            Some((_, rest)) if rest.starts_with("//") => Err(Invalid::new(format!(
                "{text} is not a source; give a media file, rtmp://127.0.0.1:1936/live to listen there, or test:"
            ))),
            _ => Ok(Self::File { path: PathBuf::from(text), repeats }),
        }
    }

    fn listen(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::new(format!(
                "cannot listen at {text}; give an address of this machine with its port, such as \
                 rtmp://127.0.0.1:1936/live"
            ))
        };
        let url = Url::parse(text).map_err(|_| wrong())?;
        let ip = match url.host().ok_or_else(wrong)? {
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
            // `rtmp` is no special scheme to the URL standard, so addresses come as names.
            Host::Domain("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Host::Domain(name) => name.parse().map_err(|_| wrong())?,
        };
        let address = SocketAddr::new(ip, url.port().ok_or_else(wrong)?);
        // `/APP/KEY`: every application is taken, so only what follows it counts.
        let key = url.path().splitn(3, '/').nth(2).filter(|key| !key.is_empty());
        let key = key.map(|key| key.parse::<StreamKey>().map_err(|_| wrong())).transpose()?;
        if key.is_none() && !ip.is_loopback() {
            let scheme = url.scheme();
            return Err(Invalid::new(format!(
                "{scheme}://{address} can be reached from other machines; add a key that publishers must have: \
                 rtmp://ADDRESS:PORT/live/KEY"
            )));
        }
        Ok(Self::Listen { address, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(text: &str) -> (SocketAddr, Option<StreamKey>) {
        match SourceSpec::parse(text, false).unwrap() {
            SourceSpec::Listen { address, key } => (address, key),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tells_sources_apart() {
        assert!(matches!(
            SourceSpec::parse("clip.mp4", true).unwrap(),
            SourceSpec::File { repeats: true, .. }
        ));
        assert!(matches!(SourceSpec::parse("a:b.mp4", false).unwrap(), SourceSpec::File { .. }));
        assert!(matches!(SourceSpec::parse("test:", false).unwrap(), SourceSpec::Synthetic));
        for (text, repeats) in
            [("/dev/video0", false), ("https://example.org/a.m3u8", false), ("test:", true)]
        {
            assert!(SourceSpec::parse(text, repeats).is_err(), "{text}");
        }
    }

    #[test]
    fn listens_on_loopback_without_a_key_and_elsewhere_with_one() {
        assert_eq!(listen("rtmp://127.0.0.1:1936/live").0, "127.0.0.1:1936".parse().unwrap());
        assert_eq!(listen("rtmp://localhost:1936/live").0, "127.0.0.1:1936".parse().unwrap());
        assert_eq!(listen("rtmp://[::1]:1936").0, "[::1]:1936".parse().unwrap());
        assert_eq!(listen("rtmp://0.0.0.0:1936/live/s3cret").1.unwrap().expose(), "s3cret");
        for text in
            ["rtmp://127.0.0.1/live", "rtmp://example.org:1936/live", "rtmp://0.0.0.0:1936/live", "rtmp:"]
        {
            assert!(SourceSpec::parse(text, false).is_err(), "{text}");
        }
    }
}
