//! What the server does at each command of an encoder or a player.

use secrecy::SecretString;

use super::role::Role;
use super::{ServerSession, replies};
use crate::amf0::{Object, Value};
use crate::message::Command;
use crate::{Error, Event, Introduction, Rejection};

impl ServerSession {
    pub(super) fn command(&mut self, stream_id: u32, command: Command) -> Result<(), Error> {
        match command.name.as_str() {
            "connect" => self.connect(&command),
            "createStream" => self.create_stream(&command),
            "publish" => self.publish(stream_id, &command),
            "play" => self.play(stream_id, &command),
            // Ends with the stream it names, which is the only one in use.
            "FCUnpublish" | "closeStream" => {
                self.leave();
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
            _ => {
                self.while_playing(&command);
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
        self.writer.set_chunk_size(replies::CHUNK_SIZE, self.output.written());
        self.reply(0, &replies::connected(command));
        self.app = Some(app.clone());
        let nothing = Object::new();
        let object = command.object().unwrap_or(&nothing);
        let introduction = Introduction::read(app, object, self.limits.introduction);
        self.events.push_back(Event::Connected(Box::new(introduction)));
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
        let app = self.request("publish", stream_id)?;
        self.role = Role::AsksToPublish(stream_id);
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

    /// Whether the peer may ask for anything on this message stream; answers the application.
    pub(super) fn request(&mut self, command: &'static str, stream_id: u32) -> Result<String, Error> {
        let unexpected = |reason| Err(Error::Unexpected { command, reason });
        let Some(app) = self.app.clone() else { return unexpected("connect has to come first") };
        // Some encoders publish on the connection itself, which other servers let them do.
        if stream_id != 0 && !self.streams.contains(&stream_id) {
            return unexpected("createStream has to come first");
        }
        match self.role {
            Role::None => {}
            Role::AsksToPublish(_) | Role::Publishes(_) => return unexpected("the peer publishes already"),
            Role::AsksToPlay(_) | Role::Plays(_) => return unexpected("the peer plays already"),
        }
        // Counted over the whole connection, or guessing keys would cost no handshakes.
        self.requests += 1;
        if self.requests > self.limits.requests {
            return Err(Error::limit("requests to publish or play", self.limits.requests as usize));
        }
        Ok(app)
    }

    fn delete_stream(&mut self, command: &Command) {
        let Some(stream_id) = command.argument(0).and_then(Value::as_number).map(|id| id as u32) else {
            return;
        };
        self.streams.remove(&stream_id);
        // Who publishes on the connection itself means that with any number.
        let used = match self.role {
            Role::None => return,
            Role::AsksToPublish(id) | Role::Publishes(id) | Role::AsksToPlay(id) => id,
            Role::Plays(playing) => playing.stream_id,
        };
        if used == stream_id || used == 0 {
            self.leave();
        }
    }

    /// The peer is done with what it did, or with what it asked for.
    fn leave(&mut self) {
        let event = match std::mem::replace(&mut self.role, Role::None) {
            Role::None => return,
            Role::AsksToPublish(_) => Event::Unpublished,
            Role::Publishes(stream_id) => {
                self.reply(stream_id, &replies::unpublished());
                Event::Unpublished
            }
            Role::AsksToPlay(_) | Role::Plays(_) => Event::Stopped,
        };
        self.events.push_back(event);
    }
}
