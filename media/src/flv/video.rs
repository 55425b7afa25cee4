//! The header of a video tag: legacy (E.4.3.1) and enhanced (Enhanced RTMP v2, "Enhanced Video").

use bytes::{Buf, Bytes};

use super::enhanced::{
    self, CODED_FRAMES, CODED_FRAMES_X, Enhanced, SEQUENCE_END, SEQUENCE_START, VIDEO_CODECS,
};
use super::error::FlvErrorKind;
use super::message::Message;
use crate::codec::VideoCodec;

const ENHANCED: u8 = 0x80;
const FRAME_KEY: u8 = 1;
const FRAME_INTER: u8 = 2;
const FRAME_COMMAND: u8 = 5;

const LEGACY_AVC: u8 = 7;
/// Not Adobe's numbers, but widely agreed on before there was Enhanced RTMP.
const LEGACY_HEVC: u8 = 12;
const LEGACY_AV1: u8 = 13;

const LEGACY_CONFIG: u8 = 0;
const LEGACY_FRAME: u8 = 1;
const LEGACY_END: u8 = 2;

/// The composition offset has 24 bits with a sign.
const OFFSETS: std::ops::RangeInclusive<i64> = -0x80_0000..=0x7f_ffff;

/// What `onMetaData` calls the codec: the legacy number, or the fourCC as one (Enhanced RTMP v2, "Enhanced onMetaData").
pub(super) fn metadata_id(codec: VideoCodec) -> f64 {
    match codec {
        VideoCodec::Avc => LEGACY_AVC.into(),
        _ => u32::from_be_bytes(enhanced::four_cc(&VIDEO_CODECS, codec)).into(),
    }
}

/// The header of a configuration. H.264 keeps the legacy form, which every server reads.
pub(super) fn config_header(codec: VideoCodec) -> Vec<u8> {
    match codec {
        VideoCodec::Avc => vec![FRAME_KEY << 4 | LEGACY_AVC, LEGACY_CONFIG, 0, 0, 0],
        _ => enhanced_header(codec, FRAME_KEY, SEQUENCE_START),
    }
}

/// The header of a picture that is shown `offset` milliseconds after it is decoded.
pub(super) fn frame_header(codec: VideoCodec, key: bool, offset: i64) -> Vec<u8> {
    let frame_type = if key { FRAME_KEY } else { FRAME_INTER };
    let [_, composition @ ..] = (offset.clamp(*OFFSETS.start(), *OFFSETS.end()) as i32).to_be_bytes();
    let mut header = match codec {
        VideoCodec::Avc => vec![frame_type << 4 | LEGACY_AVC, LEGACY_FRAME],
        // Decoded in the order in which they come.
        VideoCodec::Av1 => return enhanced_header(codec, frame_type, CODED_FRAMES),
        VideoCodec::Hevc if offset == 0 => return enhanced_header(codec, frame_type, CODED_FRAMES_X),
        VideoCodec::Hevc => enhanced_header(codec, frame_type, CODED_FRAMES),
    };
    header.extend(composition);
    header
}

fn enhanced_header(codec: VideoCodec, frame_type: u8, packet_type: u8) -> Vec<u8> {
    let mut header = vec![ENHANCED | frame_type << 4 | packet_type];
    header.extend(enhanced::four_cc(&VIDEO_CODECS, codec));
    header
}

pub(super) fn read(mut body: Bytes) -> Result<Message<VideoCodec>, FlvErrorKind> {
    let first = body.try_get_u8().map_err(|_| FlvErrorKind::Truncated)?;
    let frame_type = first >> 4 & 7;
    if first & ENHANCED != 0 {
        return read_enhanced(frame_type, first & 0x0f, body);
    }
    if frame_type == FRAME_COMMAND {
        return Ok(Message::Nothing);
    }
    match first & 0x0f {
        LEGACY_AVC => read_legacy(VideoCodec::Avc, frame_type, body),
        LEGACY_HEVC => read_legacy(VideoCodec::Hevc, frame_type, body),
        LEGACY_AV1 => read_legacy(VideoCodec::Av1, frame_type, body),
        other => Err(FlvErrorKind::UnsupportedCodec(legacy_name(other))),
    }
}

