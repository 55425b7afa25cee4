//! `GET /api/v1/streams` and `GET /api/v1/streams/NAME`: state for dashboards, scripts and the streamer.

use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use tower_http::compression::CompressionLayer;

use super::App;
use super::error::ApiError;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/streams", get(list))
        .route("/api/v1/streams/{name}", get(one))
        // Every open page asks once a second, and a full training report has tens of kilobytes.
        .layer(CompressionLayer::new())
}

/// State is true at the moment of asking only.
const FRESH: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

async fn list(State(app): State<App>) -> impl IntoResponse {
    let summaries: Vec<_> = app.streams().iter().map(|stream| stream.summary()).collect();
    (FRESH, Json(summaries))
}

async fn one(State(app): State<App>, Path(name): Path<String>) -> Result<impl IntoResponse, ApiError> {
    Ok((FRESH, Json(app.stream(&name)?.status(Instant::now()))))
}
