//! The header of an audio tag: legacy (E.4.2.1) and enhanced (Enhanced RTMP v2, "Enhanced Audio").

use bytes::{Buf, Bytes};

use super::enhanced::{self, FOURCC_AAC};
use super::error::FlvErrorKind;
use super::message::Message;

const FORMAT_ENHANCED: u8 = 9;
const FORMAT_AAC: u8 = 10;

const LEGACY_CONFIG: u8 = 0;
const LEGACY_FRAME: u8 = 1;

const PACKET_CONFIG: u8 = 0;
const PACKET_FRAME: u8 = 1;

pub(super) fn read(mut body: Bytes) -> Result<Message, FlvErrorKind> {
    let first = body.try_get_u8().map_err(|_| FlvErrorKind::Truncated)?;
    match first >> 4 {
        FORMAT_AAC => read_legacy(body),
        FORMAT_ENHANCED => read_enhanced(first & 0x0f, body),
        other => Err(FlvErrorKind::UnsupportedCodec(legacy_name(other))),
    }
}

fn read_legacy(mut body: Bytes) -> Result<Message, FlvErrorKind> {
    match body.try_get_u8().map_err(|_| FlvErrorKind::Truncated)? {
        LEGACY_CONFIG => Ok(Message::Config(body)),
        LEGACY_FRAME => Ok(frame(body)),
        _ => Ok(Message::Nothing),
    }
}

fn read_enhanced(packet_type: u8, body: Bytes) -> Result<Message, FlvErrorKind> {
    let Some(packet) = enhanced::read(packet_type, body)? else { return Ok(Message::Nothing) };
    match packet.packet_type {
        PACKET_CONFIG | PACKET_FRAME if packet.four_cc != FOURCC_AAC => {
            Err(FlvErrorKind::UnsupportedCodec(enhanced::name(packet.four_cc)))
        }
        PACKET_CONFIG => Ok(Message::Config(packet.data)),
        PACKET_FRAME => Ok(frame(packet.data)),
        _ => Ok(Message::Nothing),
    }
}

fn frame(data: Bytes) -> Message {
    Message::Frame { composition_millis: 0, key: true, data }
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

    fn parse(head: &[u8]) -> Result<Message, FlvErrorKind> {
        read([head, DATA].concat().into())
    }

    #[test]
    fn reads_what_publishers_write() {
        let data = || Bytes::from_static(DATA);
        let table: [(&str, &[u8], Message); 7] = [
            ("legacy configuration", &[0xaf, 0], Message::Config(data())),
            ("legacy frame", &[0xaf, 1], frame(data())),
            ("legacy, unknown packet", &[0xaf, 2], Message::Nothing),
            ("enhanced configuration", b"\x90mp4a", Message::Config(data())),
            ("enhanced frame", b"\x91mp4a", frame(data())),
            ("enhanced end of sequence", b"\x92mp4a", Message::Nothing),
            ("enhanced channel order", b"\x94mp4a", Message::Nothing),
        ];
        for (what, head, message) in table {
            assert_eq!(parse(head), Ok(message), "{what}");
        }
    }

    #[test]
    fn names_what_it_cannot_read() {
        assert_eq!(parse(&[0x2f]), Err(FlvErrorKind::UnsupportedCodec("MP3".to_owned())));
        assert_eq!(parse(b"\x91Opus"), Err(FlvErrorKind::UnsupportedCodec("Opus".to_owned())));
        assert_eq!(read(Bytes::from_static(&[0xaf])), Err(FlvErrorKind::Truncated));
    }
}
