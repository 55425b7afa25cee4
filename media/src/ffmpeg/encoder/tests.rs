use super::*;
use crate::ffmpeg::Decoder;
use crate::picture::{Colour, FrameRate, PixelAspect, Range, Scan};
use crate::synthetic::TestPictures;

const SIZE: Size = Size { width: 128, height: 72 };

fn settings() -> EncoderSettings {
    EncoderSettings {
        size: SIZE,
        frame_rate: FrameRate::whole(25),
        rate: RateControl::Quality { crf: 18.0, max_bitrate: None },
        coder: Coder::X264(Preset::Veryfast),
        look_ahead: None,
        key_interval: None,
        threads: 1,
        colour: Colour::default(),
        aspect: PixelAspect::SQUARE,
    }
}

fn pictures(count: usize) -> Vec<Picture> {
    TestPictures::new(SIZE, FrameRate::whole(25)).iter().take(count).collect()
}

/// Each picture must give its packet at once.
fn encode(settings: &EncoderSettings, pictures: &[Picture], idr: impl Fn(usize) -> bool) -> Vec<Packet> {
    let mut encoder = Encoder::new(settings).unwrap();
    let encode = |(index, picture): (usize, &Picture)| {
        encoder.push(picture, idr(index)).unwrap();
        let packet = encoder.pull().unwrap().expect("no delay");
        assert!(encoder.pull().unwrap().is_none());
        packet
    };
    pictures.iter().enumerate().map(encode).collect()
}

#[test]
fn with_look_ahead_packets_come_later_and_in_the_order_of_decoding() {
    let ahead = EncoderSettings {
        look_ahead: Some(MediaTime::from_millis(1_000)),
        key_interval: Some(MediaTime::from_millis(1_000)),
        ..settings()
    };
    let mut encoder = Encoder::new(&ahead).unwrap();
    let (mut packets, mut first) = (Vec::new(), None);
    let pictures = pictures(90);
    for (index, picture) in pictures.iter().enumerate() {
        encoder.push(picture, index == 33).unwrap();
        packets.extend(std::iter::from_fn(|| encoder.pull().unwrap()));
        first = first.or((!packets.is_empty()).then_some(index));
    }
    encoder.finish();
    packets.extend(std::iter::from_fn(|| encoder.pull().unwrap()));
    assert!(first.is_some_and(|first| (25..40).contains(&first)), "{first:?}");
    let mut times: Vec<_> = packets.iter().map(|packet| packet.pts).collect();
    let shown: Vec<_> = pictures.iter().map(Picture::pts).collect();
    assert_ne!(times, shown, "some pictures are predicted from later ones");
    times.sort();
    assert_eq!(times, shown, "each picture once");
    assert!(packets.windows(2).all(|pair| pair[0].dts < pair[1].dts), "{packets:?}");
    assert!(packets.iter().all(|packet| packet.dts <= packet.pts), "{packets:?}");
    // What follows a keyframe needs nothing from before it.
    let keys: Vec<_> = (0..90).filter(|&index| packets[index].key).collect();
    let at: Vec<_> = keys.iter().map(|&index| packets[index].pts).collect();
    assert_eq!(at, [0, 25, 33, 58, 83].map(|number| shown[number]));
    for (&index, &at) in keys.iter().zip(&at) {
        assert!(packets[index..].iter().all(|packet| packet.pts >= at), "{packets:?}");
    }
    assert!(keys.iter().all(|&index| has_idr_slice(&packets[index])));
}

fn has_idr_slice(packet: &Packet) -> bool {
    nal::units(&packet.data, 4).any(|unit| nal::kind(unit.unwrap()) == nal::IDR_SLICE)
}

#[test]
fn key_pictures_come_where_they_are_forced_and_nowhere_else() {
    let packets = encode(&settings(), &pictures(40), |index| index == 7 || index == 30);
    for (index, packet) in packets.iter().enumerate() {
        let expected = matches!(index, 0 | 7 | 30);
        assert_eq!((packet.key, has_idr_slice(packet)), (expected, expected), "picture {index}");
    }
}

#[test]
fn key_pictures_come_at_intervals() {
    let every = EncoderSettings { key_interval: Some(MediaTime::from_millis(400)), ..settings() };
    let packets = encode(&every, &pictures(30), |_| false);
    let keys: Vec<_> =
        packets.iter().enumerate().filter(|(_, packet)| packet.key).map(|(index, _)| index).collect();
    assert_eq!(keys, [0, 10, 20]);
}

#[test]
fn times_are_kept_however_uneven() {
    let mut pictures = pictures(5);
    let times = [900_000, 903_000, 903_001, 1_000_000, 1_000_700].map(MediaTime::from_ticks);
    pictures.iter_mut().zip(times).for_each(|(picture, time)| picture.set_pts(time));
    for (packet, time) in encode(&settings(), &pictures, |_| false).iter().zip(times) {
        assert_eq!((packet.pts, packet.dts), (time, time));
    }
}

