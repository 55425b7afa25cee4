//! A peer that connects.

use std::mem;

use super::door::{Asked, Connecting};
use super::{ServerSession, replies};
use crate::amf0::Object;
use crate::message::Command;
use crate::{ConnectRejection, Error, Event, Introduction};

impl ServerSession {
    /// Lets the peer connect, and reads what it has said meanwhile, with the errors of [`push`](Self::push). Does nothing unless
    /// it is waiting.
    pub fn accept_connect(&mut self) -> Result<(), Error> {
        let asked = match mem::replace(&mut self.connecting, Connecting::Deferred) {
            Connecting::Asked(asked) if !self.ended => asked,
            other => {
                self.connecting = other;
                return Ok(());
            }
        };
        self.welcome(asked.app, &asked.connect);
        let result = self.read(&asked.held);
        if result.is_err() {
            self.end();
        }
        result
    }

    /// Turns the peer away, also one that has connected, and ends the session.
    pub fn reject_connect(&mut self, rejection: &ConnectRejection) {
        match &self.connecting {
            _ if self.ended => return,
            Connecting::Asked(asked) => {
                let answer = replies::connect_rejected(&asked.connect, rejection);
                self.reply(0, &answer);
            }
            Connecting::Done(_) => self.reply(0, &replies::disconnected(rejection)),
            _ => return,
        }
        self.end();
    }

    /// The application that the peer has connected to.
    pub(super) fn app(&self, command: &'static str) -> Result<&str, Error> {
        match &self.connecting {
            Connecting::Done(app) => Ok(app),
            _ => Err(Error::Unexpected { command, reason: "connect has to come first" }),
        }
    }

    pub(super) fn connect(&mut self, command: Command) -> Result<(), Error> {
        let app = command.object().and_then(|object| object.text("app")).unwrap_or_default();
        if app.len() > self.limits.app_name {
            return Err(Error::limit("bytes of application name", self.limits.app_name));
        }
        let app = app.trim_matches('/').to_owned();
        let nothing = Object::new();
        let object = command.object().unwrap_or(&nothing);
        let introduction = Introduction::read(app.clone(), object, self.limits.introduction);
        match self.connecting {
            Connecting::AtOnce => self.welcome(app, &command),
            Connecting::Deferred => {
                self.connecting = Connecting::Asked(Asked { app, connect: command, held: Vec::new() });
            }
            Connecting::Asked(_) | Connecting::Done(_) => {
                return Err(Error::Unexpected { command: "connect", reason: "the peer is connected" });
            }
        }
        self.events.push_back(Event::Connected(Box::new(introduction)));
        Ok(())
    }

    fn welcome(&mut self, app: String, connect: &Command) {
        for message in replies::greeting(self.limits.window) {
            self.send(message);
        }
        // Before the answer, which fits into one chunk then.
        self.writer.set_chunk_size(self.limits.chunk_size, self.output.written());
        self.reply(0, &replies::connected(connect));
        self.connecting = Connecting::Done(app);
    }
}
