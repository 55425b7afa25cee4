//! Any bytes as an aggregate message, to a server that has accepted its publisher; the first four are its time. What is
//! handed on lies within the aggregate, and packed again gives the same.

#![no_main]

use bytes::{BufMut, Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use rtmp::message::{Message, MessageKind};

fuzz_target!(|input: &[u8]| {
    let Some((time, body)) = input.split_first_chunk() else { return };
    let timestamp = u32::from_be_bytes(*time);
    let body = Bytes::copy_from_slice(body);
    let length = body.len();
    let aggregate = Message { kind: MessageKind::Aggregate, stream_id: 1, timestamp, body };
    let messages: Vec<Message> = aggregate.clone().unpack().collect();
    assert!(messages.iter().map(|message| 11 + message.body.len()).sum::<usize>() <= length);
    assert!(messages.first().is_none_or(|first| first.timestamp == timestamp));
    let again: Vec<Message> = Message { body: pack(&messages), ..aggregate }.unpack().collect();
    assert_eq!(messages, again);
});

fn pack(messages: &[Message]) -> Bytes {
    let mut body = BytesMut::new();
    for message in messages {
        body.put_u8(message.kind.into());
        body.put_uint(message.body.len() as u64, 3);
        body.put_uint((message.timestamp & 0xff_ffff).into(), 3);
        body.put_u8((message.timestamp >> 24) as u8);
        body.put_uint(0, 3);
        body.put_slice(&message.body);
        body.put_u32(0);
    }
    body.freeze()
}
