//! Which kinds of AAC browsers play.
//!
//! Media Source Extensions of Chromium, Firefox and Safari take AAC-LC, alone or below SBR and PS, with channel
//! configuration 1 to 7, at every rate of the standard's table. For anything else Chromium refuses the whole
//! presentation, pictures included.

use super::config::{AacConfig, EXPLICIT_RATE};
use super::object_type::{self, name};

/// The largest channel configuration that browsers know.
const LAST_CONFIGURATION: u32 = 7;

/// Why browsers refuse a kind of AAC. Says what it is, and what to choose instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unplayable {
    /// By its number.
    #[error("{}; choose the profile AAC-LC", name(*.0))]
    ObjectType(u32),
    /// With so many channels.
    #[error(
        "{0} channels in a layout of its own; choose mono, stereo, 5.1 or 7.1 (with FFmpeg: -af aformat=channel_layouts=stereo|5.1)"
    )]
    Layout(u8),
    /// Samples per second.
    #[error("an unusual sample rate of {0} Hz; choose 48000 or 44100 Hz")]
    SampleRate(u32),
    #[error("frames of 960 samples; choose frames of 1024")]
    ShortFrames,
}

impl AacConfig {
    /// The configuration by which browsers play these frames. It is this one, as a rule; a program config element of one
    /// channel or one pair is replaced by the number that says the same, since there is no order to be mistaken.
    pub fn playable(&self) -> Result<Self, Unplayable> {
        let single = self.program.as_ref().filter(|program| program.elements == 1 && program.channels <= 2);
        let extended = matches!(self.object_type, object_type::SBR | object_type::PS);
        if self.core_type != object_type::AAC_LC {
            Err(Unplayable::ObjectType(self.core_type))
        } else if self.rate_index == EXPLICIT_RATE {
            Err(Unplayable::SampleRate(self.sample_rate()))
        } else if self.short_frames {
            Err(Unplayable::ShortFrames)
        } else if let Some(program) = single.filter(|_| !extended) {
            let numbered = Self::low_complexity(self.sample_rate(), program.channels);
            numbered.map_err(|_| Unplayable::Layout(program.channels))
        } else if self.program.is_some() || self.channel_configuration > LAST_CONFIGURATION {
            Err(Unplayable::Layout(self.channels()))
        } else {
            Ok(self.clone())
        }
    }
}
