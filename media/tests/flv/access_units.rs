//! Real streams, taken apart in every way in which publishers send them: the same pictures come out.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly, where they stand")]

use std::sync::LazyLock;

use bytes::Bytes;
use media::codec::avc::nal;
use media::{Packet, Unit};
use proptest::prelude::*;

use crate::{SOURCES, Tag, TagKind, demux, read_tags, run};

/// How one picture is sent.
#[derive(Debug, Clone)]
struct Way {
    /// A message ends behind each NAL unit whose bit is set.
    cuts: u32,
    /// What the container says of it.
    flagged: bool,
    delimiter: bool,
    /// Of keyframes: the parameter sets once more.
    sets: bool,
    note: bool,
}

fn way() -> impl Strategy<Value = Way> {
    (any::<u32>(), any::<[bool; 4]>()).prop_map(|(cuts, [flagged, delimiter, sets, note])| Way {
        cuts,
        flagged,
        delimiter,
        sets,
        note,
    })
}

fn clip(options: &str) -> Vec<Tag> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.flv");
    run("ffmpeg", &format!("{SOURCES} -c:v libx264 -preset veryfast {options}"), &path);
    read_tags(std::fs::read(&path).unwrap().into())
}

/// Four slices and reordered pictures; macroblocks of two fields; refreshes that are none.
static CLIPS: LazyLock<[Vec<Tag>; 3]> = LazyLock::new(|| {
    [
        clip("-bf 3 -g 20 -x264-params slices=4:threads=1:scenecut=0"),
        clip("-s 160x96 -bf 2 -g 25 -flags +ilme+ildct -x264-params tff=1:slices=2:threads=1:scenecut=0"),
        clip("-g 20 -x264-params open-gop=1:bframes=2:scenecut=0"),
    ]
});

fn is_picture(tag: &Tag) -> bool {
    tag.kind == TagKind::Video && tag.body[1] == 1
}

fn packed(units: &[Bytes], start_codes: bool) -> Vec<u8> {
    let prefix = |unit: &Bytes| if start_codes { [0, 0, 0, 1] } else { (unit.len() as u32).to_be_bytes() };
    units.iter().flat_map(|unit| [&prefix(unit)[..], unit].concat()).collect()
}

/// One picture's tag as the tags of its pieces.
fn pieces(tag: &Tag, way: &Way, sets: &[Bytes], start_codes: bool) -> Vec<Tag> {
    let mut units: Vec<Bytes> =
        nal::units(&tag.body[5..], 4).map(|unit| tag.body.slice_ref(unit.unwrap())).collect();
    let is_refresh = units.iter().any(|unit| nal::kind(unit) == nal::IDR_SLICE);
    if way.note {
        units.insert(0, Bytes::from_static(&[0x06, 5, 1, 0, 0x80]));
    }
    if way.sets && is_refresh {
        units.splice(0..0, sets.iter().cloned());
    }
    if way.delimiter {
        units.insert(0, Bytes::from_static(&[0x09, 0xf0]));
    }
    let mut tags = Vec::new();
    let mut waiting = Vec::new();
    let count = units.len();
    for (index, unit) in units.into_iter().enumerate() {
        waiting.push(unit);
        if way.cuts >> (index % 32) & 1 == 1 || index + 1 == count {
            let first = if way.flagged { 0x17 } else { 0x27 };
            let head = [&[first], &tag.body[1..5]].concat();
            tags.push(Tag { body: [head, packed(&waiting, start_codes)].concat().into(), ..tag.clone() });
            waiting.clear();
        }
    }
    tags
}

/// All that is said of a picture, and its slices.
fn told(packet: &Packet) -> (String, Vec<Vec<u8>>) {
    let slices = nal::units(&packet.data, 4).map(Result::unwrap);
    let slices = slices.filter(|unit| matches!(nal::kind(unit), nal::SLICE | nal::IDR_SLICE));
    (
        format!("{} {} {} {}", packet.dts, packet.pts, packet.key, packet.recovery),
        slices.map(<[u8]>::to_vec).collect(),
    )
}

fn pictures(units: &[Unit]) -> Vec<(String, Vec<Vec<u8>>)> {
    let packets = units.iter().filter_map(|unit| match unit {
        Unit::Packet(packet) if packet.track == media::Track::Video => Some(told(packet)),
        _ => None,
    });
    packets.collect()
}

fn configurations(units: &[Unit]) -> usize {
    units.iter().filter(|unit| matches!(unit, Unit::VideoConfig(_))).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_split_gives_the_same_pictures(
        which in 0_usize..3, ways in proptest::collection::vec(way(), 50), start_codes: bool, header: bool,
    ) {
        let tags = &CLIPS[which];
        let expected = pictures(&demux(tags));
        prop_assert_eq!(expected.len(), 50);
        let config = tags.iter().find(|tag| tag.kind == TagKind::Video).unwrap();
        let record = media::codec::VideoConfig::avc(config.body.slice(5..)).unwrap();
        // One set of each kind, behind lengths of two bytes.
        let body = record.record().slice(6..);
        let sps = usize::from(body[0]) << 8 | usize::from(body[1]);
        let pps = usize::from(body[sps + 3]) << 8 | usize::from(body[sps + 4]);
        let sets = [body.slice(2..2 + sps), body.slice(sps + 5..sps + 5 + pps)];
        let mut number = 0;
        let mut sent = Vec::new();
        for tag in tags {
            if !is_picture(tag) {
                // Without a sequence header the first keyframe has to say how it is coded.
                if header || tag.kind != TagKind::Video {
                    sent.push(tag.clone());
                }
                continue;
            }
            let mut way = ways[number].clone();
            // Whether an intra picture is an entry, the container alone says where no note does.
            way.flagged |= which == 2 && tag.body[0] == 0x17;
            way.sets |= number == 0 && !header;
            number += 1;
            sent.extend(pieces(tag, &way, &sets, start_codes));
        }
        let units = demux(&sent);
        prop_assert_eq!(pictures(&units), expected);
        prop_assert_eq!(configurations(&units), 1);
    }
}
