//! What the server says, as media servers have always said it.

use bytes::BytesMut;

use crate::amf0::{self, Object, Value};
use crate::capabilities::{self, Role};
use crate::message::{Command, Message, MessageKind};
use crate::notices::RecordNotice;
use crate::rejection::{ConnectRejection, PlayRejection, Rejection};

/// Windows, before the answer to `connect`.
pub(super) fn greeting(window: u32) -> [Message; 2] {
    [Message::number(MessageKind::WindowSize, window), Message::peer_bandwidth(window)]
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

/// The other answer to `connect`. Where else to go stands in `ex`, as Flash Media Server has it.
pub(super) fn connect_rejected(connect: &Command, rejection: &ConnectRejection) -> Command {
    Command::new("_error", connect.transaction, [Value::Null, Value::Object(why_not(rejection))])
}

/// The same to a peer that has had its answer.
pub(super) fn disconnected(rejection: &ConnectRejection) -> Command {
    Command::new("onStatus", 0.0, [Value::Null, Value::Object(why_not(rejection))])
}

fn why_not(rejection: &ConnectRejection) -> Object {
    let info = Object::new()
        .with("level", "error")
        .with("code", rejection.code())
        .with("description", &*rejection.description());
    match rejection {
        ConnectRejection::Elsewhere(url) => {
            info.with("ex", Object::new().with("code", 302.0).with("redirect", url.as_str()))
        }
        _ => info,
    }
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

/// A recording of what is published.
pub(super) fn recorder(notice: RecordNotice, recorder: &str) -> Command {
    let (level, code) = match notice {
        RecordNotice::Start => ("status", "NetStream.Record.Start"),
        RecordNotice::Stop => ("status", "NetStream.Record.Stop"),
        RecordNotice::Failed => ("error", "NetStream.Record.Failed"),
    };
    Command::on_status(level, code, recorder)
}

/// Pictures come now.
pub(super) fn play_started() -> Command {
    Command::on_status("status", "NetStream.Play.Start", "Start live")
}

/// Flash players ask nobody else whether they may look into the pictures.
pub(super) fn sample_access(stream_id: u32) -> Message {
    let mut body = BytesMut::new();
    for value in [Value::from("|RtmpSampleAccess"), Value::Boolean(true), Value::Boolean(true)] {
        amf0::encode(&value, &mut body);
    }
    Message { kind: MessageKind::DataAmf0, stream_id, timestamp: 0, body: body.freeze() }
}

/// Go away.
pub(super) fn play_rejected(rejection: PlayRejection) -> Command {
    Command::on_status("error", rejection.code(), rejection.description())
}

pub(super) fn publisher_came() -> Command {
    Command::on_status("status", "NetStream.Play.PublishNotify", "Publishing goes on.")
}

pub(super) fn publisher_left() -> Command {
    Command::on_status("status", "NetStream.Play.UnpublishNotify", "Publishing has ended.")
}

/// Nobody publishes any more.
pub(super) fn play_ended() -> [Command; 2] {
    [publisher_left(), play_stopped()]
}

pub(super) fn play_stopped() -> Command {
    Command::on_status("status", "NetStream.Play.Stop", "Stop live")
}

pub(super) fn paused(is_paused: bool) -> Command {
    if is_paused {
        return Command::on_status("status", "NetStream.Pause.Notify", "Paused.");
    }
    Command::on_status("status", "NetStream.Unpause.Notify", "Goes on.")
}

/// The answer to `FCSubscribe`, which players of content delivery networks wait for before they play.
pub(super) fn subscribed() -> Command {
    Command { name: "onFCSubscribe".to_owned(), ..play_started() }
}

/// How long a stream is that is live: nobody knows.
pub(super) fn stream_length(question: &Command) -> Command {
    Command::new("_result", question.transaction, [Value::Null, Value::Number(0.0)])
}

/// Goodbye.
pub(super) fn unpublished() -> Command {
    Command::on_status("status", "NetStream.Unpublish.Success", "Publishing has ended.")
}
