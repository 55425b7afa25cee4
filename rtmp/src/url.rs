//! `rtmp://HOST[:PORT]/APP` and `rtmps://HOST[:PORT]/APP`, as people type them.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::Error;

pub const DEFAULT_PORT: u16 = 1935;

/// Of RTMP over TLS.
pub const DEFAULT_SECURE_PORT: u16 = 443;

/// Where to publish. The stream key is not part of it: whatever stands behind the application is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtmpUrl {
    is_secure: bool,
    host: String,
    port: u16,
    app: String,
}

impl RtmpUrl {
    /// Whether it is spoken over TLS.
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Name or address; IPv6 addresses without brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Port, 1935 unless said otherwise; over TLS 443.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn app(&self) -> &str {
        &self.app
    }
}

impl RtmpUrl {
    /// An address with a name behind the application, where one stands: `rtmp://HOST/APP/NAME`.
    pub fn with_name(text: &str) -> Result<(Self, Option<String>), Error> {
        let url: Self = text.parse()?;
        let parsed = Url::parse(text).map_err(|error| Error::malformed(error.to_string()))?;
        let path = parsed.path().trim_matches('/');
        let name = path.split_once('/').map(|(_, name)| name.trim_matches('/'));
        let arguments = parsed.query().map(|query| format!("?{query}")).unwrap_or_default();
        Ok((url, name.filter(|name| !name.is_empty()).map(|name| format!("{name}{arguments}"))))
    }
}

impl FromStr for RtmpUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text)
            .map_err(|error| Error::malformed(format!("not a URL ({error}); expected rtmp://HOST/APP")))?;
        let is_secure = match url.scheme() {
            "rtmp" => false,
            "rtmps" => true,
            scheme => {
                let what =
                    format!("cannot publish over {scheme}; expected rtmp://HOST/APP or rtmps://HOST/APP");
                return Err(Error::malformed(what));
            }
        };
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
        let port = url.port().unwrap_or(default_port(is_secure));
        Ok(Self { is_secure, host: host.to_owned(), port, app: app.to_owned() })
    }
}

/// The address as `tcUrl` has it.
impl fmt::Display for RtmpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rtmp{}://{}", if self.is_secure { "s" } else { "" }, self.host)?;
        if self.port != default_port(self.is_secure) {
            write!(f, ":{}", self.port)?;
        }
        write!(f, "/{}", self.app)
    }
}

fn default_port(is_secure: bool) -> u16 {
    if is_secure { DEFAULT_SECURE_PORT } else { DEFAULT_PORT }
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
            ("rtmps://example.org/live", "example.org", 443, "live", "rtmps://example.org/live"),
            ("rtmps://example.org:1935/live", "example.org", 1935, "live", "rtmps://example.org:1935/live"),
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

    #[test]
    fn what_stands_behind_the_application_may_be_a_name() {
        let table = [
            ("rtmp://a/live", None),
            ("rtmp://a:1/live/", None),
            ("rtmp://a/live/demo", Some("demo")),
            ("rtmps://a/live/x/demo?key=1", Some("x/demo?key=1")),
        ];
        for (text, name) in table {
            let (url, found) = RtmpUrl::with_name(text).unwrap();
            assert_eq!((url.app(), found.as_deref()), ("live", name), "{text}");
        }
        assert!(RtmpUrl::with_name("rtmp://a").is_err());
    }
}
