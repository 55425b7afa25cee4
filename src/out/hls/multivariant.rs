//! The multivariant playlist: what renditions there are and what a player needs to choose.

use m3u8_rs::{
    AlternativeMedia, AlternativeMediaType, ClosedCaptionGroupId, InstreamId, MasterPlaylist, Resolution,
    VariantStream,
};
use media::Size;

use super::address::Resource;
use crate::out::RenditionId;

/// What players show for the sound, whichever they take: it is the same one.
const AUDIO_NAME: &str = "audio";
const CAPTIONS_GROUP: &str = "cc";
/// Bandwidth is announced in steps of this many bits a second, so that the text rests while measurements move a little.
const BANDWIDTH_STEP: u64 = 10_000;

/// A video rendition that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Video {
    pub(super) id: RenditionId,
    /// As received, in whatever codec; otherwise made by us for everybody.
    pub(super) is_source: bool,
    pub(super) codec: String,
    pub(super) size: Size,
    pub(super) frame_rate: Option<f64>,
    pub(super) peak_bitrate: u64,
}

/// An audio rendition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Audio {
    pub(super) id: RenditionId,
    pub(super) codec: String,
    pub(super) channels: u8,
    pub(super) peak_bitrate: u64,
}

/// The sound as received, and as AAC where not every player has its codec.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sounds<'a> {
    pub(super) source: Option<&'a Audio>,
    pub(super) aac: Option<&'a Audio>,
}

/// The playlist's text. Players without an opinion take the first variant that they can decode, so the best one comes first.
/// What we make goes with AAC, so that everybody has something to play; the source goes with its own sound first. Where the
/// pictures carry no captions, it says so: players would offer some that stay empty.
pub(super) fn write(videos: &[Video], sounds: Sounds<'_>, captions: bool) -> String {
    let mut playlist = MasterPlaylist { version: Some(9), ..MasterPlaylist::default() };
    let audios: Vec<&Audio> = sounds.source.into_iter().chain(sounds.aac).collect();
    if videos.is_empty() {
        playlist.variants.extend(audios.iter().map(|audio| sound_alone(audio)));
    } else {
        playlist.alternatives.extend(audios.iter().map(|audio| alternative(audio)));
    }
    if captions && !videos.is_empty() {
        playlist.alternatives.push(closed_captions());
    }
    for video in videos {
        let everybodys = sounds.aac.or(sounds.source);
        if video.is_source && sounds.aac.is_some() {
            playlist.variants.push(variant(video, sounds.source, captions));
        }
        playlist.variants.push(variant(video, everybodys, captions));
    }
    let mut text = Vec::new();
    playlist.write_to(&mut text).expect("writing to memory does not fail");
    String::from_utf8(text).expect("codec strings and numbers are ASCII")
}

fn sound_alone(audio: &Audio) -> VariantStream {
    VariantStream {
        uri: url(audio.id),
        bandwidth: bandwidth(audio.peak_bitrate),
        codecs: Some(audio.codec.clone()),
        ..VariantStream::default()
    }
}

fn alternative(audio: &Audio) -> AlternativeMedia {
    AlternativeMedia {
        media_type: AlternativeMediaType::Audio,
        uri: Some(url(audio.id)),
        group_id: audio.id.to_string(),
        name: AUDIO_NAME.to_owned(),
        default: true,
        autoselect: true,
        channels: Some(audio.channels.to_string()),
        ..AlternativeMedia::default()
    }
}

/// The first channel of CEA-608; which others there are is not looked for.
fn closed_captions() -> AlternativeMedia {
    AlternativeMedia {
        media_type: AlternativeMediaType::ClosedCaptions,
        group_id: CAPTIONS_GROUP.to_owned(),
        name: "CC1".to_owned(),
        instream_id: Some(InstreamId::CC(1)),
        ..AlternativeMedia::default()
    }
}

