use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::ffmpeg::{Coder, Encoder, EncoderSettings, Preset, RateControl};
use crate::picture::{Colour, FrameRate, PixelAspect, Plane, Range, Size};
use crate::synthetic::TestPictures;

const SIZE: Size = Size { width: 128, height: 72 };

fn coded(count: usize) -> (Arc<VideoConfig>, Vec<Picture>, Vec<Packet>) {
    let pictures: Vec<_> = TestPictures::new(SIZE, FrameRate::whole(25)).iter().take(count).collect();
    let mut encoder = Encoder::new(&EncoderSettings {
        size: SIZE,
        frame_rate: FrameRate::whole(25),
        rate: RateControl::Quality { crf: 16.0, max_bitrate: None },
        coder: Coder::X264(Preset::Veryfast),
        look_ahead: None,
        key_interval: None,
        threads: 1,
        colour: Colour { range: Range::Limited, matrix: Colour::BT709, ..Colour::default() },
        aspect: PixelAspect::SQUARE,
    })
    .unwrap();
    let mut packets = Vec::new();
    for (index, picture) in pictures.iter().enumerate() {
        encoder.push(picture, index % 10 == 0).unwrap();
        packets.extend(encoder.pull().unwrap());
    }
    (encoder.config(), pictures, packets)
}

fn psnr(one: Plane<'_>, other: Plane<'_>) -> f64 {
    let squares =
        one.rows().flatten().zip(other.rows().flatten()).map(|(&a, &b)| f64::from(a.abs_diff(b)).powi(2));
    let error = squares.sum::<f64>() / (one.width * one.height) as f64;
    10.0 * (255.0 * 255.0 / error.max(1e-9)).log10()
}

fn pull_all(decoder: &mut Decoder) -> Vec<Picture> {
    std::iter::from_fn(|| decoder.pull().unwrap()).collect()
}

#[test]
fn gives_back_what_was_encoded_without_delay() {
    let (config, pictures, packets) = coded(25);
    let mut decoder = Decoder::new(&config).unwrap();
    for (index, (packet, original)) in packets.iter().zip(&pictures).enumerate() {
        decoder.push(packet).unwrap();
        let [picture] = pull_all(&mut decoder).try_into().expect("one picture per packet");
        assert_eq!((picture.size(), picture.pts()), (SIZE, original.pts()));
        assert_eq!(picture.key(), index % 10 == 0, "picture {index}");
        assert_eq!((picture.colour().range, picture.colour().matrix), (Range::Limited, Colour::BT709));
        for component in crate::picture::Component::ALL {
            let quality = psnr(picture.plane(component), original.plane(component));
            assert!(quality > 36.0, "picture {index}, {component:?}: {quality:.1} dB");
        }
    }
    decoder.finish();
    assert!(pull_all(&mut decoder).is_empty());
}

#[test]
fn goes_on_after_broken_packets() {
    let (config, _, mut packets) = coded(30);
    let damage = |packet: &mut Packet, range: std::ops::Range<usize>| {
        let mut data = packet.data.to_vec();
        let end = range.end.min(data.len());
        data[range.start..end].fill(0xff);
        packet.data = data.into();
    };
    damage(&mut packets[3], 0..4);
    packets[5].data = Bytes::from_static(&[1]);
    packets[6].data = Bytes::new();
    damage(&mut packets[12], 8..4_000);
    packets.remove(15);
    let mut decoder = Decoder::new(&config).unwrap();
    let (mut errors, mut pictures) = (0, Vec::new());
    for packet in &packets {
        errors += usize::from(decoder.push(packet).is_err());
        while let Ok(Some(picture)) = decoder.pull() {
            pictures.push(picture);
        }
    }
    assert!(errors >= 2, "{errors} errors");
    let last_key = pictures.iter().rposition(Picture::key).unwrap();
    assert_eq!(pictures[last_key..].len(), 10, "everything after the last keyframe is there");
}

#[test]
fn nothing_is_shown_before_a_key_picture() {
    let (config, pictures, packets) = coded(12);
    let mut decoder = Decoder::new(&config).unwrap();
    let mut first = None;
    for packet in &packets[3..] {
        let _ = decoder.push(packet);
        while let Ok(Some(picture)) = decoder.pull() {
            first.get_or_insert(picture.pts());
        }
    }
    assert_eq!(first, Some(pictures[10].pts()));
}

#[test]
fn works_on_another_thread() {
    let (config, _, packets) = coded(2);
    let mut decoder = Decoder::new(&config).unwrap();
    decoder.push(&packets[0]).unwrap();
    let moved = std::thread::spawn(move || {
        decoder.push(&packets[1]).unwrap();
        pull_all(&mut decoder).len()
    });
    assert_eq!(moved.join().unwrap(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn survives_garbage(
        garbage in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..6),
        kind in proptest::sample::select(vec![0x65_u8, 0x41, 0x06, 0x67, 0x68]),
    ) {
        let (config, _, packets) = coded(1);
        let mut decoder = Decoder::new(&config).unwrap();
        for (index, bytes) in garbage.iter().enumerate() {
            let pts = MediaTime::from_millis(index as i64 * 40);
            let data = [&(bytes.len() as u32 + 1).to_be_bytes()[..], &[kind], bytes].concat();
            let _ = decoder.push(&Packet { track: crate::Track::Video, dts: pts, pts, key: true, recovery: false, data: data.into() });
            while let Ok(Some(_)) = decoder.pull() {}
        }
        // A decoder that is not the same any more may still refuse this; it must not crash.
        let _ = decoder.push(&packets[0]);
        let _ = decoder.pull();
    }
}
