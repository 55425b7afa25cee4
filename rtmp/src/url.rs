//! `rtmp://HOST[:PORT]/APP`, as people type it.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::Error;

pub const DEFAULT_PORT: u16 = 1935;

/// Where to publish. The stream key is not part of it: whatever stands behind the application is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtmpUrl {
    host: String,
    port: u16,
    app: String,
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

    pub fn app(&self) -> &str {
        &self.app
    }
}

impl FromStr for RtmpUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text)
            .map_err(|error| Error::malformed(format!("not a URL ({error}); expected rtmp://HOST/APP")))?;
        if url.scheme() != "rtmp" {
            let scheme = url.scheme();
            return Err(Error::malformed(format!("cannot publish over {scheme}; expected rtmp://HOST/APP")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::malformed(
                "user and password in the address are not supported; the stream key is the secret",
            ));
        }
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| Error::malformed("no host; expected rtmp://HOST/APP"))?;
        let app = url.path().split('/').find(|part| !part.is_empty()).ok_or_else(|| {
            Error::malformed("no application; expected rtmp://HOST/APP, usually rtmp://HOST/live")
        })?;
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
        let cases = [
            ("http://host/live", "cannot publish over http"),
            ("rtmp:///live", "no host"),
            ("rtmp://host", "no application"),
            ("rtmp://host/", "no application"),
            ("rtmp://me:pw@host/live", "user and password"),
            ("live", "not a URL"),
            ("rtmp://host:99999/live", "not a URL"),
        ];
        for (text, reason) in cases {
            let refused = text.parse::<RtmpUrl>().unwrap_err().to_string();
            assert!(refused.starts_with(reason), "{text}: {refused}");
        }
    }
}
