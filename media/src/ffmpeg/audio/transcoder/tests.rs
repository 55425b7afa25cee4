use std::f32::consts::TAU;

use super::*;

const START: MediaTime = MediaTime::from_millis(10_000);
const SILENCE: MediaTime = MediaTime::from_millis(500);
const FREQUENCY: f32 = 1_000.0;
const LEVEL: f32 = 0.3;

/// Half a second of silence and a second of a tone in the last channel, coded as AAC-LC.
fn coded(rate: u32, channels: u8) -> (Arc<AudioConfig>, Vec<Packet>) {
    let mut encoder = AacEncoder::new(rate, channels, 96_000 * u32::from(channels)).unwrap();
    encoder.start_at(START);
    let tone = |at: u32| {
        let angle = TAU * FREQUENCY * at as f32 / rate as f32;
        if at < rate / 2 { 0.0 } else { LEVEL * angle.sin() }
    };
    let tone: Vec<f32> = (0..rate * 3 / 2).map(tone).collect();
    let silence = vec![0.0; tone.len()];
    let planes = (1..=channels).map(|channel| if channel == channels { &tone[..] } else { &silence[..] });
    encoder.push(planes).unwrap();
    encoder.finish().unwrap();
    (encoder.config(), std::iter::from_fn(|| encoder.pull()).collect())
}

/// When the first sample is heard, and the samples of each channel.
fn decoded(config: &AudioConfig, packets: &[Packet]) -> (MediaTime, Vec<Vec<f32>>) {
    let mut decoder = decoder::of(config).unwrap();
    let mut planes = vec![Vec::new(); config.channels().into()];
    let mut frame = Audio::empty();
    for packet in packets {
        decoder.send_packet(&CodedPacket::copy(&packet.data)).unwrap();
        while decoder.receive_frame(&mut frame).is_ok() {
            planes.iter_mut().enumerate().for_each(|(at, plane)| plane.extend(frame.plane::<f32>(at)));
        }
    }
    (packets[0].pts, planes)
}

fn level(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
}

#[test]
fn what_comes_out_sounds_as_what_went_in_at_the_same_time() {
    // (rate and channels of what comes, and of what goes on)
    for (rate, channels, expected) in [
        (48_000, 2, (48_000, 2)),
        (22_050, 1, (44_100, 1)),
        (8_000, 2, (48_000, 2)),
        (96_000, 6, (48_000, 6)),
        (44_100, 8, (44_100, 8)),
    ] {
        let (config, packets) = coded(rate, channels);
        let mut transcoder = Transcoder::new(&config).unwrap();
        let mut output = Vec::new();
        for packet in &packets {
            transcoder.push(packet).unwrap();
            output.extend(std::iter::from_fn(|| transcoder.pull()));
        }
        transcoder.finish().unwrap();
        output.extend(std::iter::from_fn(|| transcoder.pull()));
        let config = transcoder.config();
        assert_eq!((config.sample_rate(), config.channels()), expected);
        let uneven = output
            .windows(2)
            .find(|pair| (pair[1].pts - pair[0].pts - config.frame_duration()).ticks().abs() > 1);
        assert!(uneven.is_none(), "{rate} Hz: {uneven:?}");

        let (first, planes) = decoded(&config, &output);
        let tone = planes.last().unwrap();
        let onset = tone.iter().position(|sample| sample.abs() > LEVEL / 4.0).unwrap() as i64;
        let heard = first + MediaTime::from_time_base(onset, 1, config.sample_rate() as i32);
        let error = (heard - START - SILENCE).abs();
        assert!(error < MediaTime::from_millis(10), "{rate} Hz, {channels} channels: heard at {heard}");

        let steady = &tone[onset as usize + 4_096..][..config.sample_rate() as usize / 2];
        let expected = LEVEL / 2.0_f32.sqrt();
        assert!((level(steady) - expected).abs() < expected * 0.05, "{rate} Hz: level {}", level(steady));
        let rising = steady.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!((498..=502).contains(&rising), "{rate} Hz: {rising} periods in half a second");
        for silent in &planes[..planes.len() - 1] {
            assert!(level(silent) < 0.01, "{rate} Hz: a silent channel has level {}", level(silent));
        }
    }
}

#[test]
fn a_hole_in_the_times_stays_and_damage_is_left_out() {
    let (config, mut packets) = coded(48_000, 2);
    let hole = MediaTime::from_millis(700);
    packets.iter_mut().skip(30).for_each(|packet| packet.pts += hole);
    packets[10].data = vec![0x55; 40].into();
    let mut transcoder = Transcoder::new(&config).unwrap();
    let mut times = Vec::new();
    for packet in &packets {
        transcoder.push(packet).unwrap();
        times.extend(std::iter::from_fn(|| transcoder.pull()).map(|packet| packet.pts));
    }
    let steps = times.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(steps.clone().all(|step| step > MediaTime::ZERO));
    let widest = steps.max().unwrap() - config.frame_duration();
    assert!((widest - hole).abs() < MediaTime::from_millis(25), "a hole of {widest}");
}

#[test]
fn usual_layouts_keep_their_channels() {
    let kept: Vec<u8> = (0..=9).map(kept_channels).collect();
    assert_eq!(kept, [1, 1, 2, 2, 2, 6, 6, 6, 8, 2]);
}