fn read_legacy(
    codec: VideoCodec,
    frame_type: u8,
    mut body: Bytes,
) -> Result<Message<VideoCodec>, FlvErrorKind> {
    let packet_type = body.try_get_u8().map_err(|_| FlvErrorKind::Truncated)?;
    let composition_millis = take_signed_24(&mut body)?;
    match packet_type {
        LEGACY_CONFIG => Ok(Message::Config(codec, body)),
        LEGACY_FRAME => {
            Ok(Message::Frame { codec, composition_millis, key: frame_type == FRAME_KEY, data: body })
        }
        LEGACY_END => Ok(Message::End),
        _ => Ok(Message::Nothing),
    }
}

fn read_enhanced(frame_type: u8, packet_type: u8, body: Bytes) -> Result<Message<VideoCodec>, FlvErrorKind> {
    // Commands for players: only metadata has anything else behind it, and that is not wanted.
    if frame_type == FRAME_COMMAND {
        return Ok(Message::Nothing);
    }
    let (packet_type, four_cc, mut data) = match enhanced::read(packet_type, body)? {
        Enhanced::Packet { packet_type, four_cc, data } => (packet_type, four_cc, data),
        Enhanced::OtherTrack(track) => return Ok(Message::OtherTrack(track)),
        Enhanced::Nothing => return Ok(Message::Nothing),
    };
    let wanted = matches!(packet_type, SEQUENCE_START | CODED_FRAMES | SEQUENCE_END | CODED_FRAMES_X);
    if !wanted {
        return Ok(Message::Nothing);
    }
    let codec = enhanced::codec(&VIDEO_CODECS, four_cc)?;
    let key = frame_type == FRAME_KEY;
    match packet_type {
        SEQUENCE_START => Ok(Message::Config(codec, data)),
        SEQUENCE_END => Ok(Message::End),
        // AV1's have no offset in either form.
        CODED_FRAMES if codec != VideoCodec::Av1 => {
            let composition_millis = take_signed_24(&mut data)?;
            Ok(Message::Frame { codec, composition_millis, key, data })
        }
        _ => Ok(Message::Frame { codec, composition_millis: 0, key, data }),
    }
}

/// The composition offset: 24 bits with a sign, though many read it without one.
fn take_signed_24(body: &mut Bytes) -> Result<i32, FlvErrorKind> {
    let value = body.try_get_uint(3).map_err(|_| FlvErrorKind::Truncated)? as u32;
    Ok((value << 8) as i32 >> 8)
}

fn legacy_name(codec: u8) -> String {
    match codec {
        2 => "Sorenson H.263".to_owned(),
        3 | 6 => "Screen Video".to_owned(),
        4 | 5 => "VP6".to_owned(),
        other => format!("number {other}"),
    }
}

#[cfg(test)]
mod tests {
    use VideoCodec::{Av1, Avc, Hevc};

    use super::*;

    const DATA: &[u8] = &[0xaa, 0xbb];

    fn config(codec: VideoCodec) -> Message<VideoCodec> {
        Message::Config(codec, DATA.into())
    }

    fn frame(codec: VideoCodec, composition_millis: i32, key: bool) -> Message<VideoCodec> {
        Message::Frame { codec, composition_millis, key, data: DATA.into() }
    }

    fn parse(head: &[u8]) -> Result<Message<VideoCodec>, FlvErrorKind> {
        read([head, DATA].concat().into())
    }