#[test]
fn a_picture_from_the_past_is_refused_and_forgotten() {
    let pictures = pictures(3);
    let mut encoder = Encoder::new(&settings()).unwrap();
    for (at, expected) in [(1, true), (0, false), (1, false), (2, true)] {
        let pushed = encoder.push(&pictures[at], false);
        assert_eq!(pushed.is_ok(), expected, "{pushed:?}");
        assert_eq!(encoder.pull().unwrap().map(|packet| packet.pts), expected.then(|| pictures[at].pts()));
    }
}

#[test]
fn the_configuration_describes_the_stream() {
    let colour = Colour { range: Range::Full, matrix: Colour::BT709, ..Colour::default() };
    let odd_rate = FrameRate { num: 30_000, den: 1_001 };
    let encoder = Encoder::new(&EncoderSettings { colour, frame_rate: odd_rate, ..settings() }).unwrap();
    let config = encoder.config();
    assert_eq!(config.size(), SIZE);
    let VideoConfig::Avc(avc) = &*config else { panic!("not H.264") };
    assert_eq!(avc.nal_length_size(), 4);
    assert_eq!((config.frame_rate(), config.colour()), (Some(odd_rate), colour));
    assert!(config.codec_string().starts_with("avc1.64"), "{}", config.codec_string());
    assert!(Decoder::new(&config).is_ok());
}

#[test]
fn the_shape_of_pixels_comes_back_from_the_decoder() {
    for aspect in [PixelAspect::SQUARE, PixelAspect::new(16, 11), PixelAspect::new(123, 124)] {
        let anamorphic = EncoderSettings { aspect, ..settings() };
        let config = Encoder::new(&anamorphic).unwrap().config();
        assert_eq!(config.pixel_aspect(), aspect);
        let mut decoder = Decoder::new(&config).unwrap();
        decoder.push(&encode(&anamorphic, &pictures(1), |_| true)[0]).unwrap();
        let picture = decoder.pull().unwrap().unwrap();
        assert_eq!((picture.pixel_aspect(), picture.scan()), (aspect, Scan::Progressive));
    }
}

#[test]
fn packets_carry_no_parameter_sets() {
    for packet in encode(&settings(), &pictures(3), |_| true) {
        let kinds: Vec<_> = nal::units(&packet.data, 4).map(|unit| nal::kind(unit.unwrap())).collect();
        assert!(!kinds.iter().any(|kind| matches!(kind, &(nal::SPS | nal::PPS | nal::DELIMITER))));
    }
}

#[test]
fn a_bit_rate_is_kept() {
    let rate = 150_000;
    let limited = EncoderSettings { rate: RateControl::Bitrate(rate), ..settings() };
    let packets = encode(&limited, &pictures(100), |index| index % 50 == 0);
    let bits: usize = packets.iter().map(|packet| packet.data.len() * 8).sum();
    // Four seconds, and one second's worth of buffer.
    assert!(bits <= rate as usize * 5, "{bits} bits");
}

#[test]
fn slices_are_configurable() {
    // x264 makes fewer slices of pictures with few lines.
    let size = Size { width: 320, height: 192 };
    let sliced = EncoderSettings { threads: 2, size, ..settings() };
    let pictures: Vec<_> = TestPictures::new(size, FrameRate::whole(25)).iter().take(2).collect();
    let packets = encode(&sliced, &pictures, |_| false);
    let slices = nal::units(&packets[1].data, 4)
        .filter(|unit| nal::kind(unit.as_ref().unwrap()) == nal::SLICE)
        .count();
    assert_eq!(slices, 2);
}

#[test]
fn refuses_with_a_reason() {
    let refused = |settings: EncoderSettings| Encoder::new(&settings).err().expect("refused").to_string();
    let size = |width, height| Size { width, height };
    assert_eq!(
        refused(EncoderSettings { size: size(127, 72), ..settings() }),
        "the encoder cannot work with an odd width or height"
    );
    assert!(refused(EncoderSettings { size: size(0, 0), ..settings() }).contains("0x0"));
    assert!(
        refused(EncoderSettings { frame_rate: FrameRate { num: 0, den: 1 }, ..settings() }).contains("rate")
    );
    assert!(refused(EncoderSettings { rate: RateControl::Bitrate(0), ..settings() }).contains("zero"));
    let no_number = RateControl::Quality { crf: f32::NAN, max_bitrate: None };
    assert!(refused(EncoderSettings { rate: no_number, ..settings() }).contains("rate factor"));
    let never = Some(MediaTime::ZERO);
    assert!(refused(EncoderSettings { key_interval: never, ..settings() }).contains("interval"));
    let mut encoder = Encoder::new(&settings()).unwrap();
    let other = Picture::new(size(64, 64));
    assert!(matches!(encoder.push(&other, false), Err(FfmpegError::PictureSize { .. })));
}

