//! What enhanced audio and video headers share (Enhanced RTMP v2): fourCCs, packet types, modifiers, multiple tracks.
//!
//! Reader and writer use the same tables.

use bytes::{Buf, Bytes};

use super::error::FlvErrorKind;
use crate::codec::{AudioCodec, VideoCodec};

pub type FourCc = [u8; 4];

/// The codecs that are read and written.
pub const VIDEO_CODECS: [(FourCc, VideoCodec); 3] =
    [(*b"avc1", VideoCodec::Avc), (*b"hvc1", VideoCodec::Hevc), (*b"av01", VideoCodec::Av1)];
/// The same of sound.
pub const AUDIO_CODECS: [(FourCc, AudioCodec); 2] =
    [(*b"mp4a", AudioCodec::Aac), (*b"Opus", AudioCodec::Opus)];

/// The codec with this fourCC in one of the tables.
pub(super) fn codec<C: Copy>(table: &[(FourCc, C)], four_cc: FourCc) -> Result<C, FlvErrorKind> {
    let found = table.iter().find(|(known, _)| *known == four_cc);
    found.map(|(_, codec)| *codec).ok_or_else(|| FlvErrorKind::UnsupportedCodec(name(four_cc)))
}

/// The fourCC of a codec of one of the tables.
pub(super) fn four_cc<C: Copy + PartialEq>(table: &[(FourCc, C)], codec: C) -> FourCc {
    table.iter().find(|(_, known)| *known == codec).map_or_else(FourCc::default, |(four_cc, _)| *four_cc)
}

/// Packet types that audio and video share.
pub(super) const SEQUENCE_START: u8 = 0;
pub(super) const CODED_FRAMES: u8 = 1;
pub(super) const SEQUENCE_END: u8 = 2;
/// Video only: without a composition offset, which is zero then.
pub(super) const CODED_FRAMES_X: u8 = 3;
const MODIFIER: u8 = 7;

/// Audio and video number this one differently. In video, audio's is the start of an MPEG-2 transport stream's sequence,
/// which nobody uses: read as audio's it is at worst an error of this one tag.
const MULTITRACK_VIDEO: u8 = 6;
const MULTITRACK_AUDIO: u8 = 5;

/// Ways to carry several tracks in one tag.
const ONE_TRACK: u8 = 0;
const MANY_TRACKS_MANY_CODECS: u8 = 2;

/// The one track that we follow; the others are alternatives.
const FIRST_TRACK: u8 = 0;

/// What an enhanced tag holds for us.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Enhanced {
    /// A packet of the first track.
    Packet { packet_type: u8, four_cc: FourCc, data: Bytes },
    /// Only packets of another track, by its number.
    OtherTrack(u8),
    /// Tracks in a layout that is not known.
    Nothing,
}

/// Reads what follows the first byte.
pub(super) fn read(mut packet_type: u8, mut body: Bytes) -> Result<Enhanced, FlvErrorKind> {
    while packet_type == MODIFIER {
        packet_type = skip_modifier(&mut body)?;
    }
    if matches!(packet_type, MULTITRACK_VIDEO | MULTITRACK_AUDIO) {
        return read_tracks(body);
    }
    let four_cc = take_four_cc(&mut body)?;
    Ok(Enhanced::Packet { packet_type, four_cc, data: body })
}

/// Skips one modifier (such as a nanosecond offset) and answers the packet type behind it.
/// Each takes three bytes at least, so the loop over them ends.
fn skip_modifier(body: &mut Bytes) -> Result<u8, FlvErrorKind> {
    const SIZE_FOLLOWS: usize = 256;
    let mut size = usize::from(take_u8(body)?) + 1;
    if size == SIZE_FOLLOWS {
        size = usize::from(body.try_get_u16().map_err(|_| FlvErrorKind::Truncated)?) + 1;
    }
    take(body, size)?;
    Ok(take_u8(body)? & 0x0f)
}

