//! What enhanced audio and video headers share: modifiers, multiple tracks, fourCCs.

use bytes::{Buf, Bytes};

use super::error::FlvErrorKind;

pub(super) const FOURCC_AVC: [u8; 4] = *b"avc1";
pub(super) const FOURCC_AAC: [u8; 4] = *b"mp4a";

/// Packet types with the same number for audio and video.
const PACKET_MULTITRACK_VIDEO: u8 = 6;
const PACKET_MULTITRACK_AUDIO: u8 = 5;
const PACKET_MODIFIER: u8 = 7;

/// Ways to carry several tracks in one tag.
const ONE_TRACK: u8 = 0;
const MANY_TRACKS_MANY_CODECS: u8 = 2;

/// The one track that we follow; the others are alternatives.
const FIRST_TRACK: u8 = 0;

/// One enhanced packet of the first track.
pub(super) struct EnhancedPacket {
    pub(super) packet_type: u8,
    pub(super) four_cc: [u8; 4],
    pub(super) data: Bytes,
}

/// Reads what follows the first byte. `None` if there is nothing of the first track in it.
///
/// In video, packet type 5 is the start of an MPEG-2 transport stream's sequence; nobody uses it with H.264, and
/// read as audio's multitrack it is at worst an error of this one tag.
pub(super) fn read(mut packet_type: u8, mut body: Bytes) -> Result<Option<EnhancedPacket>, FlvErrorKind> {
    while packet_type == PACKET_MODIFIER {
        packet_type = skip_modifier(&mut body)?;
    }
    if matches!(packet_type, PACKET_MULTITRACK_VIDEO | PACKET_MULTITRACK_AUDIO) {
        return read_tracks(body);
    }
    let four_cc = take_four_cc(&mut body)?;
    Ok(Some(EnhancedPacket { packet_type, four_cc, data: body }))
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

fn read_tracks(mut body: Bytes) -> Result<Option<EnhancedPacket>, FlvErrorKind> {
    let kinds = take_u8(&mut body)?;
    let layout = kinds >> 4;
    let packet_type = kinds & 0x0f;
    if layout > MANY_TRACKS_MANY_CODECS {
        return Ok(None);
    }
    let shared = if layout == MANY_TRACKS_MANY_CODECS { None } else { Some(take_four_cc(&mut body)?) };
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
            return Ok(Some(EnhancedPacket { packet_type, four_cc, data }));
        }
    }
    Ok(None)
}

fn take_u8(body: &mut Bytes) -> Result<u8, FlvErrorKind> {
    body.try_get_u8().map_err(|_| FlvErrorKind::Truncated)
}

fn take_four_cc(body: &mut Bytes) -> Result<[u8; 4], FlvErrorKind> {
    let code = body.try_get_u32().map_err(|_| FlvErrorKind::Truncated)?;
    Ok(code.to_be_bytes())
}

fn take(body: &mut Bytes, size: usize) -> Result<Bytes, FlvErrorKind> {
    if size > body.len() { Err(FlvErrorKind::Truncated) } else { Ok(body.split_to(size)) }
}

/// What people call a codec, or else its fourCC or number.
pub(super) fn name(code: [u8; 4]) -> String {
    let known = match &code {
        b"hvc1" | b"hev1" => "HEVC",
        b"vvc1" | b"vvi1" => "VVC",
        b"av01" => "AV1",
        b"vp08" => "VP8",
        b"vp09" => "VP9",
        b"Opus" => "Opus",
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

    fn first_track(packet_type: u8, body: &'static [u8]) -> Option<(u8, [u8; 4], Bytes)> {
        let packet = read(packet_type, Bytes::from_static(body)).unwrap()?;
        Some((packet.packet_type, packet.four_cc, packet.data))
    }

    #[test]
    fn follows_the_first_track_only() {
        let found = Some((1, FOURCC_AVC, Bytes::from_static(b"xyz")));
        assert_eq!(first_track(6, b"\x01avc1\x00xyz"), found, "one track");
        assert_eq!(first_track(6, b"\x01avc1\x01xyz"), None, "one track, the second");
        assert_eq!(first_track(6, b"\x11avc1\x01\x00\x00\x01-\x00\x00\x00\x03xyz"), found, "many tracks");
        assert_eq!(first_track(6, b"\x21hvc1\x01\x00\x00\x01-avc1\x00\x00\x00\x03xyz"), found, "many codecs");
        assert_eq!(first_track(6, b"\x31avc1\x00xyz"), None, "an unknown layout");
    }

    #[test]
    fn skips_modifiers_of_any_size() {
        let long = [&[255, 0x01, 0x00][..], &[0; 257], b"\x07\x00-\x01avc1xyz"].concat();
        let packet = read(7, long.into()).unwrap().unwrap();
        assert_eq!((packet.packet_type, packet.data.as_ref()), (1, &b"xyz"[..]));
        assert_eq!(read(7, Bytes::from_static(&[9, 1])).err(), Some(FlvErrorKind::Truncated));
    }
}
