//! While somebody publishes or plays, hooks are asked again; when it is over, they are told.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::outputs::Outputs;
use super::stay::Stay;
use super::{AppSettings, call};
use crate::clients::Client;
use crate::hooks::{Answer, Caller, Kind};

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
        for kind in [self.stay.done, Kind::Done] {
            self.caller.tell(hooks, self.stay.call(kind, &self.client));
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
}

impl Drop for Gone {
    fn drop(&mut self) {
        // The application twice, as there.
        let about = call(Kind::Disconnect, &self.app, &self.client).with("app", &self.app.name);
        self.caller.tell(&self.app.hooks, about.with_arguments(self.arguments.as_deref()));
    }
}

/// Asks every now and then, until the answer ends the connection. A hook that is down ends it as well, as there.
async fn update(stay: Stay, caller: Caller, client: Arc<Client>) {
    let began = Instant::now();
    let hooks = &stay.app.hooks;
    loop {
        tokio::time::sleep(hooks.update_every).await;
        let seconds = began.elapsed().as_secs();
        let about = call(stay.update, &stay.app, &client).with("time", seconds);
        let about = about.with("timestamp", began.elapsed().as_millis()).with("name", &stay.name);
        let answer = caller.ask(hooks, &about.with_arguments(stay.arguments.as_deref())).await;
        let goes_on = match &answer {
            Ok(Answer::Allow) => true,
            Ok(Answer::Redirect(_)) => !hooks.update_strict,
            Ok(Answer::Deny) | Err(_) => false,
        };
        if !goes_on {
            tracing::info!(app = stay.app.name, name = stay.name, peer = %client.peer, "ended by the hook for updates");
            return client.end();
        }
    }
}
