//! The key that a request brings.

use std::net::SocketAddr;

use api::names::StreamKey;
use axum::extract::ConnectInfo;
use axum::http::header;
use axum::http::request::Parts;

use super::app::App;
use super::error::{ApiError, Whose};

/// Whether a request has the key that `is_right` knows. Addresses that tried wrong ones have to wait.
pub(super) fn check(
    app: &App,
    parts: &Parts,
    whose: Whose,
    is_right: impl FnOnce(&StreamKey) -> bool,
) -> Result<(), ApiError> {
    let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, key) = value.and_then(|value| value.split_once(' ')).ok_or(ApiError::NoKey(whose))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ApiError::NoKey(whose));
    }
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let ConnectInfo(peer) = peer.ok_or(ApiError::WrongKey(whose))?;
    app.keys.check(peer.ip()).map_err(ApiError::TooManyKeys)?;
    if key.trim().parse().is_ok_and(|key| is_right(&key)) {
        return Ok(());
    }
    app.keys.count(peer.ip());
    Err(ApiError::WrongKey(whose))
}
