//! The path of the pictures: source, transcoder, queue to the server; and on the side, pictures for training pairs.
//! Runs on a thread of its own and waits for nothing but the source.

mod transcode;

use std::sync::Arc;

use api::Bitrate;
use api::shutdown::Shutdown;
use media::Unit;
use media::flow::KeyQueue;
use media::picture::Picture;
use thiserror::Error;

use crate::config::VideoSize;
use crate::pairs::Coded;
use crate::push::KeyRequest;
use crate::source::{HrPicture, Media, Source, SourceError};
use crate::status::Counters;

pub use transcode::{Key, LrSettings, TranscodeError, Transcoder, usual_size};

/// Why the pictures stopped coming.
#[derive(Debug, Error)]
pub enum VideoError {
    /// No more pictures.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// They cannot be coded.
    #[error(transparent)]
    Transcode(#[from] TranscodeError),
}

/// The video thread's belongings.
pub struct VideoPath {
    /// Where the pictures come from.
    pub source: Box<dyn Source>,
    /// Size of the sent video, if it was given.
    pub size: Option<VideoSize>,
    /// Bitrate of the sent video.
    pub bitrate: Bitrate,
    /// Where coded media goes.
    pub outgoing: Arc<KeyQueue<Unit>>,
    /// Where pictures for pairs go; none without training.
    pub pairs: Option<Arc<KeyQueue<Coded>>>,
    /// Whether the sender wants a keyframe.
    pub key_request: KeyRequest,
    /// Where it is counted.
    pub counters: Arc<Counters>,
    /// The end of the program.
    pub stop: Shutdown,
}

impl VideoPath {
    /// Runs until the source ends or the program does; then closes what it has filled.
    pub fn run(mut self) -> Result<(), VideoError> {
        let result = self.stream();
        self.outgoing.close();
        if let Some(pairs) = &self.pairs {
            pairs.close();
        }
        result
    }

    fn stream(&mut self) -> Result<(), VideoError> {
        let mut transcoder = None;
        while !self.stop.is_requested() {
            // What the queue drops for want of room it counts itself.
            match self.source.next()? {
                None => break,
                Some(Media::AudioConfig(config)) => {
                    self.outgoing.push(Unit::AudioConfig(config));
                }
                Some(Media::Audio(packet)) => {
                    self.outgoing.push(Unit::Packet(packet));
                }
                Some(Media::Picture(hr)) => {
                    let current = match transcoder.take() {
                        Some(current) if suits(&current, &hr) => current,
                        _ => self.transcoder(&hr)?,
                    };
                    self.picture(transcoder.insert(current), hr)?;
                }
            }
            self.counters.unsent_queue.set(self.outgoing.dropped());
        }
        Ok(())
    }

    /// A transcoder for pictures like this one, announced to those who follow.
    fn transcoder(&self, hr: &HrPicture) -> Result<Transcoder, VideoError> {
        let original = hr.picture.size();
        let size = match self.size {
            Some(size) => size,
            None => usual_size(original)?,
        };
        let settings = LrSettings {
            size,
            bitrate: self.bitrate,
            frame_rate: hr.frame_rate,
            colour: hr.picture.colour(),
        };
        tracing::info!(
            source = %original, sent = %size.size(), frame_rate = %hr.frame_rate, bitrate = %self.bitrate, "coding"
        );
        let transcoder = Transcoder::new(settings)?;
        self.outgoing.push(Unit::VideoConfig(transcoder.config()));
        if let Some(pairs) = &self.pairs {
            pairs.push(Coded::Config(transcoder.config()));
        }
        Ok(transcoder)
    }

    fn picture(&self, transcoder: &mut Transcoder, hr: HrPicture) -> Result<(), VideoError> {
        let key = match hr.key {
            _ if self.key_request.take() => Key::Needed,
            true => Key::Wished,
            false => Key::Interval,
        };
        let Some(packet) = transcoder.transcode(&hr.picture, key)? else { return Ok(()) };
        self.counters.frames.add(1);
        if let Some(pairs) = &self.pairs {
            pairs.push(Coded::Picture(packet.clone(), Picture::clone(&hr.picture)));
            self.counters.coded_dropped.set(pairs.dropped());
        }
        self.outgoing.push(Unit::Packet(packet));
        Ok(())
    }
}

/// Whether a transcoder still fits: sources may change while they run.
fn suits(transcoder: &Transcoder, hr: &HrPicture) -> bool {
    let settings = transcoder.settings();
    settings.frame_rate == hr.frame_rate && settings.colour == hr.picture.colour()
}
