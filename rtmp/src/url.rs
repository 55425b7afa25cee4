//! `rtmp://HOST[:PORT]/APP`, as people type it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use url::Url;

/// Port of RTMP.
pub const DEFAULT_PORT: u16 = 1935;

/// Where to publish. The stream key is not part of it: whatever stands behind the application is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtmpUrl {
    host: String,
    port: u16,
    app: String,
}

/// Why a text is not an address to publish to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidRtmpUrl {
    /// Not a URL at all.
    #[error("not a URL ({0}); expected rtmp://HOST/APP")]
    Syntax(#[from] url::ParseError),
    /// Another scheme.
    #[error("cannot publish over {0}; expected rtmp://HOST/APP")]
    Scheme(String),
    /// No host.
    #[error("no host; expected rtmp://HOST/APP")]
    NoHost,
    /// No application.
    #[error("no application; expected rtmp://HOST/APP, usually rtmp://HOST/live")]
    NoApp,
    /// A user or password.
    #[error("user and password in the address are not supported; the stream key is the secret")]
    Credentials,
}

impl RtmpUrl {
    /// Name or address; IPv6 addresses without brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Port, 1935 unless said otherwise.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Application, never empty.
    pub fn app(&self) -> &str {
        &self.app
    }
}

impl FromStr for RtmpUrl {
    type Err = InvalidRtmpUrl;

    fn from_str(text: &str) -> Result<Self, InvalidRtmpUrl> {
        let url = Url::parse(text)?;
        if url.scheme() != "rtmp" {
            return Err(InvalidRtmpUrl::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidRtmpUrl::Credentials);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(InvalidRtmpUrl::NoHost)?;
        let app = url.path().split('/').find(|part| !part.is_empty()).ok_or(InvalidRtmpUrl::NoApp)?;
        Ok(Self { host: host.to_owned(), port: url.port().unwrap_or(DEFAULT_PORT), app: app.to_owned() })
    }
}

/// The address as `tcUrl` has it.
impl fmt::Display for RtmpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rtmp://{}", self.host)?;
        if self.port != DEFAULT_PORT {
            write!(f, ":{}", self.port)?;
        }
        write!(f, "/{}", self.app)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let cases = [
            ("rtmp://localhost/live", "localhost", 1935, "live", "rtmp://localhost/live"),
            ("rtmp://127.0.0.1:1936/live/", "127.0.0.1", 1936, "live", "rtmp://127.0.0.1:1936/live"),
            ("rtmp://example.org/live/secret", "example.org", 1935, "live", "rtmp://example.org/live"),
            ("rtmp://[::1]:1935//app?x=1", "::1", 1935, "app", "rtmp://[::1]/app"),
        ];
        for (text, host, port, app, shown) in cases {
            let url: RtmpUrl = text.parse().unwrap();
            assert_eq!((url.host(), url.port(), url.app()), (host, port, app), "{text}");
            assert_eq!(url.to_string(), shown);
        }
    }

    #[test]
    fn what_cannot_be_published_to_says_why() {
        let reason = |text: &str| text.parse::<RtmpUrl>().unwrap_err();
        assert_eq!(reason("http://host/live"), InvalidRtmpUrl::Scheme("http".into()));
        assert_eq!(reason("rtmp:///live"), InvalidRtmpUrl::NoHost);
        assert_eq!(reason("rtmp://host"), InvalidRtmpUrl::NoApp);
        assert_eq!(reason("rtmp://host/"), InvalidRtmpUrl::NoApp);
        assert_eq!(reason("rtmp://me:pw@host/live"), InvalidRtmpUrl::Credentials);
        assert!(matches!(reason("live"), InvalidRtmpUrl::Syntax(_)));
        assert!(matches!(reason("rtmp://host:99999/live"), InvalidRtmpUrl::Syntax(_)));
    }
}
