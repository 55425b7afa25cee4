//! What the server does at each command of an encoder.

use secrecy::SecretString;
use tracing::debug;

use super::{Publication, ServerSession, replies};
use crate::amf0::Value;
use crate::message::Command;
use crate::{Error, Event, Rejection};

impl ServerSession {
    pub(super) fn command(&mut self, stream_id: u32, command: Command) -> Result<(), Error> {
        match command.name.as_str() {
            "connect" => self.connect(&command),
            "createStream" => self.create_stream(&command),
            "publish" => self.publish(stream_id, &command),
            // Ends with the stream it names, which is the only one that is published.
            "FCUnpublish" | "closeStream" => {
                self.unpublish();
                Ok(())
            }
            "deleteStream" => {
                self.delete_stream(&command);
                Ok(())
            }
            "releaseStream" | "FCPublish" => {
                self.reply(0, &replies::done(&command));
                Ok(())
            }
            name => {
                debug!(name, "ignored a command");
                Ok(())
            }
        }
    }

    fn connect(&mut self, command: &Command) -> Result<(), Error> {
        if self.app.is_some() {
            return Err(Error::Unexpected { command: "connect", reason: "the peer is connected" });
        }
        let app = command.object().and_then(|object| object.text("app")).unwrap_or_default();
        if app.len() > self.limits.app_name {
            return Err(Error::limit("bytes of application name", self.limits.app_name));
        }
        let app = app.trim_matches('/').to_owned();
        for message in replies::greeting() {
            self.send(message);
        }
        // Before the answer, which fits into one chunk then.
        self.writer.set_chunk_size(replies::CHUNK_SIZE, &mut self.output);
        self.reply(0, &replies::connected(command));
        self.app = Some(app.clone());
        self.events.push_back(Event::Connected { app });
        Ok(())
    }

    fn create_stream(&mut self, command: &Command) -> Result<(), Error> {
        if self.app.is_none() {
            return Err(Error::Unexpected { command: "createStream", reason: "connect has to come first" });
        }
        let limit = self.limits.message_streams;
        let Some(free) = (1..=limit as u32).find(|id| !self.streams.contains(id)) else {
            return Err(Error::limit("message streams", limit));
        };
        self.streams.insert(free);
        self.reply(0, &replies::stream_created(command, free));
        Ok(())
    }

    fn publish(&mut self, stream_id: u32, command: &Command) -> Result<(), Error> {
        let unexpected = |reason| Err(Error::Unexpected { command: "publish", reason });
        let Some(app) = self.app.clone() else { return unexpected("connect has to come first") };
        // Some encoders publish on the connection itself, which other servers let them do.
        if stream_id != 0 && !self.streams.contains(&stream_id) {
            return unexpected("createStream has to come first");
        }
        if self.publication != Publication::None {
            return unexpected("the peer publishes already");
        }
        // Counted over the whole connection, or guessing keys would cost no handshakes.
        self.publishes += 1;
        if self.publishes > self.limits.publishes {
            return Err(Error::limit("publish requests", self.limits.publishes as usize));
        }
        self.publication = Publication::Requested(stream_id);
        match command.argument(0).and_then(Value::as_str) {
            Some(key) => {
                let key = SecretString::from(key.to_owned());
                self.events.push_back(Event::PublishRequested { app, key });
            }
            // What is no key at all opens no stream either.
            None => self.reject_publish(&Rejection::BadKey),
        }
        Ok(())
    }

    fn delete_stream(&mut self, command: &Command) {
        let Some(stream_id) = command.argument(0).and_then(Value::as_number).map(|id| id as u32) else {
            return;
        };
        self.streams.remove(&stream_id);
        // Who publishes on the connection itself means that with any number.
        if matches!(self.publication, Publication::Requested(id) | Publication::Accepted(id) if id == stream_id || id == 0)
        {
            self.unpublish();
        }
    }

    fn unpublish(&mut self) {
        match std::mem::replace(&mut self.publication, Publication::None) {
            Publication::None => return,
            Publication::Requested(_) => {}
            Publication::Accepted(stream_id) => self.reply(stream_id, &replies::unpublished()),
        }
        self.events.push_back(Event::Unpublished);
    }
}
