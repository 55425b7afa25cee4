//! Pushes what a subscriber gets to another RTMP server, and comes back when that goes away.

use std::sync::Arc;
use std::time::Duration;

use api::names::StreamName;
use rtmp::{Error, Introduction, Publisher, RtmpUrl};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::broadcast::{Broadcast, End, Subscription, Wish};
use super::record::Source;
use super::rendition::RenditionId;
use crate::problems::Problems;

/// How long connecting may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the last tags may take when the stream ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// Where to.
#[derive(Debug, Clone, PartialEq)]
pub struct RelaySettings {
    pub url: RtmpUrl,
    /// What it is called there; the stream's own name if nothing is said.
    pub name: Option<SecretName>,
    pub rendition: Source,
    /// What we say of ourselves; what is empty, is said as usual.
    pub introduction: Introduction,
    /// Pause before the next try.
    pub reconnect: Duration,
}

/// A stream key for another server. It compares, and shows nothing.
#[derive(Clone)]
pub struct SecretName(pub SecretString);

impl PartialEq for SecretName {
    fn eq(&self, other: &Self) -> bool {
        use secrecy::ExposeSecret as _;
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl std::fmt::Debug for SecretName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretName(redacted)")
    }
}

/// What is pushed.
pub struct Relayed {
    pub name: StreamName,
    pub broadcast: Arc<Broadcast>,
    pub rendition: RenditionId,
    pub problems: Problems,
}

/// Pushes until the session is over, or `end` is cancelled; what has come until then is still sent.
pub async fn push(settings: RelaySettings, relayed: Relayed, end: CancellationToken) {
    let mut told = false;
    loop {
        match once(&settings, &relayed, &end).await {
            Ok(()) => return,
            Err(error) => {
                let url = &settings.url;
                if told {
                    tracing::debug!(stream = %relayed.name, %url, %error, "relay");
                } else {
                    told = true;
                    let what = format!(
                        "the relay to {url} fails: {error}; it is tried again every {:?}",
                        settings.reconnect
                    );
                    relayed.problems.report("relay-failed", what);
                }
                tokio::select! {
                    () = end.cancelled() => return,
                    () = tokio::time::sleep(settings.reconnect) => {}
                }
            }
        }
    }
}

/// One connection. `Ok` when the session is over.
async fn once(settings: &RelaySettings, relayed: &Relayed, end: &CancellationToken) -> Result<(), Error> {
    let own = SecretString::from(relayed.name.as_str());
    let name = settings.name.as_ref().map_or(&own, |name| &name.0);
    let connecting = Publisher::introduced(&settings.url, name, &settings.introduction, PATIENCE);
    let mut publisher = tokio::select! {
        () = end.cancelled() => return Ok(()),
        publisher = connecting => publisher?,
    };
    // Subscribed only now, so that it begins with a keyframe that is fresh.
    let wish = Wish { knows: Some(publisher.capabilities()), ..Wish::usual(relayed.rendition) };
    let subscription = relayed.broadcast.subscribe(&wish);
    tracing::info!(stream = %relayed.name, url = %settings.url, "relay");
    let outcome = forward(&mut publisher, &subscription, end).await;
    if subscription.why() == Some(End::Codec) {
        let what =
            format!("the server at {} does not know the codec of the pictures: publish H.264", settings.url);
        relayed.problems.report("relay-failed", what);
    }
    if outcome.is_ok() {
        let _ = tokio::time::timeout(FAREWELL, publisher.close()).await;
    }
    outcome
}

async fn forward(
    publisher: &mut Publisher,
    subscription: &Subscription,
    end: &CancellationToken,
) -> Result<(), Error> {
    loop {
        let item = tokio::select! {
            () = end.cancelled(), if subscription.why().is_none() => {
                subscription.cancel();
                continue;
            }
            item = subscription.next() => item,
            error = publisher.closed() => return Err(error),
        };
        let Some(item) = item else { return Ok(()) };
        publisher.send(item.tag.tag()).await?;
    }
}
