//! Calls hooks, and understands their answers.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use url::Url;

use super::call::Call;
use super::{Format, HookSettings, Method};

/// How long a hook may take. Encoders wait some ten seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls at the same time; more wait, and their patience begins when they are made.
const AT_ONCE: usize = 64;

/// What a hook says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Allow,
    /// To another name, or to an address that begins with `rtmp://`; none if it does not say.
    Redirect(Option<String>),
    Deny,
}

/// A hook that did not answer, and why.
#[derive(Debug, thiserror::Error)]
#[error("the hook {url} cannot be reached: {reason}")]
pub struct Unreachable {
    url: Box<Url>,
    reason: String,
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Caller {
    client: Client<HttpConnector, Full<axum::body::Bytes>>,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
}

impl Caller {
    pub fn new() -> Self {
        let client =
            Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(10)).build_http();
        Self { client, places: Arc::new(Semaphore::new(AT_ONCE)), tasks: TaskTracker::new() }
    }

    /// Asks the hook of this kind of call; without one everybody may.
    pub async fn ask(&self, settings: &HookSettings, call: &Call) -> Result<Answer, Unreachable> {
        let Some(url) = settings.url(call.kind) else { return Ok(Answer::Allow) };
        let unreachable = |reason: String| Unreachable { url: Box::new(url.clone()), reason };
        let request = request(url, settings, call).map_err(|error| unreachable(error.to_string()))?;
        // The semaphore is never closed.
        let _place = self.places.acquire().await;
        let answer = tokio::time::timeout(PATIENCE, self.client.request(request)).await;
        let answer = answer.map_err(|_| unreachable(format!("no answer within {} s", PATIENCE.as_secs())))?;
        let answer = answer.map_err(|error| unreachable(reason(&error)))?;
        tracing::debug!(hook = %url, call = call.kind.name(), status = answer.status().as_u16(), "hook called");
        Ok(understand(answer.status(), answer.headers()))
    }

    /// Tells the hook, and does not wait for it.
    pub fn tell(&self, settings: &HookSettings, call: Call) {
        if settings.url(call.kind).is_none() {
            return;
        }
        let caller = self.clone();
        let settings = settings.clone();
        self.tasks.spawn(async move {
            if let Err(error) = caller.ask(&settings, &call).await {
                tracing::warn!(call = call.kind.name(), %error);
            }
        });
    }

    /// Waits for the calls that are under way, briefly.
    pub async fn finish(&self, patience: Duration) {
        self.tasks.close();
        let _ = tokio::time::timeout(patience, self.tasks.wait()).await;
    }
}

impl Default for Caller {
    fn default() -> Self {
        Self::new()
    }
}

fn request(
    url: &Url,
    settings: &HookSettings,
    call: &Call,
) -> Result<Request<Full<axum::body::Bytes>>, axum::http::Error> {
    if settings.method == Method::Get {
        let mut url = url.clone();
        let query = [url.query().unwrap_or_default(), &call.form()].join("&");
        url.set_query(Some(query.trim_start_matches('&')));
        return Request::get(url.as_str()).body(Full::default());
    }
    let (kind, body) = match settings.format {
        Format::Form => ("application/x-www-form-urlencoded", call.form()),
        Format::Json => ("application/json", call.json()),
    };
    Request::post(url.as_str()).header(CONTENT_TYPE, kind).body(Full::from(body))
}

fn understand(status: StatusCode, headers: &HeaderMap) -> Answer {
    if status.is_success() {
        return Answer::Allow;
    }
    if status.is_redirection() {
        let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
        return Answer::Redirect(location.filter(|location| !location.is_empty()).map(str::to_owned));
    }
    Answer::Deny
}

/// The innermost reason: that of the system.
fn reason(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), reason)
}
