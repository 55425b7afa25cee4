//! What a publication came to, for the log: one line at its end, as there is one at its beginning.

use std::sync::Arc;
use std::time::Instant;

use api::names::StreamName;

use crate::clients::Client;

/// Dropping it writes the line.
pub(super) struct Account {
    stream: StreamName,
    client: Arc<Client>,
    app: String,
    began: Instant,
    /// Bytes of the connection before.
    before: u64,
    why: &'static str,
}

impl Account {
    pub(super) fn new(stream: StreamName, client: &Arc<Client>, app: &str) -> Self {
        let before = client.traffic().received;
        let client = Arc::clone(client);
        Self {
            stream,
            client,
            app: app.to_owned(),
            began: Instant::now(),
            before,
            why: "the connection ended",
        }
    }

    /// Why it ends.
    pub(super) fn ends(&mut self, why: &'static str) {
        self.why = why;
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let seconds = self.began.elapsed().as_secs_f64();
        let bytes = self.client.traffic().received.saturating_sub(self.before);
        let Self { stream, client, app, why, .. } = self;
        tracing::info!(%stream, peer = %client.peer, app, seconds, bytes, why, "publisher gone");
    }
}
