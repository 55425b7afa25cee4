//! Commands: a name, a transaction number and AMF0 values (specification 1.0, chapter 7.2).

use std::fmt;

use bytes::BytesMut;

use super::{Message, MessageKind};
use crate::amf0::{self, Object, Value};
use crate::{Error, Limits};

#[derive(Clone, PartialEq)]
pub struct Command {
    /// `connect`, `publish`, `_result`, `onStatus`, ...
    pub name: String,
    /// Number by which the answer finds its question; 0 wants no answer.
    pub transaction: f64,
    /// Command object and arguments, in the order of the wire.
    pub values: Vec<Value>,
}

impl Command {
    /// A command with its values; the command object is the first of them.
    pub fn new(name: &str, transaction: f64, values: impl Into<Vec<Value>>) -> Self {
        Self { name: name.to_owned(), transaction, values: values.into() }
    }

    /// `onStatus` with level, code and description.
    pub fn on_status(level: &str, code: &str, description: &str) -> Self {
        let info = Object::new().with("level", level).with("code", code).with("description", description);
        Self::new("onStatus", 0.0, [Value::Null, Value::Object(info)])
    }

    /// Reads the body of a command message. A value of unknown type ends the arguments, it does not spoil the command.
    pub fn parse(message: &Message, limits: &Limits) -> Result<Self, Error> {
        let body = match message.kind {
            // An AMF3 command that begins with zero goes on in AMF0, and nobody sends the other kind.
            MessageKind::CommandAmf3 => message.body.strip_prefix(&[0]).unwrap_or(&message.body),
            _ => &message.body[..],
        };
        let mut values = amf0::decode(body, limits)?.into_iter();
        let Some(Value::String(name)) = values.next() else {
            return Err(Error::malformed("a command does not start with its name"));
        };
        let transaction = values.next().and_then(|value| value.as_number()).unwrap_or_default();
        Ok(Self { name, transaction, values: values.collect() })
    }

    pub fn message(&self, stream_id: u32) -> Message {
        let mut body = BytesMut::new();
        amf0::encode(&Value::from(self.name.as_str()), &mut body);
        amf0::encode(&Value::Number(self.transaction), &mut body);
        for value in &self.values {
            amf0::encode(value, &mut body);
        }
        Message { kind: MessageKind::CommandAmf0, stream_id, timestamp: 0, body: body.freeze() }
    }

    /// The command object, or an answer's properties.
    pub fn object(&self) -> Option<&Object> {
        self.values.first().and_then(Value::as_object)
    }

    /// An argument, counted from 0 behind the command object.
    pub fn argument(&self, index: usize) -> Option<&Value> {
        self.values.get(index + 1)
    }
}

/// Values stay out of it: stream keys travel in arguments.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("name", &self.name)
            .field("transaction", &self.transaction)
            .finish_non_exhaustive()
    }
}
