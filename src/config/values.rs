//! Values of the configuration file that are more than numbers and words: each is text with a unit or a choice,
//! and says in its error what is allowed.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use media::ffmpeg::Preset as X264Preset;
use media::time::MediaTime;
use models::Preset;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// A span of time written with its unit: `500ms`, `2s`, `5m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Deserialize)]
#[serde(try_from = "String")]
pub struct Period(pub Duration);

impl Period {
    /// The same span on the media time scale.
    pub fn media_time(self) -> MediaTime {
        MediaTime::from_duration(self.0)
    }
}

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
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
        Ok(Self(unit * number))
    }
}

/// Which net enhances a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The largest that this machine can run on every picture, measured at start.
    Auto,
    /// This one, whatever it costs.
    Fixed(Preset),
    /// None: plain upsampling.
    Plain,
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "plain" => Ok(Self::Plain),
            other => other.parse().map(Self::Fixed).map_err(|_| {
                format!("unknown profile `{other}`, expected auto, plain, nano, mini, small, base or large")
            }),
        }
    }
}

/// Whether TCSR refines selected pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Temporal {
    /// As many as there is time for.
    Auto,
    /// None.
    Off,
}

/// x264's presets that make sense for one live encoder per stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EncoderPreset {
    /// Least work.
    Ultrafast,
    /// The default: about 5 ms for a picture of 960x540.
    Superfast,
    /// Some 15 % fewer bits for half as much work again.
    Veryfast,
    /// For machines with cores to spare.
    Faster,
    /// For machines with many cores to spare.
    Medium,
}

impl From<EncoderPreset> for X264Preset {
    fn from(preset: EncoderPreset) -> Self {
        match preset {
            EncoderPreset::Ultrafast => Self::Ultrafast,
            EncoderPreset::Superfast => Self::Superfast,
            EncoderPreset::Veryfast => Self::Veryfast,
            EncoderPreset::Faster => Self::Faster,
            EncoderPreset::Medium => Self::Medium,
        }
    }
}

/// How logs are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line per message, for people.
    #[default]
    Text,
    /// One JSON object per line, for machines.
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What broke.
    Error,
    /// What is wrong and was coped with.
    Warn,
    /// What happens to streams: who came, who left, which net came into use.
    #[default]
    Info,
    /// Single connections and decisions.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The word that the log filter knows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Any type that is written as text and whose error says what is allowed.
pub(super) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// The same for a key that may be left out.
pub(super) fn maybe_parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    parsed(deserializer).map(Some)
}

pub(super) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        D::Error::custom(format!(
            "`{text}` is not an address; write IP:PORT, such as 127.0.0.1:1935 or [::]:8080"
        ))
    })
}

pub(super) fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    ranged(deserializer, 1, 100_000).map(|number| number as usize)
}

pub(super) fn window<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    // Fewer than 4 segments leave players nothing to start from; more than 64 is a recording, held in memory.
    ranged(deserializer, 4, 64).map(|number| number as usize)
}

pub(super) fn threads<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    ranged(deserializer, 1, 64).map(|number| number as u32)
}

pub(super) fn quality<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    let value = f32::deserialize(deserializer)?;
    if (1.0..=51.0).contains(&value) {
        return Ok(value);
    }
    Err(D::Error::custom(format!(
        "{value} is out of range, expected 1 (large) to 51 (small); 18 to 28 is usual"
    )))
}

fn ranged<'de, D: Deserializer<'de>>(deserializer: D, least: i64, most: i64) -> Result<i64, D::Error> {
    let number = i64::deserialize(deserializer)?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(D::Error::custom(format!("{number} is out of range, expected {least} to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(Period::try_from(text.to_owned()).ok().map(|p| p.0.as_millis()), millis, "{text}");
        }
    }
}
