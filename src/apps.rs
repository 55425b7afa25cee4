//! Applications: the APP of `rtmp://HOST/APP/NAME`. Each says who may publish and play there, whom to ask, and where else its
//! streams go.
//!
//! Without any configured application every name of one will do, and keys alone decide.

mod access_log;
mod admit;
mod fetch;
mod leave;
mod order;
mod outputs;
mod pull;
mod recorders;
mod redirect;
pub mod rules;
mod stay;
#[cfg(test)]
mod tests;
mod vod;

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use nginx_compat::callback::{Answer, Call, Event, Peer};
use parking_lot::{Mutex, RwLock};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clients::{Client, Clients};
use crate::hooks::{Caller, HookSettings};
use crate::ingest::PlayerSettings;
use crate::out::dash::{self, DashSettings};
use crate::out::files::{self, FilesSettings};
use crate::out::record::RecordSettings;
use crate::out::relay::RelaySettings;
use crate::streams::Streams;

use access_log::AccessLog;
use pull::Pull;
use recorders::Recorders;

pub use access_log::AccessLogSettings;
pub use order::RecordOrder;
pub use pull::PullSettings;
pub use rules::{Rule, Rules};
pub use vod::VodPlace;

/// How often folders are swept.
const SWEEP: Duration = Duration::from_secs(5);

/// One application.
#[derive(Debug, Clone, PartialEq)]
pub struct AppSettings {
    /// As it stands in the address.
    pub name: String,
    pub publish: Publish,
    pub publish_rules: Rules,
    /// How long a publisher may send neither sound nor pictures, if not as long as others.
    pub idle_publisher: Option<Duration>,
    /// Whether players are let in over RTMP.
    pub play: bool,
    pub play_rules: Rules,
    /// How they are treated.
    pub players: PlayerSettings,
    pub hooks: HookSettings,
    /// HLS on disk, of every publication.
    pub files: Option<FilesSettings>,
    /// DASH on disk.
    pub dash: Option<DashSettings>,
    /// A line for every connection.
    pub access_log: Option<AccessLogSettings>,
    /// What is written to disk of every publication.
    pub record: Vec<RecordSettings>,
    /// Where every publication is pushed to.
    pub push: Vec<RelaySettings>,
    /// Where streams are fetched from.
    pub pull: Vec<PullSettings>,
    /// Where recordings are looked for that players ask for, the first one first.
    pub vod: Vec<VodPlace>,
    /// How far ahead of its time a recording is sent.
    pub vod_ahead: Duration,
}

/// What somebody has to have who publishes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Publish {
    /// The key of a configured stream.
    #[default]
    Keys,
    /// Nothing: the name makes the stream. Rules and hooks decide.
    Open,
    Off,
}

impl AppSettings {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            publish: Publish::Keys,
            publish_rules: Rules::default(),
            idle_publisher: None,
            play: true,
            play_rules: Rules::default(),
            players: PlayerSettings::default(),
            hooks: HookSettings::default(),
            files: None,
            dash: None,
            access_log: None,
            record: Vec::new(),
            push: Vec::new(),
            pull: Vec::new(),
            vod: Vec::new(),
            vod_ahead: Duration::from_secs(1),
        }
    }
}

/// All applications of the server.
#[derive(Debug)]
pub struct Applications {
    all: RwLock<Arc<[Arc<AppSettings>]>>,
    streams: Arc<Streams>,
    caller: Caller,
    clients: Arc<Clients>,
    /// Recorders and relays that have not ended.
    outputs: TaskTracker,
    access_log: AccessLog,
    /// Recordings that may be played.
    vod: Arc<Semaphore>,
    /// Of all publications.
    recorders: Mutex<Vec<Weak<Recorders>>>,
    /// Streams that are fetched.
    pulls: Mutex<Vec<Pull>>,
    end: CancellationToken,
    me: Weak<Self>,
}

