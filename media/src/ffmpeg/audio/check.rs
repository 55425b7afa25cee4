//! Whether a frame of sound can be decoded at all. Browsers give the whole presentation up at one that cannot.

use ffmpeg_next::decoder::Opened;
use ffmpeg_next::frame::Audio;

use super::super::FfmpegError;
use super::super::error::is_nothing;
use super::decoder;
use crate::codec::AudioConfig;
use crate::packet::Packet;

/// Decodes frames for nothing but the answer: some 20 microseconds for two channels.
pub struct SoundCheck {
    decoder: Opened,
    frame: Audio,
}

impl SoundCheck {
    pub fn new(config: &AudioConfig) -> Result<Self, FfmpegError> {
        Ok(Self { decoder: decoder::of(config)?.0, frame: Audio::empty() })
    }

    /// Takes the next frame. The error says that nobody can decode it.
    pub fn check(&mut self, packet: &Packet) -> Result<(), FfmpegError> {
        let mut outcome = self.decoder.send_packet(&decoder::coded(packet));
        // What comes out has to be fetched, or the next frame would not be taken.
        for _ in 0..decoder::MAX_FRAMES {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => {}
                Err(error) if is_nothing(error) => break,
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        outcome.map_err(|source| FfmpegError::Coding { doing: "decode the sound", pts: packet.pts, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::TestSound;

    #[test]
    fn sound_passes_and_damage_does_not() {
        let mut source = TestSound::new(Some(440.0)).unwrap();
        let mut check = SoundCheck::new(&source.config()).unwrap();
        for number in 0..20_u8 {
            let packet = source.next_packet().unwrap();
            let damaged = Packet { data: vec![0x55 + number; 80].into(), ..packet.clone() };
            assert!(check.check(&packet).is_ok(), "frame {number}");
            assert!(check.check(&damaged).is_err(), "damage {number}");
        }
    }
}
