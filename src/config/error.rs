//! What can be wrong with a configuration file, said so that the reader finds it.

use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::Config;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or may not be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file says something that is not understood.
    #[error("{}:{line}: {message}{excerpt}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what is allowed.
        message: String,
        /// The line itself, unless it holds a key.
        excerpt: String,
    },
}

impl ConfigError {
    pub(super) fn invalid(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        Self::at(file, text, error.span().unwrap_or(0..0), error.message())
    }

    fn at(file: &Path, text: &str, span: Range<usize>, message: &str) -> Self {
        let line_ends = text.match_indices('\n').take_while(|(at, _)| *at < span.start);
        let line = line_ends.count() + 1;
        let mut excerpt = String::new();
        let words = text.lines().nth(line - 1).unwrap_or_default().trim();
        // A stream key must not reach a terminal that somebody shares, or a log, not even behind a misspelt name.
        let section = text.lines().take(line).filter(|words| words.trim_start().starts_with('[')).last();
        let secret = words.contains("key") || section.is_some_and(|section| section.contains("stream"));
        let hidden = secret && message.starts_with("invalid type");
        let message = if hidden { "a text in quotes is expected here" } else { message.trim_end() };
        if !hidden && !words.is_empty() && (!secret || words.starts_with("name") || words.starts_with('[')) {
            let _ = write!(excerpt, "\n  {line} | {words}");
        }
        Self::Invalid { file: file.to_owned(), line, message: message.to_owned(), excerpt }
    }
}

/// What no single key can know: streams differ, parts fit into segments.
pub(super) fn check_across_keys(config: &Config, file: &Path, text: &str) -> Result<(), ConfigError> {
    let places: Places = toml::from_str(text).map_err(|error| ConfigError::invalid(file, text, &error))?;
    if config.hls.part > config.hls.segment {
        let span = places.hls.part.or(places.hls.segment).map_or(0..0, |value| value.span());
        return Err(ConfigError::at(
            file,
            text,
            span,
            "`part` is longer than `segment`; parts are pieces of segments",
        ));
    }
    for (index, stream) in config.stream.iter().enumerate() {
        let earlier = &config.stream[..index];
        let place = &places.stream[index];
        if earlier.iter().any(|other| other.name == stream.name) {
            let message =
                format!("stream name `{}` is taken; every stream needs a name of its own", stream.name);
            return Err(ConfigError::at(file, text, place.name.span(), &message));
        }
        if earlier.iter().any(|other| other.key == stream.key) {
            let span = place.key.as_ref().or(place.key_file.as_ref()).map_or(0..0, Spanned::span);
            let message = format!(
                "stream `{}` has another stream's key; every stream needs a key of its own",
                stream.name
            );
            return Err(ConfigError::at(file, text, span, &message));
        }
    }
    Ok(())
}

/// Where the keys stand that are compared with one another.
#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    hls: HlsPlaces,
    #[serde(default)]
    stream: Vec<StreamPlaces>,
}

#[derive(Default, Deserialize)]
struct HlsPlaces {
    segment: Option<Spanned<String>>,
    part: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct StreamPlaces {
    name: Spanned<String>,
    key: Option<Spanned<String>>,
    key_file: Option<Spanned<String>>,
}
