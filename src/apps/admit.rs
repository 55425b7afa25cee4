//! Who is let in: rules first, then hooks, then what the stream itself asks for.

use std::sync::Arc;

use api::names::StreamName;
use nginx_compat::callback::{Answer, Event};
use nginx_compat::rtmp::Action;
use rtmp::{PlayRejection, Rejection};
use secrecy::{ExposeSecret as _, SecretString};

use super::leave::{Gone, Leaving};
use super::outputs::{Outputs, Published};
use super::redirect::Elsewhere;
use super::stay::Stay;
use super::vod::{self, VodError};
use super::{AppSettings, Applications, Publish, call};
use crate::clients::Client;
use crate::ingest::{
    self, Admission, ENHANCED_SUFFIX, Grant, Guard, PlayRequest, PublishRequest, Seat, arguments,
};
use crate::out::Rendition;
use crate::out::broadcast::Wish;
use crate::streams::{Publication, StreamSettings};

impl Admission for Applications {
    fn meet<'a>(
        &'a self,
        client: &'a Arc<Client>,
        app: &'a str,
    ) -> ingest::Answer<'a, Option<Guard>, Rejection> {
        Box::pin(async move {
            let Some(settings) = self.find(app).map_err(|_| Rejection::NotAllowed)? else { return Ok(None) };
            let arguments = arguments(app, "").map(str::to_owned);
            let about = call(&settings, client, Event::Connect { epoch: 0 }, arguments.as_deref());
            if self.ask(&settings, &about).await == Answer::Deny {
                return Err(Rejection::NotAllowed);
            }
            let gone = Gone {
                app: settings,
                arguments,
                caller: self.caller.clone(),
                client: Arc::clone(client),
                access_log: self.access_log.clone(),
            };
            Ok(Some(Box::new(gone) as Guard))
        })
    }

    fn admit<'a>(&'a self, request: PublishRequest<'a>) -> ingest::Answer<'a, Grant, Rejection> {
        Box::pin(async move {
            match self.find(request.app) {
                Ok(None) => self.streams.admit(request).await,
                Ok(Some(app)) => self.publish(app, request).await,
                Err(_) => Err(Rejection::NotAllowed),
            }
        })
    }

    fn admit_player<'a>(&'a self, request: PlayRequest<'a>) -> ingest::Answer<'a, Seat, PlayRejection> {
        Box::pin(async move {
            match self.find(request.app) {
                Ok(None) => self.streams.admit_player(request).await,
                Ok(Some(app)) => self.play(app, request).await,
                Err(_) => Err(PlayRejection::NotAllowed),
            }
        })
    }
}

impl Applications {
    async fn publish(&self, app: Arc<AppSettings>, request: PublishRequest<'_>) -> Result<Grant, Rejection> {
        if app.publish == Publish::Off || !app.publish_rules.allow(request.client.peer.ip()) {
            return Err(Rejection::NotAllowed);
        }
        let publish = app.publish;
        self.grant(app, request, publish).await
    }

    /// What is fetched, the operator has asked for: it needs no key, and no rule is about it.
    pub(super) async fn publish_fetched(
        &self,
        app: Arc<AppSettings>,
        request: PublishRequest<'_>,
    ) -> Result<Grant, Rejection> {
        self.grant(app, request, Publish::Open).await
    }

    async fn grant(
        &self,
        app: Arc<AppSettings>,
        request: PublishRequest<'_>,
        publish: Publish,
    ) -> Result<Grant, Rejection> {
        let PublishRequest { key, client, .. } = request;
        let arguments = arguments(request.app, key.expose_secret()).map(str::to_owned);
        let sent = path(key.expose_secret());
        let event = Event::Publish { name: sent, kind: "live" };
        let mut push = None;
        if publish == Publish::Open {
            client.asks_to_publish(sent, arguments.as_deref());
        }
        let named = match self.ask(&app, &call(&app, client, event, arguments.as_deref())).await {
            Answer::Allow => sent.to_owned(),
            Answer::Rename(to) => to,
            Answer::Relay(address) => {
                let there = Elsewhere::new(&app, &address).ok_or(Rejection::NotAllowed)?;
                let local = there.local.clone();
                push = Some(there.push());
                local.unwrap_or_else(|| sent.to_owned())
            }
            Answer::Deny => return Err(Rejection::NotAllowed),
        };
        let publication = match publish {
            Publish::Open => self.open(&app, &named)?,
            Publish::Keys | Publish::Off => {
                let key = if named == sent { key.clone() } else { SecretString::from(named.as_str()) };
                self.streams.admit(PublishRequest { key: &key, ..request }).await?.publication
            }
        };
        // A key stays between encoder and server.
        let name = if publish == Publish::Open { named } else { publication.name().to_string() };
        client.asks_to_publish(&name, arguments.as_deref());
        let idle = app.idle_publisher;
        let stay = Stay { app, name, arguments, action: Action::Publish };
        let outputs = Published::new(&stay, &publication, &self.outputs).map(|published| {
            let mut outputs = Outputs::start(&published, client, &self.caller);
            if let Some(push) = &push {
                outputs.push(push, &published);
            }
            outputs
        });
        let outputs = outputs.unwrap_or_default();
        if let Some(recorders) = outputs.recorders() {
            let mut all = self.recorders.lock();
            all.retain(|recorders| recorders.strong_count() > 0);
            all.push(Arc::downgrade(recorders));
        }
        let leaving = Leaving::new(stay, self.caller.clone(), client, Some(outputs));
        Ok(Grant { publication, idle, guard: Some(Box::new(leaving)) })
    }

