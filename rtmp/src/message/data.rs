//! Data messages: a name such as `onMetaData`, and values.

use bytes::Bytes;

use super::{Message, MessageKind};
use crate::Limits;
use crate::amf0::{Reader, Value};

impl Message {
    /// What of a data message is for the stream's viewers, as an FLV file has it; only the name is read. `@setDataFrame` asks
    /// a server to keep what follows, and is taken off; other names with `@` are for servers. Names with `|`, and the
    /// `onStatus` that says that data begin (`NetStream.Data.Start`), are for the player alone.
    pub(crate) fn script(&self, limits: &Limits) -> Option<Bytes> {
        let mut body = self.body.clone();
        if self.kind == MessageKind::DataAmf3 && body.first() == Some(&0) {
            body = body.slice(1..);
        }
        let mut reader = Reader::new(&body, limits);
        match reader.next_value() {
            Ok(Some(Value::String(name))) if name == "@setDataFrame" => Some(body.slice(reader.offset()..)),
            Ok(Some(Value::String(name))) if name != "onStatus" && !name.starts_with(['@', '|']) => {
                Some(body)
            }
            _ => None,
        }
    }
}