impl Applications {
    pub fn new(
        settings: Vec<AppSettings>,
        streams: Arc<Streams>,
        caller: Caller,
        clients: Arc<Clients>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            all: RwLock::new(settings.into_iter().map(Arc::new).collect()),
            streams,
            caller,
            clients,
            outputs: TaskTracker::new(),
            access_log: AccessLog::default(),
            vod: Arc::new(Semaphore::new(vod::MOST)),
            recorders: Mutex::default(),
            pulls: Mutex::default(),
            end: CancellationToken::new(),
            me: me.clone(),
        })
    }

    /// Fetches nothing any more.
    pub fn end_pulls(&self) {
        self.end.cancel();
    }

    /// Sweeps folders of HLS files for as long as there are applications: a stream that has ended leaves files behind.
    pub fn keep_clean(self: &Arc<Self>) -> io::Result<()> {
        let applications = Arc::downgrade(self);
        let sweep = move || {
            while let Some(applications) = applications.upgrade() {
                let all = Arc::clone(&applications.all.read());
                drop(applications);
                all.iter().filter_map(|app| app.files.as_ref()).for_each(files::sweep);
                all.iter().filter_map(|app| app.dash.as_ref()).for_each(dash::sweep);
                std::thread::sleep(SWEEP);
            }
        };
        std::thread::Builder::new().name("sweep".to_owned()).spawn(sweep).map(drop)
    }

    /// Waits, briefly, until recorders and relays have finished what they have.
    pub async fn finish(&self, patience: Duration) {
        self.outputs.close();
        let _ = tokio::time::timeout(patience, self.outputs.wait()).await;
        self.access_log.finish(patience).await;
    }

    /// From now on these; who publishes or plays already goes on as it began.
    pub fn replace(&self, settings: Vec<AppSettings>) {
        *self.all.write() = settings.into_iter().map(Arc::new).collect();
        self.pull_always();
    }

    /// The application that an address means: `APP`, with whatever stands behind it. `Err` if there are some, and this is none.
    fn find(&self, app: &str) -> Result<Option<Arc<AppSettings>>, Unknown> {
        let all = Arc::clone(&self.all.read());
        if all.is_empty() {
            return Ok(None);
        }
        let path = app.split('?').next().unwrap_or_default().trim_matches('/');
        let first = path.split('/').next().unwrap_or_default();
        let named = |name: &str| all.iter().find(|app| app.name == name).cloned();
        named(path).or_else(|| named(first)).map(Some).ok_or(Unknown)
    }

    /// The public name of an open stream. Applications do not share names, so with several of them theirs stands in front.
    fn public_name(&self, app: &AppSettings, name: &str) -> String {
        if self.all.read().len() > 1 { format!("{}.{name}", app.name) } else { name.to_owned() }
    }

    /// Asks a hook; one that cannot be reached lets nobody in.
    async fn ask(&self, app: &AppSettings, call: &Call<'_>) -> Answer {
        self.caller.ask(&app.hooks, call).await.unwrap_or_else(|error| {
            tracing::warn!(app = app.name, call = call.event.name(), %error, "nobody is let in without it");
            Answer::Deny
        })
    }
}

/// There is no application of this name.
#[derive(Debug)]
struct Unknown;

/// A call about a connection. Whoever has not said who it is, says nothing.
fn call<'a>(
    app: &'a AppSettings,
    client: &'a Client,
    event: Event<'a>,
    arguments: Option<&'a str>,
) -> Call<'a> {
    let mut peer = Peer { app: &app.name, address: &client.address, client: client.id, ..Peer::default() };
    if let Some(said) = client.introduction() {
        peer.flash_version = &said.flash_version;
        peer.swf_url = &said.swf_url;
        peer.tc_url = &said.tc_url;
        peer.page_url = &said.page_url;
    }
    Call { peer, event, arguments: arguments.unwrap_or_default() }
}