    /// The stream that this name makes, or that is there already.
    fn open(&self, app: &AppSettings, name: &str) -> Result<Publication, Rejection> {
        let name: StreamName = self
            .public_name(app, name)
            .parse()
            .map_err(|error| Rejection::Unusable(format!("{error}: choose another name to publish to")))?;
        let settings = StreamSettings { name, key: None, profile: None };
        let stream = self.streams.open(settings).map_err(|error| {
            tracing::warn!(app = app.name, %error, "a publisher gets no stream");
            Rejection::Unavailable
        })?;
        ingest::publish(&stream)
    }

    async fn play(&self, app: Arc<AppSettings>, request: PlayRequest<'_>) -> Result<Seat, PlayRejection> {
        let client = request.client;
        if !app.play || !app.play_rules.allow(client.peer.ip()) {
            return Err(PlayRejection::NotAllowed);
        }
        let arguments = arguments(request.app, request.name).map(str::to_owned);
        let sent = path(request.name);
        let event = Event::Play { name: sent, start: 0, duration: 0, reset: false };
        let mut pull = None;
        client.asks_to_play(sent, arguments.as_deref());
        let named = match self.ask(&app, &call(&app, client, event, arguments.as_deref())).await {
            Answer::Allow => sent.to_owned(),
            Answer::Rename(to) => to,
            Answer::Relay(address) => {
                let there = Elsewhere::new(&app, &address).ok_or(PlayRejection::NotFound)?;
                let local = there.local.clone();
                pull = Some(there.pull());
                local.unwrap_or_else(|| sent.to_owned())
            }
            Answer::Deny => return Err(PlayRejection::NotAllowed),
        };
        // What is fetched is open, whatever others need who publish.
        let own = named.strip_suffix(ENHANCED_SUFFIX).unwrap_or(&named);
        let pull = pull.as_ref().or_else(|| app.pull.iter().find(|pull| pull.serves(own)));
        let is_open = app.publish == Publish::Open || pull.is_some() || !app.pull.is_empty();
        let public = if is_open { self.public_name(&app, &named) } else { named.clone() };
        let settings = &app.players;
        if let Some(pull) = pull
            && Seat::take(&self.streams, &public, client, settings).is_err()
        {
            self.pull_for_player(&app, pull, own).await;
        }
        if !app.vod.is_empty() && Seat::take(&self.streams, &public, client, settings).is_err() {
            let (seat, played) = self.play_recording(&app, &named, client).await?;
            let stay = Stay { app, name: named, arguments, action: Action::Play };
            let leaving = Leaving::new(stay, self.caller.clone(), client, None);
            return Ok(seat.guarded(Box::new((leaving, played))));
        }
        let seat = if settings.wait {
            Seat::stay(&self.streams, &public, client, settings)?
        } else {
            Seat::take(&self.streams, &public, client, settings)?
        };
        let stay = Stay { app, name: named, arguments, action: Action::Play };
        let leaving = Leaving::new(stay, self.caller.clone(), client, None);
        Ok(seat.guarded(Box::new(leaving)))
    }
}

impl Applications {
    /// A recording of this name, which is looked for on a thread that may wait.
    async fn play_recording(
        &self,
        app: &Arc<AppSettings>,
        name: &str,
        client: &Client,
    ) -> Result<(Seat, vod::Played), PlayRejection> {
        let permit = Arc::clone(&self.vod).try_acquire_owned().map_err(|_| PlayRejection::Unavailable)?;
        // Players are listed with it; it is no name of a stream, and need not be one.
        let listed =
            name.rsplit('/').next().unwrap_or_default().parse().map_err(|_| PlayRejection::NotFound)?;
        let knows = client.introduction().and_then(|introduction| introduction.capabilities.clone());
        let settings = app.players;
        let app = Arc::clone(app);
        let name = name.to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            let wish =
                Wish { knows: knows.as_ref(), manner: settings.manner, ..Wish::usual(Rendition::SOURCE.id) };
            vod::play(&app.vod, &name, app.vod_ahead, &wish, permit)
        });
        let opened = opened.await.map_err(|_| PlayRejection::Unavailable)?;
        let (subscription, played) = opened.map_err(|error| match error {
            VodError::Missing => PlayRejection::NotFound,
            VodError::Thread(_) => PlayRejection::Unavailable,
        })?;
        Ok((Seat::private(listed, subscription, &settings), played))
    }
}

/// The name that was sent, without arguments and slashes around it.
fn path(sent: &str) -> &str {
    sent.split('?').next().unwrap_or_default().trim_matches('/')
}
