//! The sound of a stream on its way to the listeners: as it comes where browsers play it, otherwise transcoded to AAC-LC.
//! Opus goes both ways: some players have it, and all have AAC.
//!
//! Browsers that refuse the sound refuse the pictures with it, and they give up at a frame that is damaged. So neither
//! ever reaches a playlist. The transcoder runs on a thread of its own behind a bounded queue, and is started when such
//! sound first comes: the publisher never waits for it, and it needs no net. Times are kept; what primes the encoder is
//! left out.

mod stage;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use api::names::StreamName;
use media::AudioConfig;
use media::codec::AudioCodec;
use media::ffmpeg::SoundCheck;
use media::packet::{Packet, Unit};

use crate::out::{Arrival, Rendition, Sinks};
use crate::problems::Problems;
use stage::Stage;

/// The way of one session's sound.
pub struct Sound {
    stream: StreamName,
    sinks: Sinks,
    problems: Problems,
    /// Once started it waits for more until the session ends.
    stage: Option<Stage>,
    /// What the sound is transcoded from and to, if it is.
    transcoded: Option<(Arc<AudioConfig>, Rendition)>,
    /// The sound is handed out as it comes.
    passes: bool,
    /// Looks into what passes.
    check: Option<SoundCheck>,
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sound").field("transcoded", &self.transcoded).finish_non_exhaustive()
    }
}

impl Sound {
    /// A way into these sinks. `stream` names the thread.
    pub fn new(stream: StreamName, sinks: Sinks, problems: Problems) -> Self {
        Self { stream, sinks, problems, stage: None, transcoded: None, passes: false, check: None }
    }

    /// The packets that follow are coded like this.
    pub fn configure(&mut self, config: &Arc<AudioConfig>, arrival: Arrival) {
        // What the transcoder still holds of the sound before would come too late.
        if let Some(stage) = &self.stage {
            stage.forget();
        }
        self.transcoded = None;
        let playable = config.playable();
        self.passes = playable.is_ok();
        match playable {
            Ok(playable) => {
                // Without a decoder there is nothing to be found.
                self.check = SoundCheck::new(&playable).ok();
                let playable = if playable == **config { Arc::clone(config) } else { Arc::new(playable) };
                self.sinks.unit(Rendition::AUDIO, &Unit::AudioConfig(playable), arrival);
                if config.codec() == AudioCodec::Opus {
                    self.sinks.expect(Rendition::AAC);
                    self.transcode(config, Rendition::AAC);
                }
            }
            Err(why) => {
                self.problems.report(
                    "sound-transcoded",
                    format!("browsers do not play this sound, so it is transcoded to AAC-LC: it is {why}"),
                );
                self.transcode(config, Rendition::AUDIO);
            }
        }
    }

    /// Takes the next packet on. Never waits.
    pub fn push(&mut self, packet: Packet, arrival: Arrival) {
        if self.passes {
            if let Some(Err(error)) = self.check.as_mut().map(|check| check.check(&packet)) {
                let text = format!("a damaged frame of sound is left out, browsers would give up: {error}");
                self.problems.report("sound-damaged", text);
                return;
            }
            self.sinks.unit(Rendition::AUDIO, &Unit::Packet(packet.clone()), arrival);
        }
        // Without a stage the thread could not be started, which was said.
        if self.transcoded.is_some()
            && let Some(stage) = &self.stage
            && stage.push(packet) > 0
        {
            self.problems.report(
                "sound-dropped",
                "the machine is too slow to transcode the sound; let the encoder send AAC-LC",
            );
        }
    }

    /// What follows does not continue what came before. To be said before the sinks hear of it: nothing from before the
    /// discontinuity comes out after this.
    pub fn discontinuity(&mut self) {
        self.begin_transcoding();
    }

    fn transcode(&mut self, config: &Arc<AudioConfig>, to: Rendition) {
        self.transcoded = Some((Arc::clone(config), to));
        self.begin_transcoding();
    }

    fn begin_transcoding(&mut self) {
        let Some((config, to)) = self.transcoded.clone() else { return };
        if self.stage.is_none() {
            self.stage = Stage::start(&self.stream, self.problems.clone())
                .inspect_err(|error| {
                    self.problems
                        .report("sound-left-out", format!("no thread to transcode the sound: {error}"));
                })
                .ok();
        }
        if let Some(stage) = &self.stage {
            stage.begin(config, self.sinks.output(to));
        }
    }

    /// Nothing follows. The thread begins to end at once; the future waits for it, no longer than `patience`.
    pub fn end(&mut self, patience: Duration) -> impl Future<Output = ()> + Send + use<> {
        let stage = self.stage.take().inspect(Stage::close);
        async move {
            if let Some(stage) = stage {
                stage.end(patience).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
