//! What needs the stream's key: the training order, reports of how training stands, and the upload of model packages.

use std::sync::Arc;
use std::time::Duration;

use api::control::model::PATCH_CONTENT_TYPE;
use api::control::{ModelReport, TrainingOrder, TrainingReport};
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use super::app::App;
use super::delta_base::delta_base;
use super::error::{ApiError, Upload, Whose};
use super::key;
use crate::inference::{PackageRejection, PackageUpload};
use crate::streams::{CheckedReport, Stream};

/// How long nothing may come of a package that is being sent.
const SILENCE: Duration = Duration::from_secs(20);

/// Packages may come this slowly, in bytes a second: streamers give them a tenth of a thin uplink.
const SLOWEST: u64 = 2_000;

/// Bytes of a training report: half as much again as one with full lists has.
const MAX_REPORT_BYTES: usize = 64 << 10;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/streams/{name}/training", get(training).put(report))
        .route("/api/v1/streams/{name}/model", put(model).patch(patch))
}

async fn training(
    State(app): State<App>,
    Authorised(stream): Authorised,
) -> Result<Json<TrainingOrder>, ApiError> {
    app.library.training_order(stream.model()).await.map(Json).ok_or(ApiError::NoTraining)
}

/// What is new is added to what is known; a report that is refused changes nothing.
async fn report(
    Authorised(stream): Authorised,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let bytes = receive(body, &headers, Upload::Report, MAX_REPORT_BYTES).await?;
    let Json(report) = Json::<TrainingReport>::from_bytes(&bytes).map_err(|error| match error {
        JsonRejection::JsonDataError(error) => ApiError::BadReport(error.body_text()),
        error => ApiError::BadRequest(error.body_text()),
    })?;
    let report = CheckedReport::try_from(report).map_err(|error| ApiError::BadReport(error.to_string()))?;
    stream.report_training(report).map_err(|_| ApiError::NotPublished)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A whole package.
async fn model(
    State(app): State<App>,
    Authorised(stream): Authorised,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, ApiError> {
    upload(&app, &stream, &headers, body, PackageUpload::Whole).await
}

/// What changed since a package that the stream had. Whatever the headers tell is answered before the body is asked
/// for: clients that send `Expect: 100-continue` keep it to themselves then.
async fn patch(
    State(app): State<App>,
    Authorised(stream): Authorised,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(PATCH_CONTENT_TYPE)) {
        return Err(ApiError::NotAPatch);
    }
    let base = delta_base(&headers)?;
    stream.model().accepted.held(base).ok_or(PackageRejection::OtherBase)?;
    upload(&app, &stream, &headers, body, |bytes| PackageUpload::Patch(base, bytes)).await
}

/// Takes the body and has it proven; the answer names the package as an entity tag.
async fn upload(
    app: &App,
    stream: &Stream,
    headers: &HeaderMap,
    body: Body,
    package: impl FnOnce(Bytes) -> PackageUpload,
) -> Result<([(HeaderName, String); 1], Json<ModelReport>), ApiError> {
    let _pass = app.uploads.enter(stream.model()).map_err(ApiError::TooMany)?;
    let limit = app.library.max_bytes(stream.model());
    let bytes = receive(body, headers, Upload::Package, limit).await?;
    let report = app.library.upload(Arc::clone(stream.model()), package(bytes)).await?;
    Ok(([(header::ETAG, format!("\"{}\"", report.fingerprint))], Json(report)))
}

/// The stream that the path names, of a request that has its key.
struct Authorised(Arc<Stream>);

impl FromRequestParts<App> for Authorised {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Path(name) =
            Path::<String>::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        authorise(app, &name, parts).map(Self).map_err(IntoResponse::into_response)
    }
}

fn authorise(app: &App, name: &str, parts: &Parts) -> Result<Arc<Stream>, ApiError> {
    let stream = app.stream(name)?;
    if stream.is_open() {
        return Err(ApiError::OpenStream);
    }
    key::check(app, parts, Whose::Stream, |key| stream.has_key(key))?;
    Ok(stream)
}

/// The whole body, within bounds of size and time.
async fn receive(mut body: Body, headers: &HeaderMap, what: Upload, limit: usize) -> Result<Bytes, ApiError> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(ApiError::TooLarge { what, limit });
    }
    let whole = SILENCE + Duration::from_secs(announced.unwrap_or(limit as u64) / SLOWEST);
    let deadline = Instant::now() + whole;
    let mut received = BytesMut::new();
    loop {
        let silent = Instant::now() + SILENCE;
        let next = timeout_at(silent.min(deadline), body.frame()).await;
        let Some(frame) = next.map_err(|_| ApiError::TooSlow(what))? else { return Ok(received.freeze()) };
        let Ok(piece) = frame.map_err(|_| ApiError::Broken(what))?.into_data() else { continue };
        if received.len() + piece.len() > limit {
            return Err(ApiError::TooLarge { what, limit });
        }
        received.extend_from_slice(&piece);
    }
}

#[cfg(test)]
mod tests;
