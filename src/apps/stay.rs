//! What somebody was let in to, and how hooks are told of it.

use std::sync::Arc;

use nginx_compat::callback::{Call, Event};
use nginx_compat::rtmp::Action;

use super::{AppSettings, call};
use crate::clients::Client;

/// What somebody was let in to.
#[derive(Debug, Clone)]
pub(super) struct Stay {
    pub(super) app: Arc<AppSettings>,
    /// As it stood in the address, or as a hook has it.
    pub(super) name: String,
    pub(super) arguments: Option<String>,
    pub(super) action: Action,
}

impl Stay {
    pub(super) fn call<'a>(&'a self, client: &'a Client, event: Event<'a>) -> Call<'a> {
        call(&self.app, client, event, self.arguments.as_deref())
    }

    /// That it is over, in the two ways in which hooks are told.
    pub(super) fn ends(&self) -> [Event<'_>; 2] {
        let name = &self.name;
        let done = match self.action {
            Action::Publish => Event::PublishDone { name },
            Action::Play => Event::PlayDone { name },
        };
        [done, Event::Done { name }]
    }
}
