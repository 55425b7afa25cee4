//! User control messages (specification 1.0, chapter 7.1.7).

use bytes::{BufMut, BytesMut};

use super::{Message, MessageKind};

/// The events that we need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserControl {
    StreamBegin(u32),
    /// Nothing follows on this stream.
    StreamEof(u32),
    /// How many milliseconds a player wants to have ahead on a stream.
    SetBufferLength(u32, u32),
    /// Answer with the same number.
    PingRequest(u32),
    PingResponse(u32),
}

impl UserControl {
    const STREAM_BEGIN: u16 = 0;
    const STREAM_EOF: u16 = 1;
    const SET_BUFFER_LENGTH: u16 = 3;
    const PING_REQUEST: u16 = 6;
    const PING_RESPONSE: u16 = 7;

    /// Reads the body of a user control message; none for events that do not concern us or are cut short.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let (event, rest) = body.split_first_chunk()?;
        let number = u32::from_be_bytes(*rest.first_chunk()?);
        match u16::from_be_bytes(*event) {
            Self::STREAM_BEGIN => Some(Self::StreamBegin(number)),
            Self::STREAM_EOF => Some(Self::StreamEof(number)),
            Self::PING_REQUEST => Some(Self::PingRequest(number)),
            Self::PING_RESPONSE => Some(Self::PingResponse(number)),
            _ => None,
        }
    }

    pub fn message(self) -> Message {
        let event = match self {
            Self::StreamBegin(_) => Self::STREAM_BEGIN,
            Self::StreamEof(_) => Self::STREAM_EOF,
            Self::SetBufferLength(..) => Self::SET_BUFFER_LENGTH,
            Self::PingRequest(_) => Self::PING_REQUEST,
            Self::PingResponse(_) => Self::PING_RESPONSE,
        };
        let (Self::StreamBegin(number)
        | Self::StreamEof(number)
        | Self::SetBufferLength(number, _)
        | Self::PingRequest(number)
        | Self::PingResponse(number)) = self;
        let mut body = BytesMut::with_capacity(10);
        body.put_u16(event);
        body.put_u32(number);
        if let Self::SetBufferLength(_, length) = self {
            body.put_u32(length);
        }
        Message { kind: MessageKind::UserControl, stream_id: 0, timestamp: 0, body: body.freeze() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_survive_the_round_trip() {
        for event in
            [UserControl::StreamBegin(1), UserControl::PingRequest(70_000), UserControl::PingResponse(2)]
        {
            assert_eq!(UserControl::parse(&event.message().body), Some(event));
        }
    }

    #[test]
    fn unknown_and_short_events_are_nothing() {
        for body in
            [&[][..], &[0], &[0, 6, 0, 0, 0], &[0, 31, 0, 0, 0, 1], &[0, 3, 0, 0, 0, 1, 0, 0, 11, 184]]
        {
            assert_eq!(UserControl::parse(body), None);
        }
    }
}
