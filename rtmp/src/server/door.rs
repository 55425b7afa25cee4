//! How far a peer is that connects.

use std::fmt;

use crate::message::Command;
use crate::{Error, Limits};

#[derive(Debug)]
pub(super) enum Connecting {
    /// It will be let in without a question.
    AtOnce,
    /// The owner will be asked.
    Deferred,
    /// The owner has been asked.
    Asked(Asked),
    /// It is let in, to this application.
    Done(String),
}

/// What is to be answered, and what has come behind it.
pub(super) struct Asked {
    pub(super) app: String,
    pub(super) connect: Command,
    pub(super) held: Vec<u8>,
}

impl Asked {
    /// Keeps what a peer says that does not wait for its answer.
    pub(super) fn hold(&mut self, input: &[u8], limits: &Limits) -> Result<(), Error> {
        if self.held.len() + input.len() > limits.early {
            return Err(Error::limit("bytes before the answer to connect", limits.early));
        }
        self.held.extend_from_slice(input);
        Ok(())
    }
}

/// What has come stays out of it: stream keys may be in there.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asked({:?}, {} bytes held)", self.app, self.held.len())
    }
}
