//! FLV: tags to units. Reference in the same run: walking over the same bodies byte by byte.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use media::flv::{Demuxer, Muxer, Tag};
use media::{MediaTime, Packet, Track, Unit};

/// Ten seconds of 600 kbit/s video at 24 pictures a second with 128 kbit/s of sound.
fn tags() -> Vec<Tag> {
    let mut muxer = Muxer::new();
    let packet = |track, ms: i64, bytes: usize, key| {
        // One NAL unit with its 4-byte length, which is what the demuxer looks at.
        let mut data = ((bytes - 4) as u32).to_be_bytes().to_vec();
        data.resize(bytes, if key { 0x65 } else { 0x41 });
        let time = MediaTime::from_millis(ms);
        Unit::Packet(Packet { track, dts: time, pts: time, key, recovery: false, data: Bytes::from(data) })
    };
    let video = (0..240).map(|index| packet(Track::Video, index * 1000 / 24, 3125, index % 48 == 0));
    let audio = (0..430).map(|index| packet(Track::Audio, index * 1000 / 43, 372, true));
    video.chain(audio).map(|unit| muxer.tag(&unit)).collect()
}

fn demux(criterion: &mut Criterion) {
    let tags = tags();
    let mut group = criterion.benchmark_group("flv");
    group.throughput(Throughput::Bytes(tags.iter().map(|tag| tag.body.len() as u64).sum()));
    group.bench_function("reference: sum of all bytes", |bencher| {
        bencher
            .iter(|| tags.iter().flat_map(|tag| tag.body.iter()).map(|byte| u64::from(*byte)).sum::<u64>());
    });
    group.bench_function("demux", |bencher| {
        bencher.iter(|| {
            let mut demuxer = Demuxer::new();
            for tag in &tags {
                let _ = demuxer.push(black_box(tag));
            }
            std::iter::from_fn(|| demuxer.pull()).count()
        });
    });
    group.finish();
}

criterion_group!(benches, demux);
criterion_main!(benches);
