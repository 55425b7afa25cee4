//! What comes from a container, before anybody has looked into it.

use bytes::Bytes;

use crate::time::MediaTime;

/// What came in one message: as a rule what one picture is coded in.
#[derive(Clone, Debug)]
pub struct Coded {
    pub dts: MediaTime,
    pub pts: MediaTime,
    /// The container says that decoding can start here.
    pub key: bool,
    /// As the container has it: NAL units behind lengths or start codes, OBUs.
    pub data: Bytes,
}
