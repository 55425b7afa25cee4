//! Where a publication goes beside viewers: recordings and relays. They begin with it, and end behind it.

use std::sync::Arc;

use api::names::StreamName;
use parking_lot::Mutex;
use rtmp::Capabilities;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::recorders::{Recorders, rendition};
use super::stay::Stay;
use crate::clients::Client;
use crate::hooks::Caller;
use crate::out::Rendition;
use crate::out::broadcast::{Subscription, Wish};
use crate::out::files::{self, FilesSettings, Filing};
use crate::out::relay::{self, RelaySettings, Relayed};
use crate::streams::{Publication, Stream};

/// Suffixes of the two variants that the server has itself.
const SOURCE: &str = "_source";
const ENHANCED: &str = "_enhanced";

/// Dropping it ends them; what they have is still written and sent.
#[derive(Debug)]
pub(super) struct Outputs {
    /// Of what is written to disk.
    subscriptions: Vec<Arc<Subscription>>,
    relays: CancellationToken,
    recorders: Option<Arc<Recorders>>,
}

impl Outputs {
    pub(super) fn start(
        stay: &Stay,
        publication: &Publication,
        client: &Arc<Client>,
        caller: &Caller,
        tracker: &TaskTracker,
    ) -> Self {
        let mut outputs =
            Self { subscriptions: Vec::new(), relays: CancellationToken::new(), recorders: None };
        let stream = publication.stream();
        let Some(broadcast) = stream.broadcast() else { return outputs };
        let Some(problems) = publication.problems() else { return outputs };
        if !stay.app.record.is_empty() {
            let recorders = Recorders {
                stay: stay.clone(),
                stream: Arc::clone(stream),
                name: own_name(stay, stream),
                broadcast,
                problems,
                client: Arc::clone(client),
                caller: caller.clone(),
                tracker: tracker.clone(),
                running: Mutex::default(),
            };
            recorders.begin();
            outputs.recorders = Some(Arc::new(recorders));
        }
        if let Some(settings) = &stay.app.files {
            outputs.file(settings, stay, publication, tracker);
        }
        for settings in &stay.app.push {
            outputs.push(settings, stay, publication, tracker);
        }
        outputs
    }

    pub(super) fn recorders(&self) -> Option<&Arc<Recorders>> {
        self.recorders.as_ref()
    }

    /// Pushes the stream to one more server.
    pub(super) fn push(
        &mut self,
        settings: &RelaySettings,
        stay: &Stay,
        publication: &Publication,
        tracker: &TaskTracker,
    ) {
        let stream = publication.stream();
        let Some(rendition) = rendition(stream, settings.rendition) else { return };
        let (Some(broadcast), Some(problems)) = (stream.broadcast(), publication.problems()) else { return };
        let relayed = Relayed { name: own_name(stay, stream), broadcast, rendition, problems };
        tracker.spawn(relay::push(settings.clone(), relayed, self.relays.clone()));
    }

    /// HLS on disk: what came in, and what the lane makes where a variant asks for it.
    fn file(
        &mut self,
        settings: &FilesSettings,
        stay: &Stay,
        publication: &Publication,
        tracker: &TaskTracker,
    ) {
        let stream = publication.stream();
        let (Some(broadcast), Some(problems)) = (stream.broadcast(), publication.problems()) else { return };
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
}

impl Drop for Outputs {
    fn drop(&mut self) {
        for subscription in &self.subscriptions {
            subscription.cancel();
        }
        self.relays.cancel();
    }
}

/// On disk and elsewhere a stream has the name of its address; several applications share pages alone.
fn own_name(stay: &Stay, stream: &Stream) -> StreamName {
    stay.name.parse().unwrap_or_else(|_| stream.name().clone())
}
