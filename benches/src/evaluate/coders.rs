//! What the thin stream is coded by, by the names that the command line knows.
//!
//! Fixed, and not what `--codec auto` would take: figures have to be the same on every machine.

use std::str::FromStr;

use anyhow::{Error, bail};
use media::ffmpeg::{Coder, Preset};
use streamer::coder::{Chosen, Latency};

/// A way to code the thin stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThinCoder {
    /// As it is typed and shown.
    pub name: String,
    pub coder: Coder,
    pub latency: Latency,
}

impl ThinCoder {
    /// What the streamer is told.
    pub fn chosen(&self) -> Chosen {
        Chosen { coder: self.coder, threads: 1 }
    }
}

impl FromStr for ThinCoder {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let (coder, latency) = match name.split_once('-') {
            None if name == "h264" => (Coder::X264(Preset::Faster), Latency::Normal),
            Some(("h264", "low")) => (Coder::X264(Preset::Veryfast), Latency::Low),
            None if name == "hevc" => (Coder::X265(Preset::Fast), Latency::Normal),
            None if name == "av1" => (Coder::SvtAv1(8), Latency::Normal),
            Some(("av1", preset)) => match preset.parse() {
                Ok(preset @ 0..=13) => (Coder::SvtAv1(preset), Latency::Normal),
                _ => bail!("SVT-AV1 has presets 0 to 13, not {preset}"),
            },
            _ => bail!("no coder is called {name}: h264, h264-low, hevc, av1, av1-PRESET"),
        };
        Ok(Self { name: name.to_owned(), coder, latency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_understood() {
        let coder = |name: &str| name.parse::<ThinCoder>().map(|thin| (thin.coder, thin.latency)).ok();
        assert_eq!(coder("h264-low"), Some((Coder::X264(Preset::Veryfast), Latency::Low)));
        assert_eq!(coder("av1"), coder("av1-8"));
        for wrong in ["", "vp9", "av1-14", "av1-fast", "h264-high"] {
            assert_eq!(coder(wrong), None, "{wrong}");
        }
    }
}
