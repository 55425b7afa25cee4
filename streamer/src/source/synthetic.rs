//! Generated pictures and sound as a recording without end, for trying things out without footage.

use std::sync::Arc;

use media::ffmpeg::{FfmpegError, Media};
use media::synthetic::{TestPictures, TestSound};
use media::{AudioConfig, FrameRate, Packet, Picture, Size};

use super::player::Recording;

/// What usual cameras and OBS give.
const SIZE: Size = Size { width: 1280, height: 720 };
const FRAME_RATE: FrameRate = FrameRate { num: 30, den: 1 };

/// Pictures and sound, in the order of their times.
pub(super) struct SyntheticRecording {
    pictures: TestPictures,
    sound: TestSound,
    index: u32,
    picture: Picture,
    packet: Packet,
}

impl SyntheticRecording {
    pub(super) fn new() -> Result<Self, FfmpegError> {
        let pictures = TestPictures::new(SIZE, FRAME_RATE);
        let mut sound = TestSound::new(None)?;
        Ok(Self { picture: pictures.picture(0), packet: sound.next_packet()?, pictures, sound, index: 0 })
    }
}

impl Recording for SyntheticRecording {
    fn frame_rate(&self) -> FrameRate {
        FRAME_RATE
    }

    fn audio_config(&self) -> Option<Arc<AudioConfig>> {
        Some(self.sound.config())
    }

    fn next(&mut self) -> Result<Option<Media>, FfmpegError> {
        if self.packet.pts <= self.picture.pts() {
            let next = self.sound.next_packet()?;
            return Ok(Some(Media::Audio(std::mem::replace(&mut self.packet, next))));
        }
        self.index = self.index.wrapping_add(1);
        let next = self.pictures.picture(self.index);
        Ok(Some(Media::Picture(std::mem::replace(&mut self.picture, next))))
    }

    fn rewind(&mut self) -> Result<(), FfmpegError> {
        *self = Self::new()?;
        Ok(())
    }
}
