//! Aggregate messages (specification 1.0, chapter 7.1.6): several messages in one, laid out like the tags of an FLV file.

use bytes::{Buf, Bytes};

use super::{Message, MessageKind};

/// Kind, length, timestamp, message stream.
const HEADER: usize = 11;
/// The length of the message before it, once more. Nobody reads backwards, so it is skipped unread.
const BACK_POINTER: usize = 4;

impl Message {
    /// The messages inside an aggregate, in order, up to the first that is cut short.
    ///
    /// Their times are moved so that the first of them is as late as the aggregate; relays write it with times of their
    /// own, or with zero. They belong to the aggregate's message stream, whatever they say themselves. Aggregates
    /// within aggregates are handed out as they are.
    pub fn unpack(self) -> impl Iterator<Item = Self> {
        let Self { stream_id, timestamp, body: mut rest, .. } = self;
        let mut shift = None;
        std::iter::from_fn(move || {
            let (kind, own, body) = take(&mut rest)?;
            // Times wrap, so the difference does, too.
            let shift = *shift.get_or_insert(timestamp.wrapping_sub(own));
            Some(Self { kind, stream_id, timestamp: own.wrapping_add(shift), body })
        })
    }
}

/// Takes one message off: its kind, its own time and its body.
fn take(rest: &mut Bytes) -> Option<(MessageKind, u32, Bytes)> {
    let [kind, l2, l1, l0, t2, t1, t0, t3, ..] = *rest.first_chunk::<HEADER>()?;
    rest.advance(HEADER);
    let length = u32::from_be_bytes([0, l2, l1, l0]) as usize;
    if length > rest.len() {
        rest.clear();
        return None;
    }
    let body = rest.split_to(length);
    rest.advance(BACK_POINTER.min(rest.len()));
    Some((kind.into(), u32::from_be_bytes([t3, t2, t1, t0]), body))
}

#[cfg(test)]
mod tests {
    use bytes::{BufMut, BytesMut};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn pack(messages: &[(u8, u32, Vec<u8>)], timestamp: u32, back_pointer: u32) -> Message {
        let mut body = BytesMut::new();
        for (kind, time, data) in messages {
            body.put_u8(*kind);
            body.put_uint(data.len() as u64, 3);
            body.put_uint((time & 0xff_ffff).into(), 3);
            body.put_u8((time >> 24) as u8);
            body.put_uint(77, 3);
            body.put_slice(data);
            body.put_u32(back_pointer);
        }
        Message { kind: MessageKind::Aggregate, stream_id: 1, timestamp, body: body.freeze() }
    }

    fn unpacked(aggregate: Message) -> Vec<(u8, u32, Vec<u8>)> {
        let told = |message: Message| {
            assert_eq!(message.stream_id, 1, "the aggregate's stream counts");
            (message.kind.into(), message.timestamp, message.body.to_vec())
        };
        aggregate.unpack().map(told).collect()
    }

    #[test]
    fn times_are_moved_to_those_of_the_aggregate() {
        let tags = |first: u32| {
            [(9, first, vec![1]), (8, first.wrapping_add(23), vec![2]), (18, first.wrapping_add(40), vec![])]
        };
        for (own, aggregate) in [(0, 5000), (5000, 5000), (70_000, 12), (u32::MAX - 10, 3), (7, u32::MAX - 9)]
        {
            let found = unpacked(pack(&tags(own), aggregate, 0));
            assert_eq!(found, tags(aggregate), "{own} at {aggregate}");
        }
    }

    #[test]
    fn what_is_cut_short_ends_it() {
        let tags = [(9, 0, vec![1, 2, 3]), (8, 23, vec![4, 5])];
        let whole = pack(&tags, 0, u32::MAX);
        for length in 0..whole.body.len() {
            let body = whole.body.slice(..length);
            // 11 bytes before each body; the back pointers, 4 bytes each, are not missed.
            let expected = usize::from(length >= 14) + usize::from(length >= 14 + 4 + 13);
            assert_eq!(unpacked(Message { body, ..whole.clone() }), tags[..expected], "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_the_same(
            tags in vec((any::<u8>(), any::<u32>(), vec(any::<u8>(), 0..40)), 0..20),
            back_pointer in any::<u32>(),
        ) {
            let first = tags.first().map_or(0, |tag| tag.1);
            prop_assert_eq!(unpacked(pack(&tags, first, back_pointer)), tags);
        }

        #[test]
        fn any_bytes_are_taken_apart(bytes in vec(any::<u8>(), 0..2000), timestamp in any::<u32>()) {
            let body = Bytes::from(bytes);
            let length = body.len();
            let aggregate = Message { kind: MessageKind::Aggregate, stream_id: 1, timestamp, body };
            let bodies: usize = unpacked(aggregate).iter().map(|(_, _, body)| HEADER + body.len()).sum();
            prop_assert!(bodies <= length);
        }
    }
}
