//! Any bytes behind the handshake, in pieces of any one size, to a server that accepts whoever asks. The size is the
//! last byte, so that captures are inputs as they are.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rtmp::{Event, Limits, ServerSession};

fuzz_target!(|input: &[u8]| {
    let Some((piece, bytes)) = input.split_last() else { return };
    let limits = Limits::default();
    let mut session = ServerSession::new(limits.clone());
    for piece in bytes.chunks(usize::from(*piece).max(1)) {
        if session.push(piece).is_err() {
            assert!(session.has_ended());
            return;
        }
        while let Some(event) = session.poll_event() {
            match event {
                Event::PublishRequested { .. } => session.accept_publish(),
                Event::Tag(tag) => assert!(!tag.body.is_empty() && tag.body.len() <= limits.video_message),
                _ => {}
            }
        }
        assert!(session.take_output().len() <= limits.output + 256);
    }
});
