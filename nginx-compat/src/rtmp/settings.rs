//! The directives that hold for a block, with what it inherits.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::values::{Relay, Rule, Variant};
use crate::conf::value::{self, Bare};
use crate::conf::{Directive, Error};
use crate::directives::{Takes, find};

/// By name. All of them have been checked, so that they can be read as what they take.
#[derive(Debug, Clone, Default)]
pub struct Settings(BTreeMap<String, Vec<Directive>>);

impl Settings {
    /// The same with a directive of an inner block.
    ///
    /// What stands in an inner block takes the place of what stands outside, all of its name together.
    pub(super) fn override_with(&mut self, inner: &[Directive]) {
        let mut fresh: BTreeMap<String, Vec<Directive>> = BTreeMap::new();
        for directive in inner {
            let all = fresh.entry(directive.name.clone()).or_default();
            if !find(&directive.name).is_some_and(|known| known.repeats) {
                all.clear();
            }
            all.push(directive.clone());
        }
        self.0.extend(fresh);
    }

    pub fn get(&self, name: &str) -> Option<&Directive> {
        self.0.get(name).and_then(|all| all.last())
    }

    pub fn all(&self, name: &str) -> &[Directive] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        value::flag(self.get(name)?.first()).ok()
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        value::number(self.get(name)?.first()).ok()
    }

    pub fn size(&self, name: &str) -> Option<u64> {
        value::size(self.get(name)?.first()).ok()
    }

    pub fn time(&self, name: &str) -> Option<Duration> {
        let bare = match find(name)?.takes {
            Takes::Seconds => Bare::Seconds,
            _ => Bare::Milliseconds,
        };
        value::time(self.get(name)?.first(), bare).ok()
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(Directive::first)
    }

    /// Whether one of the words of a directive is this one.
    pub fn has_word(&self, name: &str, word: &str) -> bool {
        self.get(name).is_some_and(|directive| directive.arguments.iter().any(|found| found == word))
    }

    /// `allow` and `deny`, in the order of the file.
    pub fn rules(&self) -> Result<Vec<Rule>, Error> {
        let mut all: Vec<&Directive> = self.all("allow").iter().chain(self.all("deny")).collect();
        all.sort_by(|one, other| one.at.cmp(&other.at));
        all.into_iter().map(rule).collect()
    }

    pub fn relays(&self, name: &str) -> Result<Vec<Relay>, Error> {
        self.all(name).iter().map(relay).collect()
    }

    pub fn variants(&self) -> Vec<Variant> {
        let variant = |directive: &Directive| Variant {
            suffix: directive.first().to_owned(),
            arguments: directive.arguments[1..].to_vec(),
        };
        self.all("hls_variant").iter().map(variant).collect()
    }
}

fn rule(directive: &Directive) -> Result<Rule, Error> {
    let (action, from) = match &directive.arguments[..] {
        [from] => (None, from),
        [action, from] => (Some(action.as_str()), from),
        _ => return Err(directive.at.error("allow and deny take [publish|play] and an address")),
    };
    let (publish, play) = match action {
        None => (true, true),
        Some("publish") => (true, false),
        Some("play") => (false, true),
        Some(other) => return Err(directive.at.error(format!("`{other}` is neither `publish` nor `play`"))),
    };
    let from = if from == "all" { None } else { Some(net(from).map_err(|why| directive.at.error(why))?) };
    Ok(Rule { allows: directive.name == "allow", publish, play, from })
}

fn net(text: &str) -> Result<(IpAddr, u8), String> {
    let wrong = || format!("`{text}` is no address; write `all`, an address, or ADDRESS/BITS");
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| wrong()))?;
    if bits <= most { Ok((address, bits)) } else { Err(wrong()) }
}

fn relay(directive: &Directive) -> Result<Relay, Error> {
    let mut relay = Relay { url: directive.first().to_owned(), ..Relay::default() };
    for option in &directive.arguments[1..] {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let text = Some(value.to_owned()).filter(|value| !value.is_empty());
        match name {
            "name" => relay.name = text,
            "app" => relay.app = text,
            "tcUrl" => relay.tc_url = text,
            "pageUrl" => relay.page_url = text,
            "swfUrl" => relay.swf_url = text,
            "flashVer" => relay.flash_version = text,
            "playPath" => relay.play_path = text,
            "static" => relay.is_static = true,
            // They say what of a recording is played; live streams have neither.
            "live" | "start" | "stop" => {}
            other => {
                return Err(directive.at.error(format!(
                    "`{}` has no option `{other}`; there are name, app, tcUrl, pageUrl, swfUrl, flashVer, playPath, live, start, stop, static",
                    directive.name
                )));
            }
        }
    }
    Ok(relay)
}
