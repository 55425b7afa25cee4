//! RTMP chunks: bytes to messages. Reference in the same run: copying the same bytes once.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rtmp::Limits;
use rtmp::chunk::{ChunkReader, ChunkStreamId, ChunkWriter};
use rtmp::message::{Message, MessageKind};

/// Ten seconds of a stream at 600 kbit/s, in chunks of 4096 bytes as OBS sends them.
fn wire() -> Bytes {
    let (mut writer, mut out) = (ChunkWriter::default(), BytesMut::new());
    writer.set_chunk_size(4096, &mut out);
    for index in 0..240_u32 {
        let message = Message {
            kind: MessageKind::Video,
            timestamp: index * 1000 / 24,
            stream_id: 1,
            body: Bytes::from(vec![0x27; 3125]),
        };
        writer.write(ChunkStreamId::VIDEO, &message, &mut out);
    }
    out.freeze()
}

fn read(criterion: &mut Criterion) {
    let wire = wire();
    let mut group = criterion.benchmark_group("chunk");
    group.throughput(Throughput::Bytes(wire.len() as u64));
    group.bench_function("reference: one copy", |bencher| bencher.iter(|| black_box(&wire).to_vec()));
    group.bench_function("read", |bencher| {
        bencher.iter_batched(
            || ChunkReader::new(&Limits::default()),
            |mut reader| {
                let (mut rest, mut messages) = (&wire[..], 0);
                while let Ok(Some(_)) = reader.read(&mut rest) {
                    messages += 1;
                }
                messages
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
