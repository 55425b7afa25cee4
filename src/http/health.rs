//! `GET /healthz` answers as soon as the server serves; `GET /healthz/ready` once it knows which nets keep up.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::app::App;
use super::error::ApiError;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    ready: bool,
}

pub(super) fn routes() -> Router<App> {
    Router::new().route("/healthz", get(live)).route("/healthz/ready", get(ready))
}

async fn live(State(app): State<App>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], Json(Health { status: "ok", ready: app.library.is_ready() }))
}

async fn ready(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    if app.library.is_ready() {
        return Ok(Json(Health { status: "ok", ready: true }));
    }
    Err(ApiError::Unavailable("the machine's speed is still being measured".to_owned()))
}