fn variant(video: &Video, audio: Option<&Audio>, captions: bool) -> VariantStream {
    VariantStream {
        uri: url(video.id),
        bandwidth: bandwidth(video.peak_bitrate + audio.map_or(0, |audio| audio.peak_bitrate)),
        codecs: Some(match audio {
            Some(audio) => format!("{},{}", video.codec, audio.codec),
            None => video.codec.clone(),
        }),
        resolution: Some(Resolution { width: video.size.width.into(), height: video.size.height.into() }),
        frame_rate: video.frame_rate.map(|rate| (rate * 1000.0).round() / 1000.0),
        audio: audio.map(|audio| audio.id.to_string()),
        // NONE has to stand on all variants or on none of them (RFC 8216bis, 4.4.6.2).
        closed_captions: Some(if captions {
            ClosedCaptionGroupId::GroupId(CAPTIONS_GROUP.to_owned())
        } else {
            ClosedCaptionGroupId::None
        }),
        ..VariantStream::default()
    }
}

fn url(id: RenditionId) -> String {
    format!("{id}/{}", Resource::Playlist)
}

fn bandwidth(peak: u64) -> u64 {
    peak.max(1).div_ceil(BANDWIDTH_STEP) * BANDWIDTH_STEP
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::Rendition;

    fn video(id: RenditionId, width: u32, height: u32, peak_bitrate: u64) -> Video {
        let codec = "avc1.64001e".to_owned();
        let size = Size { width, height };
        let is_source = id == Rendition::SOURCE.id;
        Video { id, is_source, codec, size, frame_rate: Some(30_000.0 / 1001.0), peak_bitrate }
    }

    fn write_with(videos: &[Video], source: Option<&Audio>, captions: bool) -> String {
        write(videos, Sounds { source, aac: None }, captions)
    }

    fn audio() -> Audio {
        Audio { id: Rendition::AUDIO.id, codec: "mp4a.40.2".to_owned(), channels: 2, peak_bitrate: 131_000 }
    }

    #[test]
    fn two_variants_share_the_audio() {
        let videos = [
            video(Rendition::enhanced(2).id, 960, 540, 2_468_000),
            video(Rendition::SOURCE.id, 480, 270, 601_234),
        ];
        let text = write_with(&videos, Some(&audio()), false);
        insta::assert_snapshot!(text);
        let (_, parsed) = m3u8_rs::parse_master_playlist(text.as_bytes()).unwrap();
        assert_eq!(parsed.variants.len(), 2);
        assert_eq!(parsed.alternatives[0].uri.as_deref(), Some("audio/index.m3u8"));
    }

    #[test]
    fn video_alone_and_audio_alone() {
        insta::assert_snapshot!(write_with(&[video(Rendition::SOURCE.id, 480, 270, 601_234)], None, false));
        insta::assert_snapshot!(write_with(&[], Some(&audio()), false));
    }

    #[test]
    fn sound_that_not_everybody_has_stands_beside_its_aac() {
        let opus = Audio { codec: "Opus".to_owned(), ..audio() };
        let aac = Audio { id: Rendition::AAC.id, ..audio() };
        let videos = [
            video(Rendition::enhanced(2).id, 960, 540, 2_468_000),
            Video { codec: "av01.0.00M.08".to_owned(), ..video(Rendition::SOURCE.id, 480, 270, 601_234) },
        ];
        insta::assert_snapshot!(write(&videos, Sounds { source: Some(&opus), aac: Some(&aac) }, false));
    }

    #[test]
    fn captions_are_offered_where_the_pictures_carry_some() {
        let videos = [video(Rendition::SOURCE.id, 480, 270, 601_234)];
        insta::assert_snapshot!(write_with(&videos, Some(&audio()), true));
        let sound_alone = write_with(&[], Some(&audio()), true);
        assert!(!sound_alone.contains("CAPTIONS"), "{sound_alone}");
    }
}
