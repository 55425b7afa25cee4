//! A hook may answer with an address of RTMP: who publishes is pushed there as well, and what is played is fetched from there.

use std::time::Duration;

use md5::{Digest as _, Md5};
use rtmp::{Introduction, RtmpUrl};

use super::{AppSettings, PullSettings};
use crate::hooks::Redirects;
use crate::out::record::Source;
use crate::out::relay::{RelaySettings, SecretName};

/// Pause before the next try.
const RECONNECT: Duration = Duration::from_secs(3);

/// Where a hook's answer points to.
pub(super) struct Elsewhere {
    url: RtmpUrl,
    /// What it is called there.
    name: Option<String>,
    /// What it is called here, if the address decides that.
    pub(super) local: Option<String>,
}

impl Elsewhere {
    /// None, and a line in the log, if it may not be or cannot be.
    pub(super) fn new(app: &AppSettings, address: &str) -> Option<Self> {
        if app.hooks.redirects == Redirects::Names {
            tracing::warn!(
                app = app.name,
                "a hook answers with an address, which it may not: say `redirects = \"addresses\"` if it may"
            );
            return None;
        }
        match RtmpUrl::with_name(address) {
            Ok((url, name)) => {
                let local = (app.hooks.redirects == Redirects::NamedAddresses).then(|| digest(address));
                Some(Self { url, name, local })
            }
            Err(error) => {
                tracing::warn!(app = app.name, %error, "a hook answers with an address that is none");
                None
            }
        }
    }

    pub(super) fn push(self) -> RelaySettings {
        RelaySettings {
            url: self.url,
            name: self.name.map(|name| SecretName(name.into())),
            rendition: Source::Received,
            introduction: Introduction::default(),
            reconnect: RECONNECT,
        }
    }

    pub(super) fn pull(self) -> PullSettings {
        PullSettings {
            url: self.url,
            path: self.name,
            name: None,
            always: false,
            introduction: Introduction::default(),
            reconnect: RECONNECT,
        }
    }
}

/// The name that nginx-rtmp gives to what comes from an address.
fn digest(address: &str) -> String {
    format!("{:032x}", u128::from_be_bytes(Md5::digest(address).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_addresses_are_those_of_nginx_rtmp() {
        assert_eq!(digest("rtmp://a/live/demo").len(), 32);
        assert_eq!(digest(""), "d41d8cd98f00b204e9800998ecf8427e");
    }

    #[test]
    fn addresses_are_taken_from_hooks_that_may_give_them() {
        let mut app = AppSettings::new("live");
        assert!(Elsewhere::new(&app, "rtmp://a/live/demo").is_none());
        app.hooks.redirects = Redirects::Addresses;
        let there = Elsewhere::new(&app, "rtmp://a/live/demo").unwrap();
        assert_eq!((there.name.as_deref(), there.local), (Some("demo"), None));
        assert!(Elsewhere::new(&app, "rtmp://a").is_none());
        app.hooks.redirects = Redirects::NamedAddresses;
        assert!(Elsewhere::new(&app, "rtmp://a/live").unwrap().local.is_some());
    }
}
