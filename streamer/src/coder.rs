//! From the source to the queue to the server: every picture made small and coded, sound passed on; on the side,
//! pictures for training pairs. Runs on a thread of its own and waits for nothing but the source.

mod transcode;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use api::Bitrate;
use api::shutdown::Shutdown;
use media::flow::KeyQueue;
use media::{FrameRate, Picture, Size, Unit};

use crate::failure::Failure;
use crate::framing::{shape, usual_size};
use crate::pairs::Coded;
use crate::source::{Media, Source};
use crate::status::Counters;

pub use transcode::{Key, Transcoder};

pub struct Coder {
    pub source: Box<dyn Source>,
    /// Size of the sent video, if it was given.
    pub size: Option<Size>,
    pub bitrate: Bitrate,
    pub outgoing: Arc<KeyQueue<Unit>>,
    /// Where pictures for pairs go; none without training.
    pub coded: Option<Arc<KeyQueue<Coded>>>,
    /// Whether the sender wants a keyframe.
    pub key_request: Arc<AtomicBool>,
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
        while !self.stop.is_requested() {
            // What the queue drops for want of room it counts itself.
            match self.source.next().context("the source failed").map_err(Failure::Failed)? {
                None => break,
                Some(Media::AudioConfig(config)) => {
                    self.outgoing.push(Unit::AudioConfig(config));
                }
                Some(Media::Audio(packet)) => {
                    self.outgoing.push(Unit::Packet(packet));
                }
                Some(Media::Picture { picture, frame_rate, keyframe }) => {
                    let size = self.size(&picture, transcoder.as_ref())?;
                    let transcoder = match &mut transcoder {
                        Some(current) if current.suits(&picture, size, frame_rate) => current,
                        outdated => outdated.insert(self.transcoder(&picture, size, frame_rate)?),
                    };
                    self.picture(transcoder, picture, keyframe)?;
                }
            }
            self.counters.unsent_queue.set(self.outgoing.dropped());
        }
        Ok(())
    }

    /// The size at which this picture is sent: as it was given, or in the picture's own shape.
    fn size(&self, hr: &Picture, current: Option<&Transcoder>) -> Result<Size, Failure> {
        match (self.size, usual_size(shape(hr)), current) {
            (Some(given), _, _) => Ok(given),
            (None, Ok(usual), _) => Ok(usual),
            // A source that becomes too small for words while it runs is no reason to end.
            (None, Err(_), Some(current)) => Ok(current.size()),
            (None, Err(failure), None) => Err(failure),
        }
    }

    /// A transcoder for pictures like this one, announced to those who follow.
    fn transcoder(&self, hr: &Picture, size: Size, frame_rate: FrameRate) -> Result<Transcoder, Failure> {
        tracing::info!(
            source = %hr.size(), shown = %shape(hr), sent = %size, %frame_rate, bitrate = %self.bitrate, "coding"
        );
        let transcoder =
            Transcoder::new(size, self.bitrate, frame_rate, hr.colour()).map_err(Failure::failed)?;
        // Both get it before the first packet, which nobody can decode without it.
        self.outgoing.push(Unit::VideoConfig(transcoder.config()));
        if let Some(coded) = &self.coded {
            coded.push(Coded::Config(transcoder.config()));
        }
        Ok(transcoder)
    }

    fn picture(&self, transcoder: &mut Transcoder, hr: Picture, keyframe: bool) -> Result<(), Failure> {
        let key = if self.key_request.swap(false, Ordering::Relaxed) {
            Key::Needed
        } else if keyframe {
            Key::Wished
        } else {
            Key::Interval
        };
        let Some(packet) = transcoder.transcode(&hr, key).map_err(Failure::failed)? else { return Ok(()) };
        self.counters.frames.add(1);
        if let Some(coded) = &self.coded {
            coded.push(Coded::Picture(packet.clone(), hr));
            self.counters.coded_dropped.set(coded.dropped());
        }
        self.outgoing.push(Unit::Packet(packet));
        Ok(())
    }
}
