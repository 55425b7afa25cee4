//! What the server says, as media servers have always said it.

use crate::acknowledge::WINDOW;
use crate::amf0::{Object, Value};
use crate::capabilities::{self, Role};
use crate::event::Rejection;
use crate::message::{Command, Message, MessageKind};

/// Our chunks are few and small; one answer fits into one.
pub(super) const CHUNK_SIZE: usize = 4096;

/// Windows, before the answer to `connect`.
pub(super) fn greeting() -> [Message; 2] {
    [Message::number(MessageKind::WindowSize, WINDOW), Message::peer_bandwidth(WINDOW)]
}

/// The answer to `connect`. Enhanced RTMP is spoken of only with peers that speak of it.
pub(super) fn connected(connect: &Command) -> Command {
    let server = Object::new().with("fmsVer", "FMS/3,0,1,123").with("capabilities", 31.0);
    let mut info = Object::new()
        .with("level", "status")
        .with("code", "NetConnection.Connect.Success")
        .with("description", "Connection succeeded.")
        .with("objectEncoding", 0.0);
    if connect.object().is_some_and(capabilities::are_told) {
        info = capabilities::tell(info, Role::Server);
    }
    Command::new("_result", connect.transaction, [Value::Object(server), Value::Object(info)])
}

/// The answer to `createStream`.
pub(super) fn stream_created(question: &Command, stream_id: u32) -> Command {
    Command::new("_result", question.transaction, [Value::Null, Value::from(f64::from(stream_id))])
}

/// The answer to what has no answer of its own.
pub(super) fn done(question: &Command) -> Command {
    Command::new("_result", question.transaction, [Value::Null, Value::Undefined])
}

/// Send now.
pub(super) fn publish_started() -> Command {
    Command::on_status("status", "NetStream.Publish.Start", "Publishing.")
}

/// Go away.
pub(super) fn publish_rejected(rejection: &Rejection) -> Command {
    Command::on_status("error", rejection.code(), rejection.description())
}

/// Go on, but somebody should look at what is sent.
pub(super) fn bad_format(description: &str) -> Command {
    Command::on_status("warning", "NetStream.Publish.BadFormat", description)
}

/// Goodbye.
pub(super) fn unpublished() -> Command {
    Command::on_status("status", "NetStream.Unpublish.Success", "Publishing has ended.")
}
