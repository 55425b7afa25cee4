//! What somebody was let in to, and how hooks are told of it.

use std::path::Path;
use std::sync::Arc;

use super::{AppSettings, call};
use crate::clients::Client;
use crate::hooks::{Call, Kind};

/// What somebody was let in to.
#[derive(Debug, Clone)]
pub(super) struct Stay {
    pub(super) app: Arc<AppSettings>,
    pub(super) name: String,
    pub(super) arguments: Option<String>,
    pub(super) update: Kind,
    pub(super) done: Kind,
}

impl Stay {
    pub(super) fn call(&self, kind: Kind, client: &Client) -> Call {
        let about = call(kind, &self.app, client);
        about.with("name", &self.name).with_arguments(self.arguments.as_deref())
    }

    /// A file is complete.
    pub(super) fn record_done(&self, client: &Client, recorder: &str, path: &Path) -> Call {
        let about =
            call(Kind::RecordDone, &self.app, client).with("recorder", recorder).with("name", &self.name);
        about.with("path", path.display()).with_arguments(self.arguments.as_deref())
    }
}
