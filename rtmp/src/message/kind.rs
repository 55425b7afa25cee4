//! Message type ids.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// 1: bytes per chunk from here on.
    SetChunkSize,
    /// 2: the unfinished message of a chunk stream will not be finished.
    Abort,
    /// 3: bytes received so far.
    Acknowledgement,
    /// 4: stream begin, ping and other events.
    UserControl,
    /// 5: after how many bytes the sender wants an acknowledgement.
    WindowSize,
    /// 6: limit of the sender's output.
    PeerBandwidth,
    /// 8: body of an FLV audio tag.
    Audio,
    /// 9: body of an FLV video tag.
    Video,
    /// 15: data, AMF3 or AMF0 behind a zero byte.
    DataAmf3,
    /// 17: command, AMF3 or AMF0 behind a zero byte.
    CommandAmf3,
    /// 18: data such as `onMetaData`.
    DataAmf0,
    /// 20: command such as `connect`.
    CommandAmf0,
    /// 22: several FLV tags in one message.
    Aggregate,
    /// Anything else; ignored.
    Other(u8),
}

impl From<u8> for MessageKind {
    fn from(id: u8) -> Self {
        match id {
            1 => Self::SetChunkSize,
            2 => Self::Abort,
            3 => Self::Acknowledgement,
            4 => Self::UserControl,
            5 => Self::WindowSize,
            6 => Self::PeerBandwidth,
            8 => Self::Audio,
            9 => Self::Video,
            15 => Self::DataAmf3,
            17 => Self::CommandAmf3,
            18 => Self::DataAmf0,
            20 => Self::CommandAmf0,
            22 => Self::Aggregate,
            other => Self::Other(other),
        }
    }
}

impl From<MessageKind> for u8 {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::SetChunkSize => 1,
            MessageKind::Abort => 2,
            MessageKind::Acknowledgement => 3,
            MessageKind::UserControl => 4,
            MessageKind::WindowSize => 5,
            MessageKind::PeerBandwidth => 6,
            MessageKind::Audio => 8,
            MessageKind::Video => 9,
            MessageKind::DataAmf3 => 15,
            MessageKind::CommandAmf3 => 17,
            MessageKind::DataAmf0 => 18,
            MessageKind::CommandAmf0 => 20,
            MessageKind::Aggregate => 22,
            MessageKind::Other(other) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_survives_the_round_trip() {
        for id in 0..=u8::MAX {
            assert_eq!(u8::from(MessageKind::from(id)), id);
        }
    }
}
