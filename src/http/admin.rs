//! Orders to the server itself, for who has its admin key: streams come and go, connections end, the configuration is read again.
//!
//! Streams that are made here last until they are removed or the server ends; those that shall last longer belong into the configuration.

use api::control::admin::{ClientDoing, ClientSummary, NewStream, RecordingReport, ReloadReport, StreamMade};
use api::names::{StreamKey, StreamName};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use nginx_compat::control::{Action, Answer, Order};
use serde::Deserialize;
use tokio::sync::oneshot;

use super::app::App;
use super::error::{ApiError, Whose};
use super::key;
use super::operators::orders;
use crate::clients::{Client, Role};
use crate::streams::{Error, StreamSettings};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/streams", post(add))
        .route("/api/v1/streams/{name}", delete(remove))
        .route("/api/v1/streams/{name}/key", post(renew))
        .route("/api/v1/streams/{name}/recording", put(begin_recording).delete(end_recording))
        .route("/api/v1/clients", get(clients))
        .route("/api/v1/clients/{id}", delete(drop_client))
        .route("/api/v1/reload", post(reload))
}

/// A request that has the admin key.
struct Admin;

impl FromRequestParts<App> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Some(right) = &app.access.admin_key else {
            let what =
                "there is no admin key, so nobody can give orders; set [http] admin_key or admin_key_file";
            return Err(ApiError::Forbidden(what.to_owned()).into_response());
        };
        let checked = key::check(app, parts, Whose::Admin, |key| key == right);
        checked.map(|()| Self).map_err(IntoResponse::into_response)
    }
}

async fn add(
    State(app): State<App>,
    _: Admin,
    body: Result<Json<NewStream>, JsonRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let Json(new) = body.map_err(|error| ApiError::BadRequest(error.body_text()))?;
    let wrong = |error: &dyn std::fmt::Display| ApiError::BadRequest(error.to_string());
    let profile = new.profile.as_deref().map(str::parse).transpose().map_err(|error| wrong(&error))?;
    let key = new.key.unwrap_or_else(StreamKey::random);
    let made = StreamMade::new(&new.name, &key);
    app.registry().add(StreamSettings { name: new.name, key: Some(key), profile }).map_err(refused)?;
    tracing::info!(stream = made.name, "stream added by order");
    Ok((StatusCode::CREATED, Json(made)))
}

async fn remove(State(app): State<App>, _: Admin, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    let stream = app.stream(&name)?;
    app.registry().remove(stream.name()).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A new key; who publishes with the old one goes on until he ends.
async fn renew(
    State(app): State<App>,
    _: Admin,
    Path(name): Path<String>,
) -> Result<Json<StreamMade>, ApiError> {
    let stream = app.stream(&name)?;
    if stream.is_open() {
        return Err(ApiError::OpenStream);
    }
    let key = StreamKey::random();
    app.registry().change_key(stream.name(), Some(key.clone())).map_err(refused)?;
    tracing::info!(stream = %stream.name(), "key changed by order");
    Ok(Json(StreamMade::new(stream.name(), &key)))
}

async fn clients(State(app): State<App>, _: Admin) -> Json<Vec<ClientSummary>> {
    Json(app.clients.all().iter().map(|client| summary(client)).collect())
}

fn summary(client: &Client) -> ClientSummary {
    let doing = match client.role() {
        Role::Waits => ClientDoing::Waits,
        Role::Publishes(_) => ClientDoing::Publishes,
        Role::Plays(_) => ClientDoing::Plays,
    };
    let stream = |name: StreamName| Some(name.to_string());
    let traffic = client.traffic();
    ClientSummary {
        id: client.id,
        address: client.peer.to_string(),
        application: client.introduction().map(|said| said.app.clone()).unwrap_or_default(),
        doing,
        stream: match client.role() {
            Role::Waits => None,
            Role::Publishes(name) | Role::Plays(name) => stream(name),
        },
        connected_s: client.since.elapsed().as_secs_f64(),
        received_bytes: traffic.received,
        sent_bytes: traffic.sent,
    }
}

async fn drop_client(
    State(app): State<App>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let all = app.clients.all();
    let found = id.parse().ok().and_then(|id: u64| all.iter().find(|client| client.id == id));
    let client = found.ok_or_else(|| {
        ApiError::NotFound(format!("there is no connection {id:?}; GET /api/v1/clients lists all"))
    })?;
    tracing::info!(client = client.id, peer = %client.peer, "dropped by order");
    client.end();
    Ok(StatusCode::NO_CONTENT)
}

/// Which recorder is meant; the one without a name if nothing is said.
#[derive(Deserialize)]
struct Which {
    recorder: Option<String>,
}

async fn begin_recording(
    State(app): State<App>,
    _: Admin,
    Path(name): Path<String>,
    Query(Which { recorder }): Query<Which>,
) -> Result<Json<RecordingReport>, ApiError> {
    record(&app, &name, Action::RecordStart(recorder)).await
}

async fn end_recording(
    State(app): State<App>,
    _: Admin,
    Path(name): Path<String>,
    Query(Which { recorder }): Query<Which>,
) -> Result<Json<RecordingReport>, ApiError> {
    record(&app, &name, Action::RecordStop(recorder)).await
}

async fn record(app: &App, name: &str, action: Action) -> Result<Json<RecordingReport>, ApiError> {
    let name = Some(app.stream(name)?.name().to_string());
    let order = Order { action, server: 0, app: None, name, address: None, client: None };
    match orders::record(app, order).await? {
        Answer::Recorded(file) => Ok(Json(RecordingReport { file })),
        Answer::Failed(why) => Err(ApiError::NotFound(why)),
        Answer::Count(_) | Answer::NotTaken => Ok(Json(RecordingReport { file: None })),
    }
}

async fn reload(State(app): State<App>, _: Admin) -> Result<Json<ReloadReport>, ApiError> {
    let (answer, answered) = oneshot::channel();
    let busy = || ApiError::Unavailable("the server is busy with an earlier order; try again".to_owned());
    app.reload.try_send(answer).map_err(|_| busy())?;
    let outcome = answered.await.map_err(|_| busy())?;
    outcome.map(Json).map_err(|why| {
        ApiError::BadRequest(format!("the configuration was not read again, and nothing changes: {why}"))
    })
}

fn refused(error: Error) -> ApiError {
    match error {
        Error::NoStream(name) => ApiError::NoStream(name.to_string()),
        Error::Full { .. } | Error::Ended => ApiError::Unavailable(error.to_string()),
        other => ApiError::Conflict(other.to_string()),
    }
}
