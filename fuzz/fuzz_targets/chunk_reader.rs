//! Any bytes as chunks: what is held stays within the limit, and the pieces that bytes come in do not matter.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rtmp::chunk::ChunkReader;
use rtmp::message::Message;
use rtmp::{Error, Limits};

fuzz_target!(|input: &[u8]| {
    let limits = Limits { assembling: 64 << 10, ..Limits::default() };
    let whole = read(&limits, input, input.len().max(1));
    let bytewise = read(&limits, input, 1);
    assert_eq!(whole, bytewise);
});

/// All messages up to the end or the error.
fn read(limits: &Limits, bytes: &[u8], piece: usize) -> (Vec<Message>, Option<Error>) {
    let mut reader = ChunkReader::new(limits);
    let mut messages = Vec::new();
    for mut input in bytes.chunks(piece) {
        loop {
            match reader.read(&mut input) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
            assert!(reader.unfinished() <= limits.assembling);
        }
        assert!(input.is_empty());
    }
    (messages, None)
}
