//! Any bytes as AMF0: what can be read can be written, and reads the same again.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use rtmp::Limits;
use rtmp::amf0::{Value, decode, encode};

fuzz_target!(|input: &[u8]| {
    let limits = Limits::default();
    let Ok(values) = decode(input, &limits) else { return };
    let once = written(&values);
    let again = decode(&once, &limits).expect("what we write can be read");
    // Compared as bytes, since NaN is not equal to itself.
    assert_eq!(written(&again), once);
});

fn written(values: &[Value]) -> BytesMut {
    let mut out = BytesMut::new();
    for value in values {
        encode(value, &mut out);
    }
    out
}
