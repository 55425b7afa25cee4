//! What needs the stream's key: the training order, and the upload of model packages.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::routing::{get, put};
use axum::{Json, Router};
use bytes::Bytes;
use protocol::control::{ModelReport, TrainingOrder};
use protocol::names::StreamKey;

use super::App;
use super::error::ApiError;
use crate::hub::Stream;

/// A package of the largest preset takes five seconds at 8 Mbit/s; a thin uplink that also carries video takes longer.
const UPLOAD: Duration = Duration::from_secs(60);

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/streams/{name}/training", get(training))
        .route("/api/v1/streams/{name}/model", put(model))
}

async fn training(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Json<TrainingOrder>, ApiError> {
    let stream = authorised(&app, &name, &headers)?;
    app.library.order(stream.model()).await.map(Json).ok_or(ApiError::NoTraining)
}

async fn model(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ModelReport>, ApiError> {
    let stream = authorised(&app, &name, &headers)?;
    let _pass = app.uploads.enter(stream.name()).map_err(ApiError::TooMany)?;
    let limit = app.library.max_bytes(stream.model());
    let bytes = receive(body, &headers, limit).await?;
    let report = app.library.upload(Arc::clone(stream.model()), bytes).await?;
    Ok(Json(report))
}

/// The stream, if the request has its key.
fn authorised<'a>(app: &'a App, name: &str, headers: &HeaderMap) -> Result<&'a Arc<Stream>, ApiError> {
    let stream = app.stream(name)?;
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, key) = value.and_then(|value| value.split_once(' ')).ok_or(ApiError::NoKey)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ApiError::NoKey);
    }
    let key: StreamKey = key.trim().parse().map_err(|_| ApiError::WrongKey)?;
    if stream.has_key(&key) { Ok(stream) } else { Err(ApiError::WrongKey) }
}

/// The whole body, within bounds of size and time.
async fn receive(body: Body, headers: &HeaderMap, limit: usize) -> Result<Bytes, ApiError> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(ApiError::TooLarge { limit });
    }
    let received = tokio::time::timeout(UPLOAD, axum::body::to_bytes(body, limit)).await;
    received.map_err(|_| ApiError::TooSlow(UPLOAD))?.map_err(|error| match announced {
        // Within the announced length the limit holds: what broke is the connection.
        None if error.into_inner().is::<http_body_util::LengthLimitError>() => ApiError::TooLarge { limit },
        _ => ApiError::Broken,
    })
}
