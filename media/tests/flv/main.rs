//! FLV from and for the ffmpeg program: what it writes we read, decode and show in order; what we write it reads.

mod access_units;

use std::path::Path;
use std::process::{Command, Output};

use bytes::Bytes;
use media::ffmpeg::Decoder;
use media::flv::{Demuxer, Muxer, StreamInfo, Tag, TagKind};
use media::synthetic::TestSound;
use media::{MediaTime, Packet, Picture, Unit};

/// Runs a program of FFmpeg's. It belongs to the set-up: without it this fails.
fn run(program: &str, arguments: &str, path: &Path) -> Output {
    let output = Command::new(program)
        .args(["-v", "error"])
        .args(arguments.split_whitespace())
        .arg(path)
        .output()
        .expect("FFmpeg's programs are installed (make setup)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

const FILE_HEADER: &[u8] = b"FLV\x01\x05\0\0\0\x09\0\0\0\0";
const TAG_HEADER: usize = 11;
const BACK_POINTER: usize = 4;

fn read_tags(file: Bytes) -> Vec<Tag> {
    let mut rest = file.slice(FILE_HEADER.len()..);
    let mut tags = Vec::new();
    while rest.len() > TAG_HEADER {
        let header = rest.split_to(TAG_HEADER);
        let length = u32::from_be_bytes([0, header[1], header[2], header[3]]) as usize;
        let timestamp = u32::from_be_bytes([header[7], header[4], header[5], header[6]]);
        let kind = TagKind::from_wire_id(header[0]).expect("a known kind of tag");
        tags.push(Tag { kind, timestamp, body: rest.split_to(length) });
        let _ = rest.split_to(BACK_POINTER);
    }
    tags
}

fn write_tags(tags: &[Tag]) -> Vec<u8> {
    let mut file = FILE_HEADER.to_vec();
    for tag in tags {
        let [_, size @ ..] = (tag.body.len() as u32).to_be_bytes();
        let [high, time @ ..] = tag.timestamp.to_be_bytes();
        file.push(tag.kind.wire_id());
        file.extend(size);
        file.extend(time);
        file.extend([high, 0, 0, 0]);
        file.extend(&tag.body);
        file.extend((tag.body.len() as u32 + TAG_HEADER as u32).to_be_bytes());
    }
    file
}

fn demux(tags: &[Tag]) -> Vec<Unit> {
    let mut demuxer = Demuxer::new();
    for tag in tags {
        demuxer.push(tag).expect("readable");
    }
    demuxer.finish();
    std::iter::from_fn(|| demuxer.pull()).collect()
}

fn decode(units: &[Unit]) -> Vec<Picture> {
    let mut decoder = None;
    let mut pictures = Vec::new();
    for unit in units {
        match unit {
            Unit::VideoConfig(config) => decoder = Some(Decoder::new(config).expect("a decoder")),
            Unit::Packet(packet @ Packet { track: media::Track::Video, .. }) => {
                let decoder = decoder.as_mut().expect("the configuration comes first");
                decoder.push(packet).expect("decodable");
                pictures.extend(std::iter::from_fn(|| decoder.pull().expect("decodable")));
            }
            _ => {}
        }
    }
    let decoder = decoder.as_mut().expect("a configuration");
    decoder.finish();
    pictures.extend(std::iter::from_fn(|| decoder.pull().expect("decodable")));
    pictures
}

const SOURCES: &str = "-nostdin -f lavfi -i testsrc2=size=160x90:rate=25:duration=2 \
                       -f lavfi -i sine=sample_rate=44100:duration=2 -c:a aac";

#[test]
fn reordered_pictures_come_out_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.flv");
    run("ffmpeg", &format!("{SOURCES} -c:v libx264 -preset veryfast -bf 3 -g 20"), &path);
    let tags = read_tags(std::fs::read(&path).unwrap().into());
    let units = demux(&tags);
    assert!(matches!(&units[..2], [Unit::VideoConfig(_), Unit::AudioConfig(_)]), "configurations first");
    let reordered = |unit: &Unit| matches!(unit, Unit::Packet(packet) if packet.pts != packet.dts);
    assert!(units.iter().any(reordered));

    let pictures = decode(&units);
    assert_eq!(pictures.len(), 50);
    for (index, pair) in pictures.windows(2).enumerate() {
        let step = pair[1].pts() - pair[0].pts();
        assert_eq!(step, MediaTime::from_millis(40), "after picture {index}");
    }
    let keys: Vec<_> =
        pictures.iter().enumerate().filter(|(_, picture)| picture.key()).map(|(at, _)| at).collect();
    assert_eq!(keys, [0, 20, 40]);
}

#[test]
fn ffmpeg_reads_what_the_muxer_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (theirs, ours) = (folder.path().join("theirs.flv"), folder.path().join("ours.flv"));
    run("ffmpeg", &format!("{SOURCES} -c:v libx264 -preset veryfast -bf 2"), &theirs);
    let units = demux(&read_tags(std::fs::read(&theirs).unwrap().into()));
    let mut muxer = Muxer::new();
    let tags: Vec<_> = units.iter().map(|unit| muxer.tag(unit)).collect();
    std::fs::write(&ours, write_tags(&tags)).unwrap();

    let packets = "-show_entries packet=codec_type,pts,dts,size,flags -of csv=p=0";
    let (expected, found) = (run("ffprobe", packets, &theirs), run("ffprobe", packets, &ours));
    assert_eq!(String::from_utf8_lossy(&found.stdout), String::from_utf8_lossy(&expected.stdout));
    assert!(found.stderr.is_empty());
}

#[test]
fn ffmpeg_reads_synthetic_sound_and_metadata() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sound.flv");
    let mut sound = TestSound::new(Some(1_000.0)).unwrap();
    let info = StreamInfo {
        audio_codec: Some(media::codec::AudioCodec::Aac),
        audio_sample_rate: Some(sound.config().sample_rate()),
        audio_channels: Some(sound.config().channels()),
        encoder: "sharpcast test".to_owned(),
        ..StreamInfo::default()
    };
    let mut muxer = Muxer::new();
    let mut tags = vec![Muxer::metadata(&info), muxer.tag(&Unit::AudioConfig(sound.config()))];
    tags.extend((0..40).map(|_| muxer.tag(&Unit::Packet(sound.next_packet().unwrap()))));
    std::fs::write(&path, write_tags(&tags)).unwrap();

    let entries =
        "-show_entries stream=codec_name,profile,sample_rate,channels:format_tags=encoder -of csv=p=0";
    let told = String::from_utf8(run("ffprobe", entries, &path).stdout).unwrap();
    assert!(told.contains("aac,LC,48000,1") && told.contains("sharpcast test"), "{told}");
}
