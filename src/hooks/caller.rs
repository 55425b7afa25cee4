//! Calls hooks, and understands their answers.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use url::Url;

use super::json::json;
use super::{Format, HookSettings, Method};
use nginx_compat::callback::{self, Answer, Call, Reply};

/// Calls at the same time; more wait, and their patience begins when they are made.
const AT_ONCE: usize = 64;

/// A hook that did not answer, and why.
#[derive(Debug, thiserror::Error)]
#[error("the hook {place} cannot be reached: {reason}")]
pub struct Unreachable {
    place: String,
    reason: String,
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Caller {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
}

impl Caller {
    pub fn new() -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let connector = HttpsConnector::from((http, trusting_the_system()));
        let client =
            Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(10)).build(connector);
        Self { client, places: Arc::new(Semaphore::new(AT_ONCE)), tasks: TaskTracker::new() }
    }

    /// Asks the hook for what is to happen; without one everybody may.
    pub async fn ask(&self, settings: &HookSettings, call: &Call<'_>) -> Result<Answer, Unreachable> {
        let Some(url) = settings.url(&call.event) else { return Ok(Answer::Allow) };
        let answer = self.send(url, settings.timeout, request(url, settings, call)).await?;
        let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let reply = Reply { status: answer.status().as_u16(), location };
        tracing::debug!(hook = place(url), call = call.event.name(), status = reply.status, "hook called");
        Ok(Answer::of(&call.event, Some(reply), settings.updates))
    }

    /// Tells the hook what has happened, and does not wait for it.
    pub fn tell(&self, settings: &HookSettings, call: &Call<'_>) {
        let Some(url) = settings.url(&call.event).cloned() else { return };
        let request = request(&url, settings, call);
        let name = call.event.name();
        let timeout = settings.timeout;
        let caller = self.clone();
        self.tasks.spawn(async move {
            if let Err(error) = caller.send(&url, timeout, request).await {
                tracing::warn!(call = name, %error);
            }
        });
    }

    async fn send(
        &self,
        url: &Url,
        timeout: Duration,
        request: Result<Request<Full<Bytes>>, axum::http::Error>,
    ) -> Result<Response<Incoming>, Unreachable> {
        let unreachable = |reason: String| Unreachable { place: place(url), reason };
        let request = request.map_err(|error| unreachable(error.to_string()))?;
        // The semaphore is never closed.
        let _place = self.places.acquire().await;
        let answer = tokio::time::timeout(timeout, self.client.request(request)).await;
        let answer = answer.map_err(|_| unreachable(format!("no answer within {timeout:?}")))?;
        answer.map_err(|error| unreachable(reason(&error)))
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
    call: &Call<'_>,
) -> Result<Request<Full<Bytes>>, axum::http::Error> {
    if settings.method == Method::Get {
        return Request::get(call.target(url.as_str())).body(Full::default());
    }
    let (kind, body) = match settings.format {
        Format::Form => (callback::CONTENT_TYPE, call.form()),
        Format::Json => ("application/json", json(call)),
    };
    Request::post(url.as_str()).header(CONTENT_TYPE, kind).body(Full::from(body))
}

/// The address for the log: what stands behind its `?` may be a secret.
fn place(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// The innermost reason: that of the system.
fn reason(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), reason)
}

/// Whom the system trusts; nobody if that cannot be read, so that hooks over HTTPS fail and say so.
fn trusting_the_system() -> ClientConfig {
    let builder = || {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        versions.expect("the provider knows TLS 1.2 and 1.3")
    };
    match builder().with_native_roots() {
        Ok(trusting) => trusting.with_no_client_auth(),
        Err(error) => {
            // Those that go over https say so when they fail; most do not.
            tracing::info!(%error, "no certificate authority is known: hooks over https would fail; install ca-certificates");
            builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    }
}
