//! Where a publication goes beside viewers: recordings and relays. They begin with it, and end behind it.

use std::sync::Arc;

use api::names::StreamName;
use parking_lot::Mutex;
use rtmp::Capabilities;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::recorders::{Recorders, every_codec, rendition};
use super::stay::Stay;
use crate::clients::Client;
use crate::hooks::Caller;
use crate::out::Rendition;
use crate::out::broadcast::{Broadcast, Subscription, Wish};
use crate::out::dash::{self, DashSettings, Dashing};
use crate::out::files::{self, FilesSettings, Filing};
use crate::out::relay::{self, RelaySettings, Relayed};
use crate::problems::Problems;
use crate::streams::{Publication, Stream};

/// Suffixes of the two variants that the server has itself.
const SOURCE: &str = "_source";
const ENHANCED: &str = "_enhanced";

/// A publication, and what everything needs that it goes out to.
pub(super) struct Published<'a> {
    pub(super) stay: &'a Stay,
    stream: &'a Arc<Stream>,
    /// On disk and elsewhere: that of the address; several applications share pages alone.
    name: StreamName,
    broadcast: Arc<Broadcast>,
    problems: Problems,
    tracker: &'a TaskTracker,
}

impl<'a> Published<'a> {
    /// None if it is over already.
    pub(super) fn new(
        stay: &'a Stay,
        publication: &'a Publication,
        tracker: &'a TaskTracker,
    ) -> Option<Self> {
        let stream = publication.stream();
        let name = stay.name.parse().unwrap_or_else(|_| stream.name().clone());
        let broadcast = stream.broadcast()?;
        let problems = publication.problems()?;
        Some(Self { stay, stream, name, broadcast, problems, tracker })
    }
}

/// Dropping it ends them; what they have is still written and sent.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    /// Of what is written to disk.
    subscriptions: Vec<Arc<Subscription>>,
    relays: CancellationToken,
    recorders: Option<Arc<Recorders>>,
}

impl Outputs {
    /// All that the application wants.
    pub(super) fn start(published: &Published<'_>, client: &Arc<Client>, caller: &Caller) -> Self {
        let mut outputs = Self::default();
        let app = &published.stay.app;
        if !app.record.is_empty() {
            let recorders = Recorders {
                stay: published.stay.clone(),
                stream: Arc::clone(published.stream),
                name: published.name.clone(),
                broadcast: Arc::clone(&published.broadcast),
                problems: published.problems.clone(),
                client: Arc::clone(client),
                caller: caller.clone(),
                tracker: published.tracker.clone(),
                running: Mutex::default(),
            };
            recorders.begin();
            outputs.recorders = Some(Arc::new(recorders));
        }
        if let Some(settings) = &app.files {
            outputs.file(settings, published);
        }
        if let Some(settings) = &app.dash {
            outputs.dash(settings, published);
        }
        for settings in &app.push {
            outputs.push(settings, published);
        }
        outputs
    }

    pub(super) fn recorders(&self) -> Option<&Arc<Recorders>> {
        self.recorders.as_ref()
    }

    /// Pushes the stream to one more server.
    pub(super) fn push(&mut self, settings: &RelaySettings, published: &Published<'_>) {
        let Some(rendition) = rendition(published.stream, settings.rendition) else { return };
        let relayed = Relayed {
            name: published.name.clone(),
            broadcast: Arc::clone(&published.broadcast),
            rendition,
            problems: published.problems.clone(),
        };
        published.tracker.spawn(relay::push(settings.clone(), relayed, self.relays.clone()));
    }

    /// HLS on disk: what came in, and what the lane makes where a variant asks for it.
    fn file(&mut self, settings: &FilesSettings, published: &Published<'_>) {
        let Published { stay, stream, broadcast, problems, tracker, .. } = published;
        let has = |suffix: &str| settings.variants.iter().any(|variant| variant.suffix == suffix);
        let enhanced = stream.enhanced().filter(|_| has(ENHANCED));
        let mut wanted =
            vec![(if enhanced.is_some() && has(SOURCE) { SOURCE } else { "" }, Rendition::SOURCE.id)];
        wanted.extend(enhanced.map(|rendition| (ENHANCED, rendition.id)));
        for (suffix, rendition) in wanted {
            // Names on disk are those of the address: a folder belongs to one application.
            let Ok(name) = format!("{}{suffix}", stay.name).parse() else { continue };
            // MPEG-TS has no AV1 and no Opus; who cannot have it is told.
            let knows = Capabilities::of(&[*b"hvc1"]);
            let wish = Wish { knows: Some(&knows), ..Wish::usual(rendition) };
            let subscription = broadcast.subscribe(&wish);
            let filing = Filing {
                name,
                subscription: Arc::clone(&subscription),
                problems: problems.clone(),
                token: tracker.token(),
            };
            match files::start(settings.clone(), filing) {
                Ok(()) => self.subscriptions.push(subscription),
                Err(error) => problems.report("files-failed", format!("no thread for HLS files: {error}")),
            }
        }
    }

    /// DASH on disk: what came in.
    fn dash(&mut self, settings: &DashSettings, published: &Published<'_>) {
        let Published { name, broadcast, problems, tracker, .. } = published;
        let wish = Wish { knows: Some(&every_codec()), ..Wish::usual(Rendition::SOURCE.id) };
        let subscription = broadcast.subscribe(&wish);
        let dashing = Dashing {
            name: name.clone(),
            subscription: Arc::clone(&subscription),
            problems: problems.clone(),
            token: tracker.token(),
        };
        match dash::start(settings.clone(), dashing) {
            Ok(()) => self.subscriptions.push(subscription),
            Err(error) => problems.report("dash-failed", format!("no thread for DASH files: {error}")),
        }
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        for subscription in &self.subscriptions {
            subscription.cancel();
        }
        self.relays.cancel();
    }
}
