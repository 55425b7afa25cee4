//! `[application.players]`: how players are treated.

use api::Invalid;

use super::section::Section;
use super::values::{number, one_of, yes_or_no};
use crate::ingest::PlayerSettings;
use crate::out::broadcast::{Metadata, Start};

pub(super) fn read(players: &mut PlayerSettings, mut section: Section<'_>) -> Result<(), Invalid> {
    let manner = &mut players.manner;
    section.set("wait", &mut players.wait, yes_or_no)?;
    section.set("start", &mut manner.start, one_of(&[("keyframe", Start::Keyframe), ("now", Start::Now)]))?;
    section.set("sound_waits", &mut manner.sound_waits, yes_or_no)?;
    let metadata = [("own", Metadata::Own), ("publisher", Metadata::Publishers), ("none", Metadata::None)];
    section.set("metadata", &mut manner.metadata, one_of(&metadata))?;
    section.set("queue", &mut manner.queue, number(16..=100_000))?;
    section.set("interleave", &mut players.interleave, yes_or_no)?;
    section.set("notify_play", &mut players.notices.play, yes_or_no)?;
    section.set("notify_publisher", &mut players.notices.publisher, yes_or_no)?;
    section.end()
}
