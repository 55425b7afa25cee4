//! From the source to the queue to the server: every picture made small and coded, sound passed on; on the side,
//! pictures for training pairs. Runs on a thread of its own and waits for nothing but the source.

mod choice;
#[cfg(test)]
pub(crate) mod fake;
mod interleave;
mod requests;
mod strain;
mod timing;
mod transcode;
mod trial;

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use api::Bitrate;
use api::shutdown::Shutdown;
use media::flow::KeyQueue;
use media::{FrameRate, MediaTime, Picture, Size, Unit};

use crate::failure::Failure;
use crate::framing::{shape, usual_size};
use crate::pairs::Coded;
use crate::source::{Media, Source};
use crate::status::Counters;

use interleave::Interleaver;
use strain::Strain;

pub use choice::{CodecChoice, Coding, Effort};
pub use requests::Requests;
pub use timing::Latency;
pub use transcode::{Chosen, Key, Transcoder, TranscoderSettings};
pub use trial::{Cost, run as try_out};

/// Packets that come this much later than their pictures come too late for everybody: the source has fewer pictures than it
/// says, and the encoder waits for them.
const MOST_LAG: MediaTime = MediaTime::from_millis(3_000);

pub struct Coder {
    pub source: Box<dyn Source>,
    /// Size of the sent video, if it was given.
    pub size: Option<Size>,
    pub bitrate: Bitrate,
    /// What the pictures are to be coded by, and how late packets may come.
    pub coding: Coding,
    /// What was chosen, once there was a picture.
    pub chosen: Option<Chosen>,
    pub outgoing: Arc<KeyQueue<Unit>>,
    /// Where pictures for pairs go; none without training.
    pub coded: Option<Arc<KeyQueue<Coded>>>,
    /// What the sender wants.
    pub requests: Arc<Requests>,
    pub counters: Arc<Counters>,
    pub stop: Shutdown,
}

impl Coder {
    /// Runs until the source ends or the program does; then closes what it has filled.
    pub fn run(mut self) -> Result<(), Failure> {
        let result = self.code();
        // Whether it went well or not: the sender and the pairs thread wait for this.
        self.outgoing.close();
        if let Some(coded) = &self.coded {
            coded.close();
        }
        result
    }

    fn code(&mut self) -> Result<(), Failure> {
        let mut transcoder: Option<Transcoder> = None;
        let mut interleaver = Interleaver::default();
        let mut strain = Strain::default();
        let outgoing = self.outgoing.clone();
        // What the queue drops for want of room it counts itself.
        let leave = |unit| {
            outgoing.push(unit);
        };
        while !self.stop.is_requested() {
            match self.source.next().context("the source failed").map_err(Failure::Failed)? {
                None => break,
                Some(Media::AudioConfig(config)) => interleaver.audio(Unit::AudioConfig(config), leave),
                Some(Media::Audio(packet)) => interleaver.audio(Unit::Packet(packet), leave),
                Some(Media::Picture { picture, frame_rate, keyframe }) => {
                    let wanted = self.settings(&picture, frame_rate, transcoder.as_ref())?;
                    // It ends before another one begins: there is one encoder at a time.
                    if let Some(mut outdated) = transcoder.take_if(|current| *current.settings() != wanted) {
                        self.drain(&mut outdated, &mut interleaver)?;
                    }
                    let current = match &mut transcoder {
                        Some(current) => current,
                        none => none.insert(self.transcoder(&picture, wanted, &mut interleaver)?),
                    };
                    let time = picture.pts();
                    let started = Instant::now();
                    self.picture(current, &mut interleaver, picture, keyframe)?;
                    if let Some(share) = strain.note(time, started.elapsed()) {
                        self.step_down(share);
                    }
                }
            }
            self.counters.unsent_queue.set(self.outgoing.dropped());
        }
        if let Some(transcoder) = &mut transcoder {
            self.drain(transcoder, &mut interleaver)?;
        }
        interleaver.finish(leave);
        Ok(())
    }

    /// How this picture is to be coded.
    fn settings(
        &mut self,
        hr: &Picture,
        frame_rate: FrameRate,
        current: Option<&Transcoder>,
    ) -> Result<TranscoderSettings, Failure> {
        let size = self.size(hr, current)?;
        if self.requests.wants_h264() && self.coding.codec != CodecChoice::H264 {
            self.coding.codec = CodecChoice::H264;
            self.chosen = None;
        }
        let chosen =
            if let Some(chosen) = self.chosen { chosen } else { self.choose(size, frame_rate, current)? };
        Ok(TranscoderSettings {
            size,
            bitrate: self.bitrate,
            frame_rate,
            colour: hr.colour(),
            latency: self.coding.latency,
            chosen,
        })
    }

