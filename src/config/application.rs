//! `[[application]]`: who may publish and play at which address, and whom to ask.

use api::Invalid;
use toml::de::DeValue;
use url::Url;

use super::section::Section;
use super::values::{one_of, parsed, period, text, yes_or_no};
use crate::apps::{AppSettings, Publish, Rule, Rules};
use crate::hooks::{Format, HookSettings, Method};

/// Longest name of an application; it stands in front of the names of its streams.
const MAX_NAME: usize = 32;

pub(super) fn read(all: &mut Vec<AppSettings>, mut section: Section<'_>) -> Result<(), Invalid> {
    let name = section.get("name", name)?;
    let name =
        name.ok_or_else(|| section.complain("", "missing field `name`; every application needs one"))?;
    if all.iter().any(|other| other.name == name) {
        let message =
            format!("application `{name}` is there already; every application needs a name of its own");
        return Err(section.complain("name", &message));
    }
    let mut app = AppSettings::new(&name);
    let publish = [("keys", Publish::Keys), ("open", Publish::Open), ("off", Publish::Off)];
    section.set("publish", &mut app.publish, one_of(&publish))?;
    section.set("publish_rules", &mut app.publish_rules, rules)?;
    section.set("play", &mut app.play, yes_or_no)?;
    section.set("play_rules", &mut app.play_rules, rules)?;
    for section in section.tables("hooks")? {
        read_hooks(&mut app.hooks, section)?;
    }
    section.end()?;
    all.push(app);
    Ok(())
}

fn read_hooks(hooks: &mut HookSettings, mut section: Section<'_>) -> Result<(), Invalid> {
    let places: [(&str, &mut Option<Url>); 9] = [
        ("on_connect", &mut hooks.connect),
        ("on_disconnect", &mut hooks.disconnect),
        ("on_publish", &mut hooks.publish),
        ("on_play", &mut hooks.play),
        ("on_publish_done", &mut hooks.publish_done),
        ("on_play_done", &mut hooks.play_done),
        ("on_done", &mut hooks.done),
        ("on_record_done", &mut hooks.record_done),
        ("on_update", &mut hooks.update),
    ];
    for (key, place) in places {
        *place = section.get(key, url)?;
    }
    section.set("update", &mut hooks.update_every, period)?;
    section.set("update_strict", &mut hooks.update_strict, yes_or_no)?;
    section.set("method", &mut hooks.method, one_of(&[("post", Method::Post), ("get", Method::Get)]))?;
    section.set("format", &mut hooks.format, one_of(&[("form", Format::Form), ("json", Format::Json)]))?;
    section.end()
}

fn name(value: &DeValue<'_>) -> Result<String, String> {
    let name = text(value)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !(1..=MAX_NAME).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(format!(
            "`{name}` is no application name; write 1 to {MAX_NAME} letters, digits, `_` and `-`"
        ));
    }
    Ok(name.to_owned())
}

fn rules(value: &DeValue<'_>) -> Result<Rules, String> {
    let wrong = || "a list of rules is expected here: [\"allow 10.0.0.0/8\", \"deny all\"]".to_owned();
    let rules = value.as_array().ok_or_else(wrong)?.iter().map(|rule| parsed::<Rule>(rule.get_ref()));
    rules.collect::<Result<_, _>>().map(Rules)
}

fn url(value: &DeValue<'_>) -> Result<Url, String> {
    let text = text(value)?;
    let url = text.parse::<Url>().ok().filter(|url| url.scheme() == "http" && url.host().is_some());
    url.ok_or_else(|| format!("`{text}` is no address of a hook; write http://HOST[:PORT]/PATH"))
}
