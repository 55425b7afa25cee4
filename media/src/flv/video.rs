//! The header of a video tag: legacy (E.4.3.1) and enhanced (Enhanced RTMP v2, "Enhanced Video").

use bytes::{Buf, Bytes};

use super::enhanced::{self, FOURCC_AVC};
use super::error::FlvErrorKind;
use super::message::Message;

const ENHANCED: u8 = 0x80;
const CODEC_AVC: u8 = 7;
const FRAME_KEY: u8 = 1;
const FRAME_COMMAND: u8 = 5;

const LEGACY_CONFIG: u8 = 0;
const LEGACY_FRAME: u8 = 1;
const LEGACY_END: u8 = 2;

const PACKET_CONFIG: u8 = 0;
const PACKET_FRAME: u8 = 1;
const PACKET_END: u8 = 2;
const PACKET_FRAME_WITHOUT_OFFSET: u8 = 3;

pub(super) fn read(mut body: Bytes) -> Result<Message, FlvErrorKind> {
    let first = body.try_get_u8().map_err(|_| FlvErrorKind::Truncated)?;
    let frame_type = first >> 4 & 7;
    if first & ENHANCED != 0 {
        return read_enhanced(frame_type, first & 0x0f, body);
    }
    if frame_type == FRAME_COMMAND {
        return Ok(Message::Nothing);
    }
    match first & 0x0f {
        CODEC_AVC => read_legacy(frame_type, body),
        other => Err(FlvErrorKind::UnsupportedCodec(legacy_name(other))),
    }
}

fn read_legacy(frame_type: u8, mut body: Bytes) -> Result<Message, FlvErrorKind> {
    let packet_type = body.try_get_u8().map_err(|_| FlvErrorKind::Truncated)?;
    let composition_millis = take_signed_24(&mut body)?;
    match packet_type {
        LEGACY_CONFIG => Ok(Message::Config(body)),
        LEGACY_FRAME => Ok(Message::Frame { composition_millis, key: frame_type == FRAME_KEY, data: body }),
        LEGACY_END => Ok(Message::End),
        _ => Ok(Message::Nothing),
    }
}

fn read_enhanced(frame_type: u8, packet_type: u8, body: Bytes) -> Result<Message, FlvErrorKind> {
    let Some(packet) = enhanced::read(packet_type, body)? else { return Ok(Message::Nothing) };
    let key = frame_type == FRAME_KEY;
    let mut data = packet.data;
    let wanted =
        matches!(packet.packet_type, PACKET_CONFIG | PACKET_FRAME | PACKET_END | PACKET_FRAME_WITHOUT_OFFSET);
    if !wanted || frame_type == FRAME_COMMAND {
        return Ok(Message::Nothing);
    }
    if packet.four_cc != FOURCC_AVC {
        return Err(FlvErrorKind::UnsupportedCodec(enhanced::name(packet.four_cc)));
    }
    match packet.packet_type {
        PACKET_CONFIG => Ok(Message::Config(data)),
        PACKET_END => Ok(Message::End),
        PACKET_FRAME => {
            let composition_millis = take_signed_24(&mut data)?;
            Ok(Message::Frame { composition_millis, key, data })
        }
        _ => Ok(Message::Frame { composition_millis: 0, key, data }),
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
        // Not Adobe's numbers, but widely agreed on before there was Enhanced RTMP.
        12 => "HEVC".to_owned(),
        13 => "AV1".to_owned(),
        other => format!("number {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &[u8] = &[0xaa, 0xbb];

    fn frame(composition_millis: i32, key: bool) -> Message {
        Message::Frame { composition_millis, key, data: DATA.into() }
    }

    fn parse(head: &[u8]) -> Result<Message, FlvErrorKind> {
        read([head, DATA].concat().into())
    }

    #[test]
    fn reads_what_publishers_write() {
        let table: [(&str, &[u8], Message); 12] = [
            ("legacy configuration", &[0x17, 0, 0, 0, 0], Message::Config(DATA.into())),
            ("legacy keyframe", &[0x17, 1, 0, 0, 80], frame(80, true)),
            ("legacy picture, negative offset", &[0x27, 1, 0xff, 0xff, 0xff], frame(-1, false)),
            ("legacy picture, lowest offset", &[0x27, 1, 0x80, 0, 0], frame(-8_388_608, false)),
            ("legacy end of sequence", &[0x17, 2, 0, 0, 0], Message::End),
            ("legacy command", &[0x57, 0], Message::Nothing),
            ("enhanced configuration", b"\x90avc1", Message::Config(DATA.into())),
            ("enhanced keyframe", b"\x91avc1\x00\x00\x28", frame(40, true)),
            ("enhanced picture without offset", b"\xa3avc1", frame(0, false)),
            ("enhanced end of sequence", b"\x92avc1", Message::End),
            ("enhanced metadata", b"\x94avc1", Message::Nothing),
            ("with a modifier in front", b"\xa7\x02\x00\x00\x07\x03avc1", frame(0, false)),
        ];
        for (what, head, message) in table {
            assert_eq!(parse(head), Ok(message), "{what}");
        }
    }

    #[test]
    fn names_what_it_cannot_read() {
        let codec = |head: &[u8]| match parse(head) {
            Err(FlvErrorKind::UnsupportedCodec(codec)) => codec,
            other => panic!("{other:?}"),
        };
        assert_eq!(codec(b"\x90hvc1"), "HEVC");
        assert_eq!(codec(b"\x90av01"), "AV1");
        assert_eq!(codec(b"\x90xyz9"), "xyz9");
        assert_eq!(codec(b"\x90\x00\x01\x02\x03"), "0x00010203");
        assert_eq!(codec(&[0x12]), "Sorenson H.263");
        assert_eq!(codec(&[0x1c]), "HEVC");
    }

    #[test]
    fn short_headers_are_truncated() {
        for body in [&[][..], &[0x17], &[0x17, 1, 0, 0], b"\x90avc", b"\x91avc1\x00\x00", b"\x97", b"\x96"] {
            assert_eq!(read(body.to_vec().into()), Err(FlvErrorKind::Truncated), "{body:02x?}");
        }
    }
}
