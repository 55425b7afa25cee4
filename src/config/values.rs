//! From the file's values to what they mean. Every error says what is allowed.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use media::ffmpeg::Preset;
use media::time::MediaTime;
use toml::de::DeValue;

/// x264's presets that make sense for one live encoder per stream, from the least work on: `superfast` takes about 5 ms
/// for a picture of 960x540, `veryfast` half as much again for some 15 % fewer bits.
pub(super) const ENCODER_PRESETS: [(&str, Preset); 5] = [
    ("ultrafast", Preset::Ultrafast),
    ("superfast", Preset::Superfast),
    ("veryfast", Preset::Veryfast),
    ("faster", Preset::Faster),
    ("medium", Preset::Medium),
];

/// What is wrong is not repeated: it may be a key without its quotes.
pub(super) fn text<'a>(value: &'a DeValue<'_>) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| "a text in quotes is expected here".to_owned())
}

/// Any type that is written as text and whose error says what is allowed.
pub(super) fn parsed<T: FromStr<Err: fmt::Display>>(value: &DeValue<'_>) -> Result<T, String> {
    text(value)?.parse().map_err(|error: T::Err| error.to_string())
}

/// One of a few words.
pub(super) fn one_of<'w, T: Clone>(
    words: &'w [(&'w str, T)],
) -> impl FnOnce(&DeValue<'_>) -> Result<T, String> + 'w {
    move |value| {
        let text = text(value)?;
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| meaning.clone()).ok_or_else(|| {
            let words: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            format!("unknown variant `{text}`, expected one of {}", words.join(", "))
        })
    }
}

/// One of a few words, or else what `read` makes of it.
pub(super) fn one_of_or<'w, T: Clone>(
    words: &'w [(&'w str, T)],
    read: impl FnOnce(&DeValue<'_>) -> Result<T, String> + 'w,
) -> impl FnOnce(&DeValue<'_>) -> Result<T, String> + 'w {
    move |value| {
        let text = value.as_str().unwrap_or_default();
        let found = words.iter().find(|(word, _)| *word == text);
        found.map_or_else(|| read(value), |(_, meaning)| Ok(meaning.clone()))
    }
}

/// A path of a page: `/stat`.
pub(super) fn path(value: &DeValue<'_>) -> Result<String, String> {
    let text = text(value)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.');
    if !text.starts_with('/') || text.len() < 2 || !text.chars().all(allowed) {
        return Err(format!("`{text}` is no path of a page; write it from the root on, such as /stat"));
    }
    Ok(text.to_owned())
}

/// A file or a folder.
pub(super) fn file(value: &DeValue<'_>) -> Result<PathBuf, String> {
    text(value).map(PathBuf::from)
}

pub(super) fn yes_or_no(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "true or false is expected here".to_owned())
}

/// Networks and addresses: `["127.0.0.1", "10.0.0.0/8"]`.
pub(super) fn networks(value: &DeValue<'_>) -> Result<Vec<IpNet>, String> {
    let wrong =
        || "a list of addresses or networks is expected here: [\"127.0.0.1\", \"10.0.0.0/8\"]".to_owned();
    let network = |value: &DeValue<'_>| {
        let text = text(value)?;
        let address = || text.parse::<IpAddr>().map(IpNet::from);
        text.parse::<IpNet>().or_else(|_| address()).map_err(|_| format!("`{text}`: {}", wrong()))
    };
    value.as_array().ok_or_else(wrong)?.iter().map(|value| network(value.get_ref())).collect()
}

pub(super) fn address(value: &DeValue<'_>) -> Result<SocketAddr, String> {
    let text = text(value)?;
    text.parse().map_err(|_| {
        format!("`{text}` is not an address; write IP:PORT, such as 127.0.0.1:1935 or [::]:8080")
    })
}

/// A span of time written with its unit: `500ms`, `2s`, `5m`.
pub(super) fn period(value: &DeValue<'_>) -> Result<Duration, String> {
    let text = text(value)?;
    let wrong = || format!("`{text}` is not a span of time; write a number and a unit: 500ms, 2s, 5m");
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let unit = match unit.trim() {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        _ => return Err(wrong()),
    };
    if number == 0 {
        return Err(format!("`{text}` is no time at all; it must be longer than zero"));
    }
    Ok(unit * number)
}

/// The same on the media time scale.
pub(super) fn media_period(value: &DeValue<'_>) -> Result<MediaTime, String> {
    period(value).map(MediaTime::from_duration)
}

/// A whole number within bounds.
pub(super) fn number<T: TryFrom<i64>>(
    allowed: RangeInclusive<i64>,
) -> impl FnOnce(&DeValue<'_>) -> Result<T, String> {
    move |value| {
        let whole = value.as_integer().ok_or("a whole number is expected here")?;
        let number = i64::from_str_radix(whole.as_str(), whole.radix()).ok();
        let fitting = number.filter(|number| allowed.contains(number)).and_then(|n| T::try_from(n).ok());
        fitting.ok_or_else(|| {
            format!("{whole} is out of range, expected {} to {}", allowed.start(), allowed.end())
        })
    }
}

/// x264's constant quality.
pub(super) fn quality(value: &DeValue<'_>) -> Result<f32, String> {
    let text = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => return Err("a number is expected here".to_owned()),
    };
    let quality = text.parse().ok().filter(|quality| (1.0..=51.0).contains(quality));
    quality
        .ok_or_else(|| format!("{text} is out of range, expected 1 (large) to 51 (small); 18 to 28 is usual"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_value(text: &str) -> DeValue<'_> {
        DeValue::String(text.into())
    }

    #[test]
    fn periods_have_units() {
        let table = [
            ("500ms", Some(500)),
            ("2s", Some(2000)),
            ("5m", Some(300_000)),
            ("2 s", Some(2000)),
            ("2", None),
        ];
        for (text, millis) in table.into_iter().chain([("0s", None), ("-1s", None), ("s", None), ("", None)])
        {
            assert_eq!(period(&text_value(text)).ok().map(|p| p.as_millis()), millis, "{text}");
        }
    }

    #[test]
    fn numbers_are_within_bounds() {
        let read = |text: &str| number::<u32>(1..=64)(DeValue::parse(text).unwrap().get_ref()).ok();
        for (text, expected) in
            [("1", Some(1)), ("0x40", Some(64)), ("6_4", Some(64)), ("65", None), ("-1", None), ("1.0", None)]
        {
            assert_eq!(read(text), expected, "{text}");
        }
        let read = |text: &str| quality(DeValue::parse(text).unwrap().get_ref()).ok();
        for (text, expected) in [("21", Some(21.0)), ("21.5", Some(21.5)), ("0.5", None), ("nan", None)] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