fn read_tracks(mut body: Bytes) -> Result<Enhanced, FlvErrorKind> {
    let kinds = take_u8(&mut body)?;
    let layout = kinds >> 4;
    let packet_type = kinds & 0x0f;
    if layout > MANY_TRACKS_MANY_CODECS {
        return Ok(Enhanced::Nothing);
    }
    let shared = if layout == MANY_TRACKS_MANY_CODECS { None } else { Some(take_four_cc(&mut body)?) };
    let mut other = None;
    while !body.is_empty() {
        let four_cc = shared.map_or_else(|| take_four_cc(&mut body), Ok)?;
        let track = take_u8(&mut body)?;
        let data = if layout == ONE_TRACK {
            std::mem::take(&mut body)
        } else {
            let size = body.try_get_uint(3).map_err(|_| FlvErrorKind::Truncated)?;
            take(&mut body, size as usize)?
        };
        if track == FIRST_TRACK {
            return Ok(Enhanced::Packet { packet_type, four_cc, data });
        }
        other.get_or_insert(track);
    }
    Ok(other.map_or(Enhanced::Nothing, Enhanced::OtherTrack))
}

fn take_u8(body: &mut Bytes) -> Result<u8, FlvErrorKind> {
    body.try_get_u8().map_err(|_| FlvErrorKind::Truncated)
}

fn take_four_cc(body: &mut Bytes) -> Result<FourCc, FlvErrorKind> {
    let code = body.try_get_u32().map_err(|_| FlvErrorKind::Truncated)?;
    Ok(code.to_be_bytes())
}

fn take(body: &mut Bytes, size: usize) -> Result<Bytes, FlvErrorKind> {
    if size > body.len() { Err(FlvErrorKind::Truncated) } else { Ok(body.split_to(size)) }
}

/// What people call a codec, or else its fourCC or number.
pub(super) fn name(code: FourCc) -> String {
    let known = match &code {
        b"hev1" => "HEVC as hev1",
        b"vvc1" | b"vvi1" => "VVC",
        b"vp08" => "VP8",
        b"vp09" => "VP9",
        b"fLaC" => "FLAC",
        b".mp3" => "MP3",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        _ => "",
    };
    if !known.is_empty() {
        known.to_owned()
    } else if code.iter().all(u8::is_ascii_graphic) {
        code.iter().map(|&byte| char::from(byte)).collect()
    } else {
        format!("0x{:08x}", u32::from_be_bytes(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(packet_type: u8, body: &'static [u8]) -> Enhanced {
        read(packet_type, Bytes::from_static(body)).unwrap()
    }

    #[test]
    fn follows_the_first_track_only() {
        let found = || Enhanced::Packet {
            packet_type: CODED_FRAMES,
            four_cc: *b"avc1",
            data: Bytes::from_static(b"xyz"),
        };
        assert_eq!(parse(6, b"\x01avc1\x00xyz"), found(), "one track");
        assert_eq!(parse(6, b"\x01avc1\x01xyz"), Enhanced::OtherTrack(1), "one track, the second");
        assert_eq!(parse(6, b"\x11avc1\x01\x00\x00\x01-\x00\x00\x00\x03xyz"), found(), "many tracks");
        assert_eq!(parse(6, b"\x21hvc1\x01\x00\x00\x01-avc1\x00\x00\x00\x03xyz"), found(), "many codecs");
        assert_eq!(parse(6, b"\x31avc1\x00xyz"), Enhanced::Nothing, "an unknown layout");
    }

    #[test]
    fn skips_modifiers_of_any_size() {
        let long = [&[255, 0x01, 0x00][..], &[0; 257], b"\x07\x00-\x01avc1xyz"].concat();
        let Enhanced::Packet { packet_type, data, .. } = read(7, long.into()).unwrap() else { panic!() };
        assert_eq!((packet_type, data.as_ref()), (1, &b"xyz"[..]));
        assert_eq!(read(7, Bytes::from_static(&[9, 1])).err(), Some(FlvErrorKind::Truncated));
    }

    #[test]
    fn tables_are_read_both_ways() {
        for (code, known) in VIDEO_CODECS {
            assert_eq!((codec(&VIDEO_CODECS, code), four_cc(&VIDEO_CODECS, known)), (Ok(known), code));
        }
        for (code, known) in AUDIO_CODECS {
            assert_eq!((codec(&AUDIO_CODECS, code), four_cc(&AUDIO_CODECS, known)), (Ok(known), code));
        }
    }
}
