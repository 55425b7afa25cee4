//! A peer that publishes.

use secrecy::SecretString;

use super::role::Role;
use super::{ServerSession, replies};
use crate::amf0::Value;
use crate::message::{Command, UserControl};
use crate::{Error, Event, RecordNotice, Rejection};

impl ServerSession {
    /// Lets the peer publish. Does nothing unless it is asking to.
    pub fn accept_publish(&mut self) {
        if let Role::AsksToPublish(stream_id) = self.role {
            self.role = Role::Publishes(stream_id);
            self.send(UserControl::StreamBegin(stream_id).message());
            self.reply(stream_id, &replies::publish_started());
        }
    }

    /// Turns the peer away, also one that publishes already, and ends the session: encoders wait for ever if the
    /// connection stays open.
    pub fn reject_publish(&mut self, rejection: &Rejection) {
        if let Role::AsksToPublish(stream_id) | Role::Publishes(stream_id) = self.role {
            self.role = Role::None;
            self.reply(stream_id, &replies::publish_rejected(rejection));
            self.end();
        }
    }

    /// Tells the publisher that something of what it sends cannot be used, while the rest goes on.
    pub fn warn_publisher(&mut self, description: &str) {
        if let Role::Publishes(stream_id) = self.role {
            self.reply(stream_id, &replies::bad_format(description));
        }
    }

    /// Tells the publisher of a recorder.
    pub fn tell_recorder(&mut self, notice: RecordNotice, recorder: &str) {
        if let Role::Publishes(stream_id) = self.role {
            self.reply(stream_id, &replies::recorder(notice, recorder));
        }
    }

    pub(super) fn publish(&mut self, stream_id: u32, command: &Command) -> Result<(), Error> {
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
}
