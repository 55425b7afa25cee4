//! What stands behind a stream's name.

use std::str::FromStr;

use api::Invalid;
use jiff::Zoned;
use jiff::fmt::strtime;

/// What stands behind a stream's name: text with the time in it, as strftime writes it. Never a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Default for Pattern {
    fn default() -> Self {
        Self(".flv".to_owned())
    }
}

impl FromStr for Pattern {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let pattern = Self(text.to_owned());
        let written = pattern.write(&Zoned::now()).map_err(|error| {
            Invalid::new(format!(
                "`{text}` is no suffix with a time in it: {error}; write it as strftime does, `-%Y-%m-%d.flv`"
            ))
        })?;
        if written.contains(['/', '\0']) {
            return Err(Invalid::new(format!(
                "`{text}` would be a path; a suffix stands behind the stream's name"
            )));
        }
        Ok(pattern)
    }
}

impl Pattern {
    /// The text at this time.
    pub(super) fn write(&self, now: &Zoned) -> Result<String, jiff::Error> {
        strtime::format(&self.0, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_no_paths() {
        for wrong in ["/../x.flv", "-%D.flv", "%", "%Ü"] {
            assert!(wrong.parse::<Pattern>().is_err(), "{wrong}");
        }
    }
}
