//! While somebody publishes or plays, hooks are asked again; when it is over, they are told.

use std::sync::Arc;
use std::time::Instant;

use nginx_compat::callback::{Answer, Event};
use tokio::task::JoinSet;

use super::access_log::AccessLog;
use super::outputs::Outputs;
use super::stay::Stay;
use super::{AppSettings, call};
use crate::clients::Client;
use crate::hooks::Caller;

/// Dropping it tells the hooks.
#[derive(Debug)]
pub(super) struct Leaving {
    stay: Stay,
    caller: Caller,
    client: Arc<Client>,
    _updates: JoinSet<()>,
    _outputs: Option<Outputs>,
}

impl Leaving {
    pub(super) fn new(stay: Stay, caller: Caller, client: &Arc<Client>, outputs: Option<Outputs>) -> Self {
        let client = Arc::clone(client);
        let mut updates = JoinSet::new();
        if stay.app.hooks.update.is_some() {
            updates.spawn(update(stay.clone(), caller.clone(), Arc::clone(&client)));
        }
        Self { stay, caller, client, _updates: updates, _outputs: outputs }
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let hooks = &self.stay.app.hooks;
        for event in self.stay.ends() {
            self.caller.tell(hooks, &self.stay.call(&self.client, event));
        }
    }
}

/// Somebody who has connected; dropping it tells that the connection has ended.
#[derive(Debug)]
pub(super) struct Gone {
    pub(super) app: Arc<AppSettings>,
    pub(super) arguments: Option<String>,
    pub(super) caller: Caller,
    pub(super) client: Arc<Client>,
    pub(super) access_log: AccessLog,
}

impl Drop for Gone {
    fn drop(&mut self) {
        if let Some(settings) = &self.app.access_log {
            self.access_log.ended(settings, &self.app.name, &self.client);
        }
        let about = call(&self.app, &self.client, Event::Disconnect, self.arguments.as_deref());
        self.caller.tell(&self.app.hooks, &about);
    }
}

/// Asks every now and then, until the answer ends the connection. A hook that is down ends it as well, as there.
async fn update(stay: Stay, caller: Caller, client: Arc<Client>) {
    let began = Instant::now();
    let hooks = &stay.app.hooks;
    loop {
        tokio::time::sleep(hooks.update_every).await;
        let event = Event::Update {
            action: stay.action,
            name: &stay.name,
            seconds: began.elapsed().as_secs(),
            timestamp: began.elapsed().as_millis() as u32,
        };
        if !matches!(caller.ask(hooks, &stay.call(&client, event)).await, Ok(Answer::Allow)) {
            tracing::info!(app = stay.app.name, name = stay.name, peer = %client.peer, "ended by the hook for updates");
            return client.end();
        }
    }
}
