//! What single directives say.

use crate::conf::{Directive, Error};

/// `push` or `pull`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relay {
    /// As it is written; the scheme `rtmp://` may be missing.
    pub url: String,
    pub name: Option<String>,
    pub app: Option<String>,
    pub tc_url: Option<String>,
    pub page_url: Option<String>,
    pub swf_url: Option<String>,
    pub flash_version: Option<String>,
    pub play_path: Option<String>,
    /// What of a recording is played; live streams have neither. What is no number counts as not written.
    pub live: Option<i64>,
    pub start: Option<i64>,
    pub stop: Option<i64>,
    /// Begins with the server, not with the first player. Only of `pull`.
    pub is_static: bool,
}

/// One entry of `hls_variant`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub suffix: String,
    /// What stands behind `EXT-X-STREAM-INF:`.
    pub arguments: Vec<String>,
}

impl Relay {
    pub(super) fn read(directive: &Directive) -> Result<Self, Error> {
        let wrong = |what: String| Err(directive.at.error(format!("`{}`: {what}", directive.name)));
        let mut relay = Self { url: directive.first().to_owned(), ..Self::default() };
        for option in directive.arguments.iter().skip(1) {
            // As there: an option without a value is on.
            let (name, value) = option.split_once('=').unwrap_or((option, "1"));
            let text = Some(value.to_owned()).filter(|value| !value.is_empty());
            let number = value.parse::<i64>().ok();
            match name.to_ascii_lowercase().as_str() {
                "name" => relay.name = text,
                "app" => relay.app = text,
                "tcurl" => relay.tc_url = text,
                "pageurl" => relay.page_url = text,
                "swfurl" => relay.swf_url = text,
                "flashver" => relay.flash_version = text,
                "playpath" => relay.play_path = text,
                "live" => relay.live = number,
                "start" => relay.start = number,
                "stop" => relay.stop = number,
                "static" if number.is_some_and(|number| number > 0) => relay.is_static = true,
                "static" => {
                    return wrong("`static` takes nothing; leave it away if it is not meant".to_owned());
                }
                other => {
                    return wrong(format!(
                        "there is no option `{other}`; there are name, app, tcUrl, pageUrl, swfUrl, flashVer, playPath, live, start, stop, static"
                    ));
                }
            }
        }
        if relay.is_static && directive.name == "push" {
            return wrong("only `pull` can be static; leave `static` away".to_owned());
        }
        if relay.is_static && relay.name.is_none() {
            return wrong("what is static needs a stream to begin with; write name=STREAM".to_owned());
        }
        Ok(relay)
    }
}

impl Variant {
    pub(super) fn read(directive: &Directive) -> Self {
        Self {
            suffix: directive.first().to_owned(),
            arguments: directive.arguments.iter().skip(1).cloned().collect(),
        }
    }
}
