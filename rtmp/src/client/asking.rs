//! The way to publishing or playing: `connect`, `createStream`, `publish` or `play`, and what the server says to each.

use secrecy::ExposeSecret as _;
use tracing::{debug, warn};

use super::ClientSession;
use super::state::{Purpose, State, transaction};
use crate::Error;
use crate::amf0::Value;
use crate::capabilities::Capabilities;
use crate::message::{Command, Message, MessageKind, UserControl};

/// Bytes after which the server says what it has: so often that a publisher who loses the connection knows what arrived, to a
/// quarter of a second of a thin stream.
const WINDOW: u32 = 16 << 10;

/// Milliseconds that a player wants to have ahead; servers of live streams do not mind.
const BUFFER: u32 = 1000;

impl ClientSession {
    pub(super) fn command(&mut self, command: &Command) -> Result<(), Error> {
        match (command.name.as_str(), self.state) {
            ("_result", State::Connecting) if is(command, transaction::CONNECT) => {
                let info = command.argument(0).and_then(Value::as_object);
                self.capabilities = info.map(Capabilities::read).unwrap_or_default();
                self.create_stream();
            }
            ("_result", State::Creating) if is(command, transaction::CREATE_STREAM) => {
                match command.argument(0).and_then(Value::as_number) {
                    Some(stream_id) => self.ask(stream_id as u32),
                    None => return Err(self.refused(command)),
                }
            }
            ("_error", State::Connecting) if is(command, transaction::CONNECT) => {
                return Err(self.refused(command));
            }
            ("_error", State::Creating) if is(command, transaction::CREATE_STREAM) => {
                return Err(self.refused(command));
            }
            ("_error", State::Asking(_)) if is(command, transaction::ASK) => {
                return Err(self.refused(command));
            }
            ("onStatus", state) => self.status(command, state)?,
            ("close", _) => return Err(self.refused(command)),
            // Among them errors of `releaseStream` and `FCPublish`: many servers do not know these.
            (name, _) => debug!(name, "ignored a command"),
        }
        Ok(())
    }

    fn status(&mut self, command: &Command, state: State) -> Result<(), Error> {
        let info = command.argument(0).and_then(Value::as_object);
        let text = |name| info.and_then(|info| info.text(name)).unwrap_or_default();
        match (state, text("code")) {
            (State::Asking(stream_id), "NetStream.Publish.Start" | "NetStream.Play.Start") => {
                self.state = State::Ready(stream_id);
            }
            (State::Ready(_), "NetStream.Play.UnpublishNotify" | "NetStream.Play.Stop") => {
                self.state = State::Ended;
            }
            _ if text("level") == "error" => return Err(self.refused(command)),
            (_, code) if text("level") == "warning" => {
                warn!(code, description = text("description"), "the server warns");
            }
            (_, code) => debug!(code, "ignored a status"),
        }
        Ok(())
    }

    fn create_stream(&mut self) {
        self.write(&Message::number(MessageKind::WindowSize, WINDOW));
        if self.purpose == Purpose::Publish {
            let key = Value::from(self.name.expose_secret());
            // As encoders do; servers that do not know these two answer with errors, which are ignored.
            self.call(0, "releaseStream", transaction::RELEASE_STREAM, [Value::Null, key.clone()]);
            self.call(0, "FCPublish", transaction::FC_PUBLISH, [Value::Null, key]);
        }
        self.call(0, "createStream", transaction::CREATE_STREAM, [Value::Null]);
        self.state = State::Creating;
    }

    fn ask(&mut self, stream_id: u32) {
        let name = Value::from(self.name.expose_secret());
        match self.purpose {
            Purpose::Publish => {
                let values = [Value::Null, name, Value::from("live")];
                self.call(stream_id, "publish", transaction::ASK, values);
            }
            Purpose::Play => {
                // What is live or else recorded, as players ask.
                let values = [Value::Null, name, Value::Number(-2000.0)];
                self.call(stream_id, "play", transaction::ASK, values);
                self.write(&UserControl::SetBufferLength(stream_id, BUFFER).message());
            }
        }
        self.state = State::Asking(stream_id);
    }

    /// Ends the session with the reason that the server gives.
    fn refused(&mut self, command: &Command) -> Error {
        let info = command.argument(0).and_then(Value::as_object);
        let text = |name| info.and_then(|info| info.text(name)).unwrap_or_default().to_owned();
        self.state = State::Ended;
        let description = text("description");
        // Where else to go is for a person to decide: a stream has another key there.
        let elsewhere = info.and_then(|info| info.get("ex")?.as_object()?.text("redirect"));
        let description = match elsewhere {
            Some(url) if description.is_empty() => format!("It is found at {url}."),
            Some(url) if !description.contains(url) => format!("{description} It is found at {url}."),
            _ => description,
        };
        Error::Refused { code: text("code"), description }
    }
}

/// An answer belongs to the question with the same number.
fn is(answer: &Command, transaction: f64) -> bool {
    (answer.transaction - transaction).abs() < 0.5
}
