//! The header of an audio tag: legacy (E.4.2.1) and enhanced (Enhanced RTMP v2, "Enhanced Audio").

use bytes::{Buf, Bytes};

use super::enhanced::{self, AUDIO_CODECS, CODED_FRAMES, Enhanced, SEQUENCE_START};
use super::error::FlvErrorKind;
use super::message::Message;
use crate::codec::AudioCodec;

const FORMAT_ENHANCED: u8 = 9;
const FORMAT_AAC: u8 = 10;
/// AAC always says 44.1 kHz, 16 bits, stereo here (E.4.2.1); its configuration tells the truth.
const LEGACY_AAC: u8 = FORMAT_AAC << 4 | 0x0f;

const LEGACY_CONFIG: u8 = 0;
const LEGACY_FRAME: u8 = 1;

/// What `onMetaData` calls the codec: the legacy number, or the fourCC as one.
pub(super) fn metadata_id(codec: AudioCodec) -> f64 {
    match codec {
        AudioCodec::Aac => FORMAT_AAC.into(),
        AudioCodec::Opus => u32::from_be_bytes(enhanced::four_cc(&AUDIO_CODECS, codec)).into(),
    }
}

/// The header of a configuration. AAC keeps the legacy form, which every server reads.
pub(super) fn config_header(codec: AudioCodec) -> Vec<u8> {
    match codec {
        AudioCodec::Aac => vec![LEGACY_AAC, LEGACY_CONFIG],
        AudioCodec::Opus => enhanced_header(codec, SEQUENCE_START),
    }
}

/// The header of a frame.
pub(super) fn frame_header(codec: AudioCodec) -> Vec<u8> {
    match codec {
        AudioCodec::Aac => vec![LEGACY_AAC, LEGACY_FRAME],
        AudioCodec::Opus => enhanced_header(codec, CODED_FRAMES),
    }
}

fn enhanced_header(codec: AudioCodec, packet_type: u8) -> Vec<u8> {
    let mut header = vec![FORMAT_ENHANCED << 4 | packet_type];
    header.extend(enhanced::four_cc(&AUDIO_CODECS, codec));
    header
}

pub(super) fn read(mut body: Bytes) -> Result<Message<AudioCodec>, FlvErrorKind> {
    let first = body.try_get_u8().map_err(|_| FlvErrorKind::Truncated)?;
    match first >> 4 {
        FORMAT_AAC => read_legacy(body),
        FORMAT_ENHANCED => read_enhanced(first & 0x0f, body),
        other => Err(FlvErrorKind::UnsupportedCodec(legacy_name(other))),
    }
}

fn read_legacy(mut body: Bytes) -> Result<Message<AudioCodec>, FlvErrorKind> {
    match body.try_get_u8().map_err(|_| FlvErrorKind::Truncated)? {
        LEGACY_CONFIG => Ok(Message::Config(AudioCodec::Aac, body)),
        LEGACY_FRAME => Ok(frame(AudioCodec::Aac, body)),
        _ => Ok(Message::Nothing),
    }
}

fn read_enhanced(packet_type: u8, body: Bytes) -> Result<Message<AudioCodec>, FlvErrorKind> {
    let (packet_type, four_cc, data) = match enhanced::read(packet_type, body)? {
        Enhanced::Packet { packet_type, four_cc, data } => (packet_type, four_cc, data),
        Enhanced::OtherTrack(track) => return Ok(Message::OtherTrack(track)),
        Enhanced::Nothing => return Ok(Message::Nothing),
    };
    match packet_type {
        SEQUENCE_START => Ok(Message::Config(enhanced::codec(&AUDIO_CODECS, four_cc)?, data)),
        CODED_FRAMES => Ok(frame(enhanced::codec(&AUDIO_CODECS, four_cc)?, data)),
        _ => Ok(Message::Nothing),
    }
}

fn frame(codec: AudioCodec, data: Bytes) -> Message<AudioCodec> {
    Message::Frame { codec, composition_millis: 0, key: true, data }
}

fn legacy_name(format: u8) -> String {
    match format {
        0 | 3 => "PCM".to_owned(),
        1 => "ADPCM".to_owned(),
        2 | 14 => "MP3".to_owned(),
        4..=6 => "Nellymoser".to_owned(),
        7 | 8 => "G.711".to_owned(),
        11 => "Speex".to_owned(),
        other => format!("number {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &[u8] = &[0x21, 0x10];

    fn parse(head: &[u8]) -> Result<Message<AudioCodec>, FlvErrorKind> {
        read([head, DATA].concat().into())
    }

    #[test]
    fn reads_what_publishers_write() {
        let config = |codec| Message::Config(codec, Bytes::from_static(DATA));
        let frame = |codec| frame(codec, Bytes::from_static(DATA));
        let table: [(&str, &[u8], Message<AudioCodec>); 11] = [
            ("legacy configuration", &[0xaf, 0], config(AudioCodec::Aac)),
            ("legacy frame", &[0xaf, 1], frame(AudioCodec::Aac)),
            ("legacy, unknown packet", &[0xaf, 2], Message::Nothing),
            ("enhanced configuration", b"\x90mp4a", config(AudioCodec::Aac)),
            ("enhanced frame", b"\x91mp4a", frame(AudioCodec::Aac)),
            ("enhanced end of sequence", b"\x92mp4a", Message::Nothing),
            ("enhanced channel order", b"\x94mp4a", Message::Nothing),
            ("Opus configuration", b"\x90Opus", config(AudioCodec::Opus)),
            ("Opus frame", b"\x91Opus", frame(AudioCodec::Opus)),
            ("the first of several tracks", b"\x95\x01Opus\x00", frame(AudioCodec::Opus)),
            ("the third of several tracks", b"\x95\x01Opus\x02", Message::OtherTrack(2)),
        ];
        for (what, head, message) in table {
            assert_eq!(parse(head), Ok(message), "{what}");
        }
        for codec in [AudioCodec::Aac, AudioCodec::Opus] {
            assert_eq!(parse(&config_header(codec)), Ok(config(codec)));
            assert_eq!(parse(&frame_header(codec)), Ok(frame(codec)));
        }
    }

    #[test]
    fn names_what_it_cannot_read() {
        assert_eq!(parse(&[0x2f]), Err(FlvErrorKind::UnsupportedCodec("MP3".to_owned())));
        assert_eq!(parse(b"\x91fLaC"), Err(FlvErrorKind::UnsupportedCodec("FLAC".to_owned())));
        assert_eq!(read(Bytes::from_static(&[0xaf])), Err(FlvErrorKind::Truncated));
    }
}
