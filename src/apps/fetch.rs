//! Fetches streams from other servers: from the start on, or while somebody plays them. What is fetched is published here like
//! everything else, with the same hooks, recordings and relays; it has a connection of its own in the statistics.

use std::sync::Arc;
use std::time::Duration;

use rtmp::{Introduction, Player, Rejection};
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::time::{Instant, interval};

use super::pull::{Pull, PullSettings};
use super::{AppSettings, Applications};
use crate::clients::{Client, Role};
use crate::ingest::{PublishRequest, Publishing};

/// How long connecting may take, and a player waits for what it has asked for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What nobody has played for so long is fetched no more.
const UNPLAYED: Duration = Duration::from_secs(5);

/// Streams that are fetched for players at the same time: players choose their names.
const MOST_ASKED: usize = 64;

/// Why fetching ends for a while, or for good.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Failed(#[from] rtmp::Error),
    #[error("{}", .0.description())]
    Refused(Rejection),
    #[error("the stream has ended there")]
    Ended,
    #[error("nobody plays it")]
    Unplayed,
    #[error("somebody else publishes it, or has ended it")]
    Taken,
}

impl Applications {
    /// Begins with what is to be fetched always, and ends what no longer is.
    pub fn pull_always(&self) {
        let all = Arc::clone(&self.all.read());
        let wanted = all
            .iter()
            .flat_map(|app| app.pull.iter().filter(|pull| pull.always).map(move |pull| (app, pull)));
        let wanted: Vec<_> = wanted.collect();
        let mut pulls = self.pulls.lock();
        pulls.retain(|pull| {
            let same = |(app, settings): &&(&Arc<AppSettings>, &PullSettings)| {
                app.name == pull.app && **settings == pull.settings
            };
            let stays = !pull.settings.always || wanted.iter().any(|one| same(&one));
            if !stays {
                pull.end.cancel();
            }
            stays
        });
        for (app, settings) in wanted {
            let Some(name) = &settings.name else { continue };
            if !pulls.iter().any(|pull| pull.app == app.name && pull.settings == *settings) {
                pulls.extend(self.begin_pull(app, settings, name));
            }
        }
    }

    /// Fetches what a player asks for, and waits until it comes.
    pub(super) async fn pull_for_player(&self, app: &Arc<AppSettings>, settings: &PullSettings, name: &str) {
        let mut is_live = {
            let mut pulls = self.pulls.lock();
            pulls.retain(|pull| pull.settings.always || pull.is_live.has_changed().is_ok());
            let under_way = pulls.iter().find(|pull| pull.app == app.name && pull.name == name);
            if let Some(pull) = under_way {
                pull.is_live.clone()
            } else {
                if pulls.iter().filter(|pull| !pull.settings.always).count() >= MOST_ASKED {
                    return tracing::warn!(
                        app = app.name,
                        "{MOST_ASKED} streams are fetched for players already; no more"
                    );
                }
                let Some(pull) = self.begin_pull(app, settings, name) else { return };
                let is_live = pull.is_live.clone();
                pulls.push(pull);
                is_live
            }
        };
        // Without success the player is told that there is no such stream.
        let _ = tokio::time::timeout(PATIENCE, is_live.wait_for(|live| *live)).await;
    }

    /// `None` if the server ends.
    fn begin_pull(&self, app: &Arc<AppSettings>, settings: &PullSettings, name: &str) -> Option<Pull> {
        let applications = self.me.upgrade()?;
        let end = self.end.child_token();
        let (live, is_live) = watch::channel(false);
        let pull = Pull {
            app: app.name.clone(),
            settings: settings.clone(),
            name: name.to_owned(),
            end: end.clone(),
            is_live,
        };
        let fetching =
            Fetching { app: Arc::clone(app), settings: settings.clone(), name: name.to_owned(), live };
        self.outputs.spawn(async move {
            tokio::select! {
                () = end.cancelled() => {}
                () = fetching.keep(&applications) => {}
            }
        });
        Some(pull)
    }
}

struct Fetching {
    app: Arc<AppSettings>,
    settings: PullSettings,
    name: String,
    live: watch::Sender<bool>,
}

impl Fetching {
    /// Fetches again and again; on demand, until nobody plays.
    async fn keep(self, applications: &Applications) {
        let mut told = false;
        loop {
            let stop = self.once(applications).await;
            // Every failure after a success is told, and of failures in a row the first.
            told &= !self.live.send_replace(false);
            let PullSettings { url, always, reconnect, .. } = &self.settings;
            // Who asked in vain has been told so, and asks again; who plays waits for it to come back.
            let ends = !always && !self.is_played(applications);
            match &stop {
                stop if ends => return tracing::info!(name = self.name, %url, "fetched no more: {stop}"),
                stop if told => tracing::debug!(name = self.name, %url, "not fetched: {stop}"),
                stop => {
                    told = true;
                    tracing::warn!(name = self.name, %url, "not fetched: {stop}; tried again every {reconnect:?}");
                }
            }
            tokio::time::sleep(*reconnect).await;
        }
    }

    /// Whether somebody plays it here.
    fn is_played(&self, applications: &Applications) -> bool {
        let public = applications.public_name(&self.app, &self.name);
        let plays = |client: &Arc<Client>| match client.role() {
            Role::Plays(name) => name.as_str() == public,
            _ => false,
        };
        applications.clients.all().iter().any(plays)
    }

    /// One connection.
    async fn once(&self, applications: &Applications) -> Stop {
        let outcome = async {
            let there = self.settings.path.as_deref().unwrap_or(&self.name);
            let PullSettings { url, introduction, .. } = &self.settings;
            let player = Player::connect(url, there, introduction, PATIENCE).await?;
            let peer = player.peer_address().map_err(rtmp::Error::from)?;
            let client = applications.clients.enter(peer);
            client.introduce(Introduction { app: self.app.name.clone(), ..introduction.clone() });
            let key = SecretString::from(self.name.as_str());
            let request = PublishRequest { app: &self.app.name, key: &key, client: &client };
            let grant =
                applications.publish_fetched(Arc::clone(&self.app), request).await.map_err(Stop::Refused)?;
            let stream = grant.publication.name().clone();
            client.take_role(Role::Publishes(stream.clone()));
            tracing::info!(%stream, %url, "fetched");
            self.pass_on(player, Publishing::new(grant), &client, applications).await
        };
        outcome.await.unwrap_or_else(|stop| stop)
    }

    async fn pass_on(
        &self,
        mut player: Player,
        mut publishing: Publishing,
        client: &Client,
        applications: &Applications,
    ) -> Result<Stop, Stop> {
        let mut looks = interval(UNPLAYED / 5);
        let mut played = Instant::now();
        loop {
            tokio::select! {
                tag = player.next_tag() => {
                    let Some(tag) = tag? else { return Ok(Stop::Ended) };
                    // What cannot be read is told in the stream's problems.
                    publishing.take(&tag).map_err(Stop::Refused)?;
                    self.live.send_if_modified(|live| !std::mem::replace(live, true));
                }
                () = publishing.replaced() => return Ok(Stop::Taken),
                () = client.ended() => return Ok(Stop::Taken),
                _ = looks.tick(), if !self.settings.always => {
                    if self.is_played(applications) {
                        played = Instant::now();
                    } else if played.elapsed() > UNPLAYED {
                        return Ok(Stop::Unplayed);
                    }
                }
            }
        }
    }
}
