//! What the server does at each command of an encoder or a player.

use super::role::Role;
use super::{ServerSession, replies};
use crate::amf0::Value;
use crate::message::Command;
use crate::{Error, Event};

impl ServerSession {
    pub(super) fn command(&mut self, stream_id: u32, command: Command) -> Result<(), Error> {
        match command.name.as_str() {
            "connect" => self.connect(command),
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

    fn create_stream(&mut self, command: &Command) -> Result<(), Error> {
        self.app("createStream")?;
        let limit = self.limits.message_streams;
        let Some(free) = (1..=limit as u32).find(|id| !self.streams.contains(id)) else {
            return Err(Error::limit("message streams", limit));
        };
        self.streams.insert(free);
        self.reply(0, &replies::stream_created(command, free));
        Ok(())
    }

    /// Whether the peer may ask for anything on this message stream; answers the application.
    pub(super) fn request(&mut self, command: &'static str, stream_id: u32) -> Result<String, Error> {
        let unexpected = |reason| Err(Error::Unexpected { command, reason });
        let app = self.app(command)?.to_owned();
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
