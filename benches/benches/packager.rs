//! What packaging costs: a packet in, and a playlist out.
//!
//! The reference is a plain copy of the same bytes: packaging should cost little more than that.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Instant, UNIX_EPOCH};

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use media::{AudioConfig, MediaTime, Packet, Track, Unit, VideoConfig};
use sharpcast::out::hls::{Packager, PackagerSettings, Reload};
use sharpcast::out::{Arrival, Rendition, Sink};

/// What x264 writes for 320x180 at 25 pictures a second.
const AVC: [u8; 38] = [
    0x01, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x42, 0xc0, 0x0c, 0xda, 0x05, 0x06, 0x7e, 0x7c,
    0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01, 0x00, 0x04,
    0x68, 0xce, 0x0f, 0xc8,
];
/// A picture of a stream of 4 Mbit/s at 25 pictures a second.
const PICTURE_BYTES: usize = 20_000;
/// Long enough for the window to be full and segments to leave it.
const SECONDS: i64 = 20;

fn stream() -> Vec<(Rendition, Unit)> {
    let video = VideoConfig::avc(Bytes::from_static(&AVC)).expect("as x264 wrote it");
    let audio = AudioConfig::aac_low_complexity(16_000, 2).expect("a rate of the table");
    let mut units = vec![
        (Rendition::SOURCE, Unit::VideoConfig(Arc::new(video))),
        (Rendition::AUDIO, Unit::AudioConfig(Arc::new(audio))),
    ];
    for number in 0..SECONDS * 25 {
        let at = MediaTime::from_millis(10_000 + number * 40);
        let packet = |track, key, bytes: usize| {
            Unit::Packet(Packet {
                track,
                dts: at,
                pts: at,
                key,
                recovery: false,
                data: Bytes::from(vec![number as u8; bytes]),
            })
        };
        units.push((Rendition::SOURCE, packet(Track::Video, number % 50 == 0, PICTURE_BYTES)));
        if number % 8 < 5 {
            // 1024 samples at 16 kHz last 64 ms.
            units.push((Rendition::AUDIO, packet(Track::Audio, true, 400)));
        }
    }
    units
}

fn fill(packager: &Packager, units: Vec<(Rendition, Unit)>) {
    let arrival = Arrival { instant: Instant::now(), time: UNIX_EPOCH };
    for (rendition, unit) in units {
        packager.unit(rendition, &unit, arrival).expect("valid configurations");
    }
}

fn packager(criterion: &mut Criterion) {
    let units = stream();
    let payload: usize = units
        .iter()
        .map(|(_, unit)| if let Unit::Packet(packet) = unit { packet.data.len() } else { 0 })
        .sum();

    let mut group = criterion.benchmark_group("packager");
    group.throughput(Throughput::Bytes(payload as u64));
    group.bench_function("push_20_s", |bencher| {
        bencher.iter_batched(
            || (Packager::new(PackagerSettings::default()), units.clone()),
            |(packager, units)| fill(&packager, units),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("copy_20_s", |bencher| {
        bencher.iter(|| {
            for (_, unit) in &units {
                if let Unit::Packet(packet) = unit {
                    black_box(packet.data.to_vec());
                }
            }
        });
    });
    group.finish();

    let full = Packager::new(PackagerSettings::default());
    fill(&full, units.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    criterion.bench_function("packager/playlist_again", |bencher| {
        bencher.iter(|| {
            runtime.block_on(full.playlist(Rendition::SOURCE.id, Reload::default())).expect("is there")
        });
    });
    criterion.bench_function("packager/multivariant", |bencher| {
        bencher.iter(|| full.multivariant().expect("is there"));
    });
}

criterion_group!(benches, packager);
criterion_main!(benches);