    /// What codes from here on. While something is coded already nothing is tried out: that would take a second, and SVT-AV1
    /// codes one stream at a time.
    fn choose(
        &mut self,
        size: Size,
        frame_rate: FrameRate,
        current: Option<&Transcoder>,
    ) -> Result<Chosen, Failure> {
        let chosen = match current {
            Some(current) => self.coding.at_hand(current.settings().chosen),
            None => self.coding.choose(size, frame_rate).map_err(Failure::failed)?,
        };
        Ok(*self.chosen.insert(chosen))
    }

    /// The size at which this picture is sent: as it was given, or in the picture's own shape.
    fn size(&self, hr: &Picture, current: Option<&Transcoder>) -> Result<Size, Failure> {
        match (self.size, usual_size(shape(hr)), current) {
            (Some(given), _, _) => Ok(given),
            (None, Ok(usual), _) => Ok(usual),
            // A source that becomes too small for words while it runs is no reason to end.
            (None, Err(_), Some(current)) => Ok(current.settings().size),
            (None, Err(failure), None) => Err(failure),
        }
    }

    /// A transcoder for pictures like this one, announced to those who follow.
    fn transcoder(
        &self,
        hr: &Picture,
        settings: TranscoderSettings,
        interleaver: &mut Interleaver,
    ) -> Result<Transcoder, Failure> {
        let TranscoderSettings { size, bitrate, frame_rate, chosen, .. } = &settings;
        tracing::info!(
            source = %hr.size(), shown = %shape(hr), sent = %size, %frame_rate, %bitrate, by = %chosen.coder, "coding"
        );
        let transcoder = Transcoder::new(settings).map_err(Failure::failed)?;
        // Both get it before the first packet, which nobody can decode without it.
        interleaver.video(Unit::VideoConfig(transcoder.config()), |unit| {
            self.outgoing.push(unit);
        });
        if let Some(coded) = &self.coded {
            coded.push(Coded::Config(transcoder.config()));
        }
        Ok(transcoder)
    }

    fn picture(
        &mut self,
        transcoder: &mut Transcoder,
        interleaver: &mut Interleaver,
        hr: Picture,
        keyframe: bool,
    ) -> Result<(), Failure> {
        let key = if self.requests.take_keyframe() {
            Key::Needed
        } else if keyframe {
            Key::Wished
        } else {
            Key::Interval
        };
        if !transcoder.push(&hr, key).map_err(Failure::failed)? {
            return Ok(());
        }
        interleaver.pushed(hr.pts());
        if let Some(coded) = &self.coded {
            coded.push(Coded::Original(hr));
        }
        self.pass_on(transcoder, interleaver)?;
        if self.coding.latency == Latency::Normal && transcoder.lag() > MOST_LAG {
            tracing::warn!(
                frame_rate = %transcoder.settings().frame_rate,
                "the source has fewer pictures than it says; from here on each is coded at once, as with --latency low"
            );
            self.coding.latency = Latency::Low;
            self.chosen = None;
        }
        Ok(())
    }

    /// The coder is too slow for this machine as it is now; from the next picture on another one codes.
    fn step_down(&mut self, share: f64) {
        let Some(chosen) = self.chosen else { return };
        let percent = (share * 100.0).round();
        if let Some(below) = self.coding.below(chosen) {
            tracing::warn!(percent, was = %chosen.coder, now = %below.coder, "coding takes too much of the time");
            self.chosen = Some(below);
        } else {
            tracing::warn!(
                percent, by = %chosen.coder,
                "coding takes too much of the time and there is no faster coder: give a smaller --size"
            );
        }
    }

    /// Nothing follows that continues what is inside: it comes out.
    fn drain(&self, transcoder: &mut Transcoder, interleaver: &mut Interleaver) -> Result<(), Failure> {
        transcoder.finish();
        self.pass_on(transcoder, interleaver)
    }

    /// Sends what is complete.
    fn pass_on(&self, transcoder: &mut Transcoder, interleaver: &mut Interleaver) -> Result<(), Failure> {
        while let Some(packet) = transcoder.pull().map_err(Failure::failed)? {
            self.counters.frames.add(1);
            if let Some(coded) = &self.coded {
                coded.push(Coded::Packet(packet.clone()));
                self.counters.coded_dropped.set(coded.dropped());
            }
            interleaver.video(Unit::Packet(packet), |unit| {
                self.outgoing.push(unit);
            });
        }
        Ok(())
    }
}