    #[test]
    fn reads_what_publishers_write() {
        let table: [(&str, &[u8], Message<VideoCodec>); 25] = [
            ("legacy configuration", &[0x17, 0, 0, 0, 0], config(Avc)),
            ("legacy keyframe", &[0x17, 1, 0, 0, 80], frame(Avc, 80, true)),
            ("legacy picture, negative offset", &[0x27, 1, 0xff, 0xff, 0xff], frame(Avc, -1, false)),
            ("legacy picture, lowest offset", &[0x27, 1, 0x80, 0, 0], frame(Avc, -8_388_608, false)),
            ("legacy end of sequence", &[0x17, 2, 0, 0, 0], Message::End),
            ("legacy command", &[0x57, 0], Message::Nothing),
            ("HEVC by its number", &[0x1c, 1, 0, 0, 40], frame(Hevc, 40, true)),
            ("AV1 by its number", &[0x1d, 0, 0, 0, 0], config(Av1)),
            ("enhanced configuration", b"\x90avc1", config(Avc)),
            ("enhanced keyframe", b"\x91avc1\x00\x00\x28", frame(Avc, 40, true)),
            ("enhanced picture without offset", b"\xa3avc1", frame(Avc, 0, false)),
            ("enhanced end of sequence", b"\x92avc1", Message::End),
            ("enhanced metadata", b"\x94avc1", Message::Nothing),
            ("with a modifier in front", b"\xa7\x02\x00\x00\x07\x03avc1", frame(Avc, 0, false)),
            ("HEVC configuration", b"\x90hvc1", config(Hevc)),
            ("HEVC keyframe", b"\x91hvc1\xff\xff\xd8", frame(Hevc, -40, true)),
            ("HEVC picture without offset", b"\xa3hvc1", frame(Hevc, 0, false)),
            ("HEVC end of sequence", b"\x92hvc1", Message::End),
            ("AV1 configuration", b"\x90av01", config(Av1)),
            ("AV1 keyframe", b"\x91av01", frame(Av1, 0, true)),
            ("AV1 picture, as it is not specified", b"\xa3av01", frame(Av1, 0, false)),
            ("a command", b"\xd0\x00", Message::Nothing),
            ("metadata as FFmpeg sends it", b"\xd4hvc1", Message::Nothing),
            ("the first of several tracks", b"\x96\x01av01\x00", frame(Av1, 0, true)),
            ("the second of several tracks", b"\x96\x01av01\x01", Message::OtherTrack(1)),
        ];
        for (what, head, message) in table {
            assert_eq!(parse(head), Ok(message), "{what}");
        }
    }

    #[test]
    fn reads_what_it_writes() {
        for codec in [Avc, Hevc, Av1] {
            assert_eq!(parse(&config_header(codec)), Ok(config(codec)));
            for (offset, key) in [(0, true), (0, false), (67, false), (-40, true), (i64::MAX, false)] {
                let read = if codec == Av1 { 0 } else { offset.min(0x7f_ffff) as i32 };
                assert_eq!(
                    parse(&frame_header(codec, key, offset)),
                    Ok(frame(codec, read, key)),
                    "{codec:?}"
                );
            }
        }
    }

    #[test]
    fn names_what_it_cannot_read() {
        let codec = |head: &[u8]| match parse(head) {
            Err(FlvErrorKind::UnsupportedCodec(codec)) => codec,
            other => panic!("{other:?}"),
        };
        assert_eq!(codec(b"\x90vp09"), "VP9");
        assert_eq!(codec(b"\x90vvc1"), "VVC");
        assert_eq!(codec(b"\x90xyz9"), "xyz9");
        assert_eq!(codec(b"\x90\x00\x01\x02\x03"), "0x00010203");
        assert_eq!(codec(&[0x12]), "Sorenson H.263");
        assert_eq!(codec(&[0x1e]), "number 14");
    }

    #[test]
    fn short_headers_are_truncated() {
        for body in [&[][..], &[0x17], &[0x17, 1, 0, 0], b"\x90avc", b"\x91avc1\x00\x00", b"\x97", b"\x96"] {
            assert_eq!(read(body.to_vec().into()), Err(FlvErrorKind::Truncated), "{body:02x?}");
        }
    }
}