#[test]
fn x264_knows_every_preset() {
    use Preset::{Fast, Faster, Medium, Slow, Superfast, Ultrafast, Veryfast};
    for preset in [Ultrafast, Superfast, Veryfast, Faster, Fast, Medium, Slow] {
        assert!(
            Encoder::new(&EncoderSettings { coder: Coder::X264(preset), ..settings() }).is_ok(),
            "{preset:?}"
        );
    }
}

/// All packets of some pictures, and how many had come out before the last picture went in.
fn coded_by(
    coder: Coder,
    look_ahead: Option<MediaTime>,
    pictures: u32,
) -> (Arc<VideoConfig>, Vec<Packet>, usize) {
    let rate = RateControl::Bitrate(300_000);
    let settings = EncoderSettings { rate, coder, look_ahead, ..settings() };
    let mut encoder = Encoder::new(&settings).unwrap();
    let source = TestPictures::new(settings.size, settings.frame_rate);
    let (mut packets, mut early) = (Vec::new(), 0);
    for picture in source.iter().take(pictures as usize) {
        early = packets.len();
        encoder.push(&picture, false).unwrap();
        packets.extend(std::iter::from_fn(|| encoder.pull().unwrap()));
    }
    encoder.finish();
    packets.extend(std::iter::from_fn(|| encoder.pull().unwrap()));
    (encoder.config(), packets, early)
}

#[test]
fn every_coder_gives_all_pictures_in_its_own_codec_and_a_decoder_shows_them() {
    let ahead = Some(MediaTime::from_millis(1_000));
    let table = [
        (Coder::X264(Preset::Veryfast), VideoCodec::Avc, "avc1."),
        (Coder::X265(Preset::Superfast), VideoCodec::Hevc, "hvc1.1.6.L"),
        (Coder::SvtAv1(12), VideoCodec::Av1, "av01.0."),
    ];
    for (coder, codec, name) in table {
        for look_ahead in [None, ahead] {
            let (config, packets, early) = coded_by(coder, look_ahead, 60);
            assert_eq!((config.codec(), packets.len()), (codec, 60), "{coder}");
            assert!(config.codec_string().starts_with(name), "{}", config.codec_string());
            assert!(packets[0].key && packets.is_sorted_by_key(|packet| packet.dts), "{coder}");
            let mut shown: Vec<_> = packets.iter().map(|packet| packet.pts).collect();
            shown.sort_unstable();
            assert!(shown.iter().enumerate().all(|(n, pts)| *pts == settings().frame_rate.time_of(n as i64)));
            // SVT-AV1 works beside its caller, some pictures behind.
            assert_eq!(
                early >= 45,
                look_ahead.is_none(),
                "{coder}, {look_ahead:?}: {early} came out at once"
            );
            let mut decoder = Decoder::new(&config).unwrap();
            let mut pictures = 0;
            for packet in &packets {
                decoder.push(packet).unwrap();
                pictures += std::iter::from_fn(|| decoder.pull().unwrap()).count();
            }
            decoder.finish();
            pictures += std::iter::from_fn(|| decoder.pull().unwrap()).count();
            assert_eq!(pictures, 60, "{coder}, {look_ahead:?}");
        }
    }
}

#[test]
fn keyframes_come_at_the_interval_and_where_they_are_forced() {
    for coder in [Coder::X264(Preset::Veryfast), Coder::X265(Preset::Superfast), Coder::SvtAv1(12)] {
        let interval = Some(MediaTime::from_millis(1_000));
        let settings = EncoderSettings { coder, look_ahead: interval, key_interval: interval, ..settings() };
        let mut encoder = Encoder::new(&settings).unwrap();
        let source = TestPictures::new(settings.size, settings.frame_rate);
        let mut keys = Vec::new();
        let mut pull = |encoder: &mut Encoder| {
            let packets = std::iter::from_fn(|| encoder.pull().unwrap());
            keys.extend(packets.filter(|packet| packet.key).map(|packet| packet.pts.as_millis()));
        };
        for (number, picture) in source.iter().take(70).enumerate() {
            encoder.push(&picture, number == 35).unwrap();
            pull(&mut encoder);
        }
        encoder.finish();
        pull(&mut encoder);
        let rate = settings.frame_rate.as_f64();
        let forced = (35.0 / rate * 1e3) as i64;
        assert_eq!(
            keys.iter().any(|key| (key - forced).abs() <= 1),
            coder.forces_keys(),
            "{coder}: {keys:?}"
        );
        assert!(
            keys.len() >= 3 && keys.windows(2).all(|pair| pair[1] - pair[0] <= 1_010),
            "{coder}: {keys:?}"
        );
    }
}

#[test]
fn a_chip_that_is_not_there_is_an_error_and_no_more() {
    for hardware in Hardware::ALL.iter().filter(|hardware| hardware.is_known()) {
        let coder = Coder::Hardware(hardware);
        // On a machine that has one, it works.
        if let Err(error) = Encoder::new(&EncoderSettings { coder, ..settings() }) {
            assert!(error.to_string().contains(hardware.name), "{error}");
        }
    }
}
