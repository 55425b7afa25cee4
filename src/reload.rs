//! SIGHUP, and the order to reload: the configuration is read again, and what can change without touching what runs, changes.
//!
//! Streams come, go and change their keys; applications change for who comes next. Everything else is said to need a restart. A
//! configuration with a mistake changes nothing.

use std::sync::Arc;

use api::Invalid;
use api::control::admin::ReloadReport;
use api::shutdown::Shutdown;
use tokio::signal::unix::{SignalKind, signal};

use crate::apps::Applications;
use crate::config::Config;
use crate::http::ReloadOrders;
use crate::streams::{StreamSettings, Streams};
use crate::supervisor;

/// Reads the configuration as it was read at start.
pub type Read = Box<dyn Fn() -> Result<Config, Invalid> + Send + Sync>;

/// What a new configuration is applied to.
#[derive(Debug)]
pub struct Running {
    pub applications: Arc<Applications>,
    pub streams: Arc<Streams>,
}

/// Until the server ends.
pub async fn when_asked(
    read: Read,
    mut current: Config,
    running: Running,
    mut orders: ReloadOrders,
    shutdown: Shutdown,
) {
    let mut hangups = match signal(SignalKind::hangup()) {
        Ok(hangups) => hangups,
        Err(error) => {
            return tracing::error!(%error, "SIGHUP cannot be listened to: a new configuration needs a restart");
        }
    };
    loop {
        let answer = tokio::select! {
            biased;
            () = shutdown.requested() => return,
            _ = hangups.recv() => None,
            Some(answer) = orders.recv() => Some(answer),
        };
        supervisor::reloading();
        let outcome = match read() {
            Ok(new) => {
                let report = running.apply(&current, &new).await;
                current = new;
                Ok(report)
            }
            Err(error) => {
                tracing::error!("the configuration is not read again, and nothing changes: {error}");
                Err(error.to_string())
            }
        };
        supervisor::ready();
        if let Some(answer) = answer {
            // Who asked may have gone.
            let _ = answer.send(outcome);
        }
    }
}

impl Running {
    /// Applies what can be applied.
    pub async fn apply(&self, current: &Config, new: &Config) -> ReloadReport {
        let needs_restart = needs_restart(current, new);
        let mut problems = Vec::new();
        for what in &needs_restart {
            tracing::warn!("{what} changes with a restart only");
        }
        self.applications.replace(new.application.clone());
        for gone in current.stream.iter().filter(|old| named(&new.stream, old).is_none()) {
            if let Err(error) = self.streams.remove(&gone.name).await {
                tracing::warn!(stream = %gone.name, %error, "cannot be removed");
                problems.push(error.to_string());
            }
        }
        for stream in &new.stream {
            let outcome = match named(&current.stream, stream) {
                None => self.streams.add(stream.clone()).map(drop),
                Some(old) if old.key != stream.key => {
                    self.streams.change_key(&stream.name, stream.key.clone())
                }
                Some(_) => Ok(()),
            };
            if let Err(error) = outcome {
                tracing::error!(stream = %stream.name, "{error}");
                problems.push(error.to_string());
            }
        }
        let streams = new.stream.len();
        tracing::info!(streams, applications = new.application.len(), "configuration read again");
        ReloadReport { needs_restart: needs_restart.into_iter().map(str::to_owned).collect(), problems }
    }
}

fn named<'a>(streams: &'a [StreamSettings], like: &StreamSettings) -> Option<&'a StreamSettings> {
    streams.iter().find(|other| other.name == like.name)
}

/// Sections that differ and are read at start alone.
fn needs_restart(current: &Config, new: &Config) -> Vec<&'static str> {
    let profiles = |config: &Config| {
        config.stream.iter().map(|stream| (stream.name.clone(), stream.profile)).collect::<Vec<_>>()
    };
    let kept = |(name, profile): &(_, _), other: &[(api::names::StreamName, _)]| {
        other.iter().all(|(other, its)| other != name || its == profile)
    };
    let old = profiles(current);
    let now = profiles(new);
    let table = [
        (
            "[rtmp]",
            current.rtmp == new.rtmp && current.ingest == new.ingest && current.rtmp_also == new.rtmp_also,
        ),
        (
            "[rtmp] max_players, grace and takeover",
            current.max_players == new.max_players
                && current.grace == new.grace
                && current.takeover == new.takeover,
        ),
        (
            "[http]",
            current.http == new.http
                && current.http_connections == new.http_connections
                && current.pages == new.pages
                && current.access == new.access,
        ),
        // Of the files themselves, the newest are shown.
        ("[tls]", current.tls == new.tls),
        ("[hls]", current.hls == new.hls),
        ("[enhance]", current.enhance == new.enhance),
        ("[encode]", current.encode == new.encode),
        ("[log]", current.log == new.log),
        ("the profile of a stream", now.iter().all(|stream| kept(stream, &old))),
    ];
    table.into_iter().filter(|(_, is_same)| !is_same).map(|(what, _)| what).collect()
}
