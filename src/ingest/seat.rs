//! The right to play, and what is played: a stream that is live, or one that is waited for.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use api::names::StreamName;
use rtmp::{Capabilities, Notices, PlayRejection};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::clients::Client;
use crate::out::Rendition;
use crate::out::broadcast::{End, Item, Manner, Subscription, Wish};
use crate::streams::{Presence, Streams};

/// Behind a stream's name it names what the server has made of it.
pub const ENHANCED_SUFFIX: &str = "_enhanced";

/// How often what is waited for is looked for: a lane makes its rendition some time after the publisher came.
const LOOK: Duration = Duration::from_secs(1);

/// Kept for as long as what was admitted lasts, and dropped then.
pub type Guard = Box<dyn Any + Send + Sync>;

/// How players are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlayerSettings {
    pub manner: Manner,
    /// Sound comes on the chunk stream of pictures.
    pub interleave: bool,
    /// Who asks for what nobody publishes waits for it, and stays when it ends.
    pub wait: bool,
    /// What those who stay are told beside that.
    pub notices: Notices,
}

/// The right to play, and what is played.
#[derive(Debug)]
pub struct Seat {
    pub stream: StreamName,
    pub settings: PlayerSettings,
    pub guard: Option<Guard>,
    subscription: Option<Arc<Subscription>>,
    staying: Option<Staying>,
}

/// What somebody needs who stays whatever publishers do.
#[derive(Debug)]
struct Staying {
    streams: Arc<Streams>,
    name: String,
    knows: Option<Capabilities>,
    /// Some publisher came or left.
    changes: watch::Receiver<()>,
    /// Whether the player has been told that somebody publishes.
    is_live: bool,
}

/// What a player gets next.
pub(super) enum Played {
    Item(Item),
    PublisherCame,
    PublisherLeft,
    /// Nothing any more.
    End(Option<End>),
}

impl Seat {
    /// A seat before a stream that is live: its public name for what came in, with `_enhanced` behind it for what the server has
    /// made of it.
    pub fn take(
        streams: &Streams,
        name: &str,
        client: &Client,
        settings: &PlayerSettings,
    ) -> Result<Self, PlayRejection> {
        let knows = client.introduction().and_then(|introduction| introduction.capabilities.as_ref());
        let found = find(streams, name, knows, settings.manner).ok_or(PlayRejection::NotFound)?;
        let (stream, subscription) = found;
        let subscription = Some(subscription);
        Ok(Self { stream, settings: *settings, guard: None, subscription, staying: None })
    }

    /// The same, but the player stays whatever publishers do.
    pub fn stay(
        streams: &Arc<Streams>,
        name: &str,
        client: &Client,
        settings: &PlayerSettings,
    ) -> Result<Self, PlayRejection> {
        // Before the first look, so that nobody comes unseen between the two.
        let changes = streams.changes();
        let seat = match Self::take(streams, name, client, settings) {
            Err(PlayRejection::NotFound) => {
                let own = name.strip_suffix(ENHANCED_SUFFIX).unwrap_or(name);
                let stream = own.parse().map_err(|_| PlayRejection::NotFound)?;
                Self { stream, settings: *settings, guard: None, subscription: None, staying: None }
            }
            taken => taken?,
        };
        let introduction = client.introduction();
        let staying = Staying {
            streams: Arc::clone(streams),
            name: name.to_owned(),
            knows: introduction.and_then(|introduction| introduction.capabilities.clone()),
            changes,
            is_live: seat.subscription.is_some(),
        };
        Ok(Self { staying: Some(staying), ..seat })
    }

    /// A seat before something that is played for this player alone.
    pub fn private(stream: StreamName, subscription: Arc<Subscription>, settings: &PlayerSettings) -> Self {
        Self { stream, settings: *settings, guard: None, subscription: Some(subscription), staying: None }
    }

    /// The same, with what is dropped when it is given up.
    #[must_use]
    pub fn guarded(self, guard: Guard) -> Self {
        Self { guard: Some(guard), ..self }
    }

    /// Packets that the player lost because it reads too slowly.
    pub(super) fn dropped(&self) -> u64 {
        self.subscription.as_ref().map_or(0, |subscription| subscription.dropped())
    }

    /// What comes next; cancelling loses nothing.
    pub(super) async fn next(&mut self) -> Played {
        loop {
            let item = async {
                match &self.subscription {
                    Some(subscription) => subscription.next().await,
                    None => std::future::pending().await,
                }
            };
            let Some(staying) = &mut self.staying else {
                let item = item.await;
                let why = self.subscription.as_ref().and_then(|subscription| subscription.why());
                return item.map_or(Played::End(why), Played::Item);
            };
            let is_looking = self.subscription.is_none();
            tokio::select! {
                biased;
                item = item => if let Some(item) = item {
                    return Played::Item(item);
                },
                // The streams outlive it.
                _ = staying.changes.changed() => {}
                () = sleep(LOOK), if is_looking => {}
            }
            if let Some(change) = self.look() {
                return change;
            }
        }
    }

    /// Looks for who publishes now, and joins.
    fn look(&mut self) -> Option<Played> {
        let staying = self.staying.as_mut()?;
        let why = self.subscription.as_ref().and_then(|subscription| subscription.why());
        match why {
            Some(End::Codec) => return Some(Played::End(why)),
            Some(End::Finished) => self.subscription = None,
            None => {}
        }
        if self.subscription.is_none() {
            let found = find(&staying.streams, &staying.name, staying.knows.as_ref(), self.settings.manner);
            if let Some((stream, subscription)) = found {
                self.stream = stream;
                self.subscription = Some(subscription);
            }
        }
        let stream = staying.streams.find(&self.stream);
        let publishes = |presence| matches!(presence, Presence::Live { .. });
        let is_live = self.subscription.is_some()
            && stream.is_some_and(|stream| stream.look(|presence, _| publishes(presence)));
        if staying.is_live == is_live {
            return None;
        }
        staying.is_live = is_live;
        Some(if is_live { Played::PublisherCame } else { Played::PublisherLeft })
    }
}

fn find(
    streams: &Streams,
    name: &str,
    knows: Option<&Capabilities>,
    manner: Manner,
) -> Option<(StreamName, Arc<Subscription>)> {
    let find = |name: &str| name.parse().ok().and_then(|name| streams.find(&name));
    let source = find(name).map(|stream| (stream, Rendition::SOURCE.id));
    let enhanced = || {
        let stream = find(name.strip_suffix(ENHANCED_SUFFIX)?)?;
        let rendition = stream.enhanced()?;
        Some((stream, rendition.id))
    };
    let (stream, video) = source.or_else(enhanced)?;
    let subscription = stream.broadcast()?.subscribe(&Wish { video, knows, manner });
    Some((stream.name().clone(), subscription))
}
