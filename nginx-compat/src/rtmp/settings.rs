//! The directives that hold for a block, with what it inherits.

use std::collections::BTreeMap;
use std::time::Duration;

use super::access::{Access, Rule};
use super::values::{Relay, Variant};
use crate::conf::{Directive, Error, value};
use crate::directives::{Several, Takes, find};

/// What is written, by name. All of it has been checked, so that it can be read as what it takes; what is not written is nothing here.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    by_name: BTreeMap<String, Vec<Directive>>,
    /// `allow` and `deny` together, since their order counts.
    rules: Vec<Directive>,
}

impl Settings {
    /// The same with the directives of an inner block, as [`Several`] says it of each.
    pub(super) fn override_with(&mut self, inner: &[Directive]) {
        self.by_name.retain(|name, _| several(name) != Several::Here);
        let mut fresh: BTreeMap<String, Vec<Directive>> = BTreeMap::new();
        for directive in inner {
            let all = fresh.entry(directive.name.clone()).or_default();
            if several(&directive.name) == Several::Replaced {
                all.clear();
            }
            all.push(plain(directive));
        }
        for (name, mut own) in fresh {
            if several(&name) == Several::Added {
                own.extend(self.by_name.remove(&name).unwrap_or_default());
            }
            self.by_name.insert(name, own);
        }
        let rules = inner.iter().filter(|directive| matches!(directive.name.as_str(), "allow" | "deny"));
        self.rules.splice(0..0, rules.cloned());
    }

    pub fn get(&self, name: &str) -> Option<&Directive> {
        self.by_name.get(name).and_then(|all| all.last())
    }

    /// All of this name: first those of the innermost block.
    pub fn all(&self, name: &str) -> &[Directive] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        value::flag(self.get(name)?.first()).ok()
    }

    /// A count; `k` and `m` may stand behind some.
    pub fn number(&self, name: &str) -> Option<u64> {
        value::size(self.get(name)?.first()).ok()
    }

    pub fn size(&self, name: &str) -> Option<u64> {
        value::size(self.get(name)?.first()).ok()
    }

    /// `off`, where it may be written, is no time at all.
    pub fn time(&self, name: &str) -> Option<Duration> {
        let text = self.get(name)?.first();
        if text == "off" { Some(Duration::ZERO) } else { value::time(text).ok() }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(Directive::first)
    }

    /// What is written, or what holds without it; empty if that is nothing.
    pub fn text_or_default(&self, name: &str) -> &str {
        self.text(name).unwrap_or_else(|| find(name).map_or("", |known| known.default))
    }

    /// Whether one of the words of a directive is this one.
    pub fn has_word(&self, name: &str, word: &str) -> bool {
        self.get(name).is_some_and(|directive| directive.arguments.iter().any(|found| found == word))
    }

    /// The address of a hook, with its scheme, which may be left out there.
    pub fn hook(&self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        let has_scheme = text.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("http://"));
        let rest = if has_scheme { &text[7..] } else { text };
        Some(format!("http://{rest}"))
    }

    /// `allow` and `deny` in the order in which they are asked: those of the innermost block first.
    pub fn rules(&self) -> Result<Vec<Rule>, Error> {
        self.rules.iter().map(Rule::read).collect()
    }

    pub fn access(&self) -> Result<Access, Error> {
        self.rules().map(Access)
    }

    /// All of `push` or `pull`.
    pub fn relays(&self, name: &str) -> Result<Vec<Relay>, Error> {
        self.all(name).iter().map(Relay::read).collect()
    }

    pub fn variants(&self) -> Vec<Variant> {
        self.all("hls_variant").iter().map(Variant::read).collect()
    }
}

fn several(name: &str) -> Several {
    find(name).map_or(Several::Replaced, |known| known.several)
}

/// Words that may be written in any case are read in one. Times are not: `1M` is a month.
fn plain(directive: &Directive) -> Directive {
    let mut plain = directive.clone();
    let has_words = match find(&directive.name).map(|known| known.takes) {
        Some(Takes::Flag | Takes::Word(_) | Takes::Words(_)) => true,
        Some(Takes::TimeOrOff) => directive.first().eq_ignore_ascii_case("off"),
        _ => false,
    };
    if has_words {
        plain.arguments.iter_mut().for_each(|word| word.make_ascii_lowercase());
    }
    plain
}
